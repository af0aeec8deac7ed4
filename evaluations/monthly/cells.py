"""What is typed into a cell of the monthly evaluation, as a value, and a value as it is typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from core.documents.problems import short
from core.imports.cells import Bad, whole
from core.messages import N_
from core.values import FactSpec
from evaluations.metric_imports import metric_value

LONGEST = 60
_SIZED = re.compile(r"(.*?)\s*/\s*(\S+)")
_THOUSANDS = re.compile(r"([+-]?\d{1,3}(?:,\d{3})+)((?:\.\d*)?\s*%?)", re.ASCII)
_PER_CENT = re.compile(r"百分之\s*([\d.]+)", re.ASCII)
# Units that people write behind a number; a percent sign is part of the number.
_UNIT = re.compile(r"(?<=[\d.])\s*(?:分钟|小时|minutes?|mins?|points?|pts|分|次|个|天|条|h)$", re.I)


@dataclass(frozen=True, slots=True)
class Typed:
    """A value, and the sample size that was written behind it: ``93% / 40``."""

    value: float
    sample_size: int | None = None


def read(spec: FactSpec, text: str, *, declared: bool) -> Typed | None:
    """The value that a text means, None for an empty one. Raises ``Bad``.

    Full-width digits, thousands separators and units behind the number are understood.
    ``declared`` says that only the policy knows the metric.
    """
    if len(text) > LONGEST:
        raise Bad(N_("is longer than %(limit)s characters"), limit=LONGEST)
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain in ("", "-", "—", "–"):
        return None
    size = None
    sized = _SIZED.fullmatch(plain)
    if sized is not None:
        plain, size = sized[1], whole(1)(sized[2])
    plain = _PER_CENT.sub(r"\1%", plain)
    plain = _UNIT.sub("", plain)
    thousands = _THOUSANDS.fullmatch(plain)
    if thousands is not None:
        plain = thousands[1].replace(",", "") + thousands[2]
    try:
        return Typed(metric_value(spec, plain, declared), size)
    except Bad:
        if spec.kind == "rate" and re.fullmatch(r"[\d.]+", plain) and "%" not in plain:
            text = short(plain)
            raise Bad(N_("is a share: write %(cell)s%%, or 0 to 1"), cell=text) from None
        raise


def typed(spec: FactSpec, value: float, sample_size: int | None = None) -> str:
    """A value as one would type it: reading it gives the very same value again."""
    exact = Decimal(repr(value))
    if spec.kind == "rate":
        exact = exact.scaleb(2)
    text = f"{exact:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    text += "%" if spec.kind == "rate" else ""
    return f"{text} / {sample_size}" if sample_size else text


def is_version(spec: FactSpec, text: str, version: str) -> bool:
    """Whether a text is what a cell of this version showed: then it was left as it was."""
    value, _, size = version.partition("/")
    try:
        shown = typed(spec, float(value), int(size) if size else None) if version else ""
    except ValueError:
        return False
    return text.strip() == shown


def version_of(value: float | None, sample_size: int | None) -> str:
    """What a cell holds, for telling whether it still does; empty where it holds nothing."""
    return "" if value is None else f"{value!r}/{sample_size or ''}"
