"""A condition of a draft on its page: as rows where those can tell it, else as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from core.values import FactSpec
from rewards.condition_rows import SIGNS, ConditionRow, kept, rows_of, text_of, written

SPARE_ROWS = 2


def typed_condition(before: Any) -> str:
    """The condition as text, of rows or as it was typed; what was not changed as it stood."""
    if request.form.get("when_as") != "rows":
        return " ".join(request.form.get("when", "").split())
    columns = (request.form.getlist(f"row-{each}") for each in ("join", "fact", "sign", "value"))
    text = text_of(
        [
            ConditionRow("or" if join == "or" else "and", fact, sign, value)
            for join, fact, sign, value in zip(*columns, strict=False)
            if sign in SIGNS
        ]
    )
    return kept(text, before) if isinstance(before, str) else text


def condition_view(
    given: Any, facts: Mapping[str, FactSpec], errors: list[str], url: str
) -> dict[str, Any]:
    """``url`` is that of the page, which shows the text by ``?as=text``."""
    text = given if isinstance(given, str) else ""
    rows = rows_of(text)
    rates = [key for key, spec in facts.items() if spec.kind == "rate"]
    blank = [ConditionRow("and", "", ">=", "")] * SPARE_ROWS
    as_text = rows is None or request.args.get("as") == "text"
    return {
        "text": text,
        "rows": None if as_text else [*written(rows or (), rates), *blank],
        "expressible": rows is not None,
        "errors": errors,
        "signs": SIGNS,
        "url": url,
    }
