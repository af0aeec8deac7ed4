"""Two policies side by side in words: rule by rule, then the tables, then whatever else differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from closing.catalogue import award_catalogue, condition_catalogue
from closing.document_edits import leaves, place_of, shown, within
from closing.document_tables import Cell, Column, Row, view
from closing.pages import award_words, words
from closing.pages.draft_fields import Sheet, sheets
from closing.pages.draft_labels import position_names
from closing.pages.draft_sections import names_in
from closing.policy import Policy
from core.i18n import language
from core.pages import filters as written
from core.values import Names
from rewards.policy import Award, Rule

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
    awards: tuple[RuleChange, ...]
    reordered: bool
    tables: tuple[tuple[str, tuple[Said, ...]], ...]
    others: tuple[Said, ...]

    @property
    def nothing(self) -> bool:
        return not (self.rules or self.awards or self.reordered or self.tables or self.others)


def compare(before: Policy, after: Policy) -> Comparison:
    codes = [*after.rules, *(code for code in before.rules if code not in after.rules)]
    rules = [_rule(code, before, after) for code in codes]
    keys = [*after.awards, *(key for key in before.awards if key not in after.awards)]
    awards = [_award(key, before, after) for key in keys]
    common = [[code for code in one.rules if code in other.rules]
              for one, other in ((before, after), (after, before))]  # fmt: skip
    tables = []
    for key, sheet in sheets().items():
        said = [] if key == "awards" else _cells_differing(sheet, before, after)
        if said:
            tables.append((sheet.title, tuple(said)))
    return Comparison(
        rules=tuple(each for each in rules if each),
        awards=tuple(each for each in awards if each),
        reordered=common[0] != common[1],
        tables=tuple(tables),
        others=tuple(_others(before, after)),
    )


def _rule(code: str, before: Policy, after: Policy) -> RuleChange | None:
    old, new = before.rules.get(code), after.rules.get(code)
    rule = new or old
    assert rule is not None
    return _change(code, rule.names, _told(old, before) if old else {},
                   _told(new, after) if new else {})  # fmt: skip


def _award(key: str, before: Policy, after: Policy) -> RuleChange | None:
    old, new = before.awards.get(key), after.awards.get(key)
    award = new or old
    assert award is not None
    return _change(key, award.names, _award_told(old, before) if old else {},
                   _award_told(new, after) if new else {})  # fmt: skip


def _change(
    code: str, names: Names, one: Mapping[str, str], other: Mapping[str, str]
) -> RuleChange | None:
    said = tuple(
        (what, one.get(what, "") or "—", other.get(what, "") or "—")
        for what in {**other, **one}
        if one.get(what, "") != other.get(what, "")
    )
    if not said and one and other:
        return None
    kind = "changed" if one and other else "added" if other else "removed"
    return RuleChange(code, names.get(language()), kind, said)


def _told(rule: Rule, policy: Policy) -> dict[str, str]:
    """A rule in words, by what each is about."""
    facts = condition_catalogue(policy)
    category = policy.categories[rule.category].names.get(language())
    return {
        _("Name"): f"{rule.names.zh} / {rule.names.en}",
        _("Category"): f"{category} · {words.kinds()[rule.kind]}",
        _("Fires"): words.trigger(rule, facts, policy),
        _("Effects"): _("; ").join(words.effects(rule, facts, policy.currency)),
        _("Besides"): _("; ").join(words.notes(rule, policy)),
        _("Switched on"): _("yes") if rule.enabled else _("no"),
    }


def _award_told(award: Award, policy: Policy) -> dict[str, str]:
    """An award in words, by what each is about."""
    facts = award_catalogue(policy)
    ways = {"desc": _("highest first"), "asc": _("lowest first")}
    dates = {"desc": _("latest first"), "asc": _("earliest first")}
    named = position_names(policy.document, award.positions or ())
    prize = [written.money(award.prize.amount, policy.currency)] if award.prize.amount else []
    actions = words.actions()
    months = ngettext("%(num)d month", "%(num)d months", award.cooldown_months)
    days = ngettext("%(num)d working day", "%(num)d working days", award.notice_days)
    return {
        _("Name"): f"{award.names.zh} / {award.names.en}",
        _("Who is eligible"): words.say_condition(award.eligible, facts),
        _("Positions"): _(", ").join(named.values()) if named else _("everybody"),
        _("Ranked by"): _("; ").join(
            f"{award_words.key_text(facts, key)} ({(dates if key == 'hire_date' else ways)[way]})"
            for key, way in award.rank_by
        ),
        _("Quota"): award_words.quota_text(award),
        _("At most per team"): "" if award.per_team is None else str(award.per_team),
        _("Until it may be won again"): str(months) if award.cooldown_months else "",
        _("Announced for"): str(days),
        _("Prize"): _("; ").join([*prize, *(actions.get(a, a) for a in award.prize.actions)]),
    }


def _cells_differing(sheet: Sheet, before: Policy, after: Policy) -> list[Said]:
    one, other = (_named(sheet, policy.document) for policy in (before, after))
    found = []
    for key in [*other, *(key for key in one if key not in other)]:
        old, new = (each.get(key, "") for each in (one, other))
        if old != new:
            what = " · ".join(part for part in key[:3] if part)
            found.append((what, old or "—", new or "—"))
    return found


def _named(sheet: Sheet, document: Any) -> dict[tuple[str, str, str, str], str]:
    """Every cell in words by its table, its row in words, its label and its column."""
    found: dict[tuple[str, str, str, str], str] = {}
    complete = sheet.complete(document)
    for table in sheet.tables(complete):
        rows = view(complete, table).rows
        if table.plain:
            said = _(", ").join(written_cell(cell) for row in rows for cell in row.cells)
            found[table.title, "", label_of(table.columns[0]), ""] = said
            continue
        names = names_in(table, complete)
        for row in rows:
            for cell in row.cells:
                title = "" if table.single else table.title
                place = ".".join((row.key, *cell.column.path))
                name = row_name(row, names)
                found[title, name, label_of(cell.column), place] = written_cell(cell)
    return found


def label_of(column: Column) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


def row_name(row: Row, names: Mapping[str, str]) -> str:
    """What a row is called; in lists its first field: the metric, the grade."""
    if row.key:
        return names.get(row.key) or row.name or row.key
    first = row.cells[0] if row.cells else None
    if first is None or first.column.path not in (("metric",), ("key",)):
        return ""
    return dict(first.column.options).get(first.text, first.text)


def written_cell(cell: Cell) -> str:
    options = dict(cell.column.options)
    if cell.kind == "flag":
        return str(_("yes") if cell.text else _("no"))
    if cell.kind == "weekdays":
        return str(_(", ").join(name for day, name in cell.column.options if day in cell.chosen))
    if cell.kind in ("list", "many"):
        return str(_(", ").join(options.get(each, each) for each in cell.text.split(", ") if each))
    return options.get(cell.text, cell.text)


def _others(before: Policy, after: Policy) -> Iterator[Said]:
    """Places that no table shows, by the names that they have in the text."""
    shown_places = {"rules", "awards"}
    for sheet in sheets().values():
        for document in (before.document, after.document):
            for table in sheet.tables(sheet.complete(document)):
                rows = view(document, table).rows
                shown_places |= {cell.name for row in rows for cell in row.cells}
                if not table.single:
                    shown_places.add(place_of(table.at))
    one, other = leaves(before.document), leaves(after.document)
    for place in [*other, *(each for each in one if each not in other)]:
        if one.get(place) != other.get(place) and not any(
            within(place, each) for each in shown_places
        ):
            what = _("In force from") if place == "effective_from" else place
            yield what, plain(one.get(place)), plain(other.get(place))


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return shown("number", value) or "—"
