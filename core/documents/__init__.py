"""Reading a document (mappings, lists, scalars) strictly, with every problem found and its place.

A :class:`Section` is one mapping of the document. Its methods take a key, check what stands there,
note a :class:`Problem` where it is wrong and return a harmless value of the right type, so that
one reading finds everything. ``finish`` raises :class:`DocumentError` when something was found.
A null is read as an absent key. All but ``yaml_text`` is pure.
"""

from core.documents.problems import N_, DocumentError, Problem
from core.documents.section import REQUIRED, Section
from core.documents.values import CODE, IDENTIFIER

__all__ = ["CODE", "IDENTIFIER", "N_", "REQUIRED", "DocumentError", "Problem", "Section"]
