"""What a place of a draft is called, and what stands there, as its page says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from closing.catalogue import award_catalogue, condition_catalogue
from closing.document_edits import Path, shown, value_at, within
from closing.document_tables import Cell, row_of, view
from closing.pages import words
from closing.pages.draft_compare import label_of, row_name, written_cell
from closing.pages.draft_fields import award_columns, rule_columns, sheets
from closing.pages.draft_sections import names_in
from closing.policy import Policy
from core.values import FactSpec
from rewards.conditions import ConditionError

Said = tuple[str, str]  # what it is called, what stands there


def said_at(document: Any, part: Path, policy: Policy) -> dict[str, Said]:
    """By the place of each field of a part of the document."""
    if part[0] == "rules" and len(part) > 1:
        facts = condition_catalogue(policy)
        columns = list(rule_columns(document, facts).values())
        cells = row_of(document, part, columns).cells
        when = _condition(value_at(document, (*part, "when")), facts)
        if value_at(document, (*part, "incident")) is True:
            when = _("An incident that is recorded and approved")
        fires = (_("What fires it"), when)
        place = f"rules.{part[1]}"
        return {**_fields(cells), f"{place}.incident": fires, f"{place}.when": fires}
    if part[0] == "awards" and len(part) > 1:
        facts = award_catalogue(policy)
        cells = row_of(document, part, list(award_columns(document).values())).cells
        eligible = _condition(value_at(document, (*part, "eligible")), facts)
        ranked = shown("list", value_at(document, (*part, "rank_by")))
        return {
            **_fields(cells),
            f"awards.{part[1]}.eligible": (_("Who is eligible"), eligible),
            f"awards.{part[1]}.rank_by": (_("Ranked by"), ranked),
        }
    return {place: said for place, said in _of_sheets(document) if within(place, str(part[0]))}


def _fields(cells: tuple[Cell, ...]) -> dict[str, Said]:
    return {cell.name: (label_of(cell.column), written_cell(cell)) for cell in cells}


def _condition(text: Any, facts: Mapping[str, FactSpec]) -> str:
    """In words, or as it was typed while it cannot be read."""
    try:
        return words.say_condition(text, facts) if isinstance(text, str) else shown("text", text)
    except ConditionError:
        return str(text)


def _of_sheets(document: Any) -> Iterator[tuple[str, Said]]:
    for sheet in sheets().values():
        complete = sheet.complete(document)
        for table in sheet.tables(complete):
            names = names_in(table, complete)
            for row in view(complete, table).rows:
                title = "" if table.single else table.title
                name = row_name(row, names)
                for cell in row.cells:
                    parts = (title, name, label_of(cell.column))
                    yield cell.name, (" · ".join(filter(None, parts)), written_cell(cell))
