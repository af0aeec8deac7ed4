"""Two policies side by side in words: rule by rule, then the tables, then whatever else differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from closing.catalogue import condition_catalogue
from closing.document_edits import leaves, shown, value_at, within
from closing.document_tables import Cell, Row, view
from closing.pages import words
from closing.pages.draft_fields import labelled, sheets
from closing.policy import Policy
from core.i18n import language
from rewards.policy import Rule

Said = tuple[str, str, str]  # what, before, after


@dataclass(frozen=True, slots=True)
class RuleChange:
    """``kind`` is added, removed or changed; ``said`` tells what, before and after."""

    code: str
    name: str
    kind: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    rules: tuple[RuleChange, ...]
    reordered: bool
    tables: tuple[tuple[str, tuple[Said, ...]], ...]
    others: tuple[Said, ...]

    @property
    def nothing(self) -> bool:
        return not (self.rules or self.reordered or self.tables or self.others)


def compare(before: Policy, after: Policy) -> Comparison:
    codes = [*after.rules, *(code for code in before.rules if code not in after.rules)]
    rules = [_rule(code, before, after) for code in codes]
    common = [[code for code in one.rules if code in other.rules]
              for one, other in ((before, after), (after, before))]  # fmt: skip
    tables = []
    for sheet in sheets().values():
        said = _cells_differing(sheet.tables, before.document, after.document)
        if said:
            tables.append((sheet.title, tuple(said)))
    return Comparison(
        rules=tuple(each for each in rules if each),
        reordered=common[0] != common[1],
        tables=tuple(tables),
        others=tuple(_others(before, after)),
    )


def _rule(code: str, before: Policy, after: Policy) -> RuleChange | None:
    old, new = before.rules.get(code), after.rules.get(code)
    one = _told(old, before) if old else {}
    other = _told(new, after) if new else {}
    said = tuple(
        (what, one.get(what, "") or "—", other.get(what, "") or "—")
        for what in {**other, **one}
        if one.get(what, "") != other.get(what, "")
    )
    if not said and old and new:
        return None
    rule = new or old
    assert rule is not None
    kind = "changed" if old and new else "added" if new else "removed"
    return RuleChange(code, rule.names.get(language()), kind, said)


def _told(rule: Rule, policy: Policy) -> dict[str, str]:
    """A rule in words, by what each is about."""
    facts = condition_catalogue(policy)
    category = policy.categories[rule.category].names.get(language())
    return {
        _("Name"): f"{rule.names.zh} / {rule.names.en}",
        _("Category"): f"{category} · {words.kinds()[rule.kind]}",
        _("Fires"): words.trigger(rule, facts),
        _("Effects"): _("; ").join(words.effects(rule, facts, policy.currency)),
        _("Besides"): _("; ").join(words.notes(rule)),
        _("Switched on"): _("yes") if rule.enabled else _("no"),
    }


def _cells_differing(tables: Any, before: Any, after: Any) -> list[Said]:
    one, other = _named(tables, before), _named(tables, after)
    found = []
    for key in [*other, *(key for key in one if key not in other)]:
        old, new = (each[key].text if key in each else "" for each in (one, other))
        cell = other.get(key) or one[key]
        if old != new:
            what = " · ".join(part for part in (*key[:2], cell.column.label) if part)
            found.append((what, _written(cell, old), _written(cell, new)))
    return found


def _written(cell: Cell, text: str) -> str:
    if cell.kind == "flag":
        return str(_("yes") if text else _("no"))
    return dict(cell.column.options).get(text, text) or "—"


def _named(tables: Any, document: Any) -> dict[tuple[str, str, str], Cell]:
    """Every cell by its table, its row in words, and its column."""
    found = {}
    for table in tables(document):
        for row in view(document, table).rows:
            for cell in row.cells:
                title = "" if table.single else table.title
                found[title, _row_name(document, row), ".".join(cell.column.path)] = cell
    return found


def _row_name(document: Any, row: Row) -> str:
    """The key of a row with its label, in lists its first field: the metric, the grade."""
    if row.key:
        for section in ("templates", "metrics", "awards", "categories"):
            if within(row.place, section):
                return dict(labelled(value_at(document, (section,))))[row.key]
        return row.key
    first = row.cells[0] if row.cells else None
    if first is None or first.column.path not in (("metric",), ("key",)):
        return ""
    return dict(first.column.options).get(first.text, first.text)


def _others(before: Policy, after: Policy) -> Iterator[Said]:
    """Places that no table shows, by the names that they have in the text."""
    shown_places = {"rules", "metrics", "awards", "categories", "grades"}
    for sheet in sheets().values():
        for document in (before.document, after.document):
            for table in sheet.tables(document):
                rows = view(document, table).rows
                shown_places |= {cell.name for row in rows for cell in row.cells}
    one, other = leaves(before.document), leaves(after.document)
    for place in [*other, *(each for each in one if each not in other)]:
        if one.get(place) != other.get(place) and not any(
            within(place, each) for each in shown_places
        ):
            yield place, _plain(one.get(place)), _plain(other.get(place))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return shown("number", value) or "—"
