"""Checks of single values: each gives what is wrong, or None. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Final

from core.documents.problems import N_, short

LARGEST: Final = 1e12  # beyond it, nine decimals no longer fit into Decimal's 28 digits
LONGEST: Final = 500
CODE = re.compile(r"\w[\w.-]{0,59}")
IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
# No database takes the first and no text file the last; line breaks and tabs may stand in a text.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
KEY_PATTERNS = {
    CODE: N_("as a key, must be up to 60 letters, digits, dots, hyphens and underscores"),
    IDENTIFIER: N_("as a key, must be up to 60 letters a-z, digits and underscores"),
}

Complaint = tuple[str, Mapping[str, object]]


def wrong_key(key: object) -> str:
    """What is wrong with a key that is not a text."""
    if isinstance(key, bool):
        return N_("as a key, yes, no, on, off, true and false must stand in quotes")
    return N_("as a key, numbers, dates and the like must stand in quotes")


def wrong_text(value: object) -> Complaint | None:
    """A text is neither blank nor endless, nor what YAML took for something else."""
    if isinstance(value, str):
        if not value.strip():
            return N_("must not be empty"), {}
        if len(value) > LONGEST:
            return N_("must have at most %(count)s characters"), {"count": LONGEST}
        if _CONTROL.search(value):
            return N_("must not contain control characters"), {}
        return None
    if isinstance(value, bool):
        return N_("must be a text; yes, no, on, off, true and false must stand in quotes"), {}
    if isinstance(value, int | float):
        return N_("must be a text; a number must stand in quotes"), {}
    if isinstance(value, date):
        return N_("must be a text; a date must stand in quotes"), {}
    return N_("must be a text"), {}


def wrong_number(value: object) -> Complaint | None:
    """A number is an int or a finite float, small enough to be settled; true is none."""
    if isinstance(value, bool):
        return N_("must be a number, not true or false"), {}
    if isinstance(value, str):
        return N_('must be a number; "%(value)s" is a text'), {"value": short(value)}
    if not isinstance(value, int | float):
        return N_("must be a number"), {}
    if isinstance(value, float) and not math.isfinite(value):
        return N_("must be a finite number"), {}
    if not -LARGEST <= value <= LARGEST:
        return N_("is too large a number"), {}
    return None


def out_of_range(
    value: float,
    low: float | None,
    high: float | None,
    above: float | None,
) -> Complaint | None:
    """A range has at most one lower bound: ``low`` belongs to it, ``above`` does not."""
    if (
        (low is None or value >= low)
        and (high is None or value <= high)
        and (above is None or value > above)
    ):
        return None
    params = {"low": low if above is None else above, "high": high}
    if above is not None and high is not None:
        return N_("must be more than %(low)s and at most %(high)s"), params
    if above is not None:
        return N_("must be more than %(low)s"), params
    if high is None:
        return N_("must be at least %(low)s"), params
    if low is None:
        return N_("must be at most %(high)s"), params
    return N_("must lie between %(low)s and %(high)s"), params


def unknown_option(
    value: str,
    options: Collection[str],
    unknown: str = N_('"%(value)s" is not known here'),
) -> Complaint | None:
    """Propose the nearest option, or list them where they are few."""
    if value in options:
        return None
    params = {"value": short(value)}
    guess = get_close_matches(value, options, 1)
    if guess:
        message = N_('"%(value)s" is not known here; did you mean "%(guess)s"?')
        return message, {**params, "guess": guess[0]}
    if 0 < len(options) <= 15:
        message = N_('"%(value)s" is not known here; it must be one of: %(options)s')
        return message, {**params, "options": ", ".join(options)}
    return unknown, params
