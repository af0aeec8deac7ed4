"""From everybody's own numbers to the fact sheets of the month (docs/scoring.md, Facts).

Pure. In this order: what was entered wins over what was computed, the complaint rate follows from
what won, a 360° result is carried over from an earlier month, and leaders get team facts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from core.values import Fact, mean

Sheet = dict[str, Fact]
Keys = tuple[str, ...]
Facts = list[Fact]
Own = tuple[Keys, Facts]  # keys and their facts
NOT_FOR_TEAMS = "training_effect"


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the month sees them: assignments as of its last day, or of their own.

    ``employed_days`` counts days of the month; 0 for those who left before and only link
    supervisors to each other. ``base_wage`` is the full monthly wage where known.
    """

    employee_id: int
    employee_no: str
    team_id: int | None
    position: str | None
    supervisor_id: int | None
    hire_date: date
    leave_date: date | None
    employed_days: int
    base_wage: Decimal | None = None


def merged(computed: Iterable[Mapping[str, Fact]], entered: Mapping[str, Fact]) -> Sheet:
    """One person's own facts; counts that the product keeps itself are 0, not absent."""
    sheet: Sheet = {"complaint_count": Fact(0)}
    for facts in computed:
        sheet.update(facts)
    recorded = sheet["complaint_count"]
    sheet.update(entered)
    handled = sheet.get("contacts_handled")
    if "complaint_rate" not in entered and handled is not None and handled.value:
        cases = int(handled.value)
        sheet["complaint_rate"] = Fact(recorded.value / handled.value, cases)
    return sheet


def carry_review(sheet: Sheet, earlier: Iterable[Fact | None]) -> None:
    """Lend ``review_360`` from the nearest earlier month that had one of its own."""
    if "review_360" in sheet:
        return
    lent = next((fact for fact in earlier if fact is not None), None)
    if lent is not None:
        sheet["review_360"] = Fact(lent.value, lent.n, "carried")


def add_team_facts(
    people: Iterable[Person],
    sheets: Mapping[int, Sheet],
    only: Mapping[int, Collection[str] | None] | None = None,
) -> None:
    """Give every leader the facts of all direct and indirect reports employed in the month.

    A value that was entered for the leader stays. ``sheets`` are changed in place. With ``only``
    just these leaders get some, and where it names facts, just those.
    """
    own: dict[int, Own] = {}
    for leader, members in reports(people).items():
        sheet = sheets.get(leader)
        if sheet is None or (only is not None and leader not in only):
            continue
        named = only[leader] if only is not None else None
        alike: dict[Keys, list[Facts]] = defaultdict(list)  # most have the same facts
        for member in members:
            if named is not None:
                keys, facts = _named(sheets.get(member, {}), named)
            elif member in own:
                keys, facts = own[member]
            else:
                keys, facts = own[member] = _for_teams(sheets.get(member, {}))
            alike[keys].append(facts)
        gathered: dict[str, list[Fact]] = defaultdict(list)
        for keys, rows in alike.items():
            for key, column in zip(keys, zip(*rows)):
                gathered[key] += column
        for key, together in gathered.items():
            if f"team_{key}" not in sheet:
                sheet[f"team_{key}"] = _team_fact(together)


def _named(sheet: Sheet, named: Collection[str]) -> Own:
    keys = [key.removeprefix("team_") for key in named]
    kept = tuple(key for key in keys if key in sheet and key != NOT_FOR_TEAMS)
    return kept, [sheet[key] for key in kept]


def _for_teams(sheet: Sheet) -> Own:
    kept = _not_of_teams(tuple(sheet))
    return kept, [sheet[key] for key in kept]


@lru_cache(maxsize=1024)
def _not_of_teams(keys: Keys) -> Keys:
    return tuple(key for key in keys if key != NOT_FOR_TEAMS and not key.startswith("team_"))


def reports(people: Iterable[Person]) -> dict[int, list[int]]:
    """Direct and indirect reports by leader; those who left only pass the chain on."""
    everyone = {person.employee_id: person for person in people}
    found: dict[int, list[int]] = defaultdict(list)
    for person in everyone.values():
        if not person.employed_days:
            continue
        leader, seen = person.supervisor_id, {person.employee_id}
        while leader is not None and leader not in seen:
            found[leader].append(person.employee_id)
            seen.add(leader)
            above = everyone.get(leader)
            leader = above.supervisor_id if above else None
    return found


def _team_fact(facts: list[Fact]) -> Fact:
    values, sizes, _ = zip(*facts)
    if not any(sizes):
        return Fact(mean(values))
    sampled = [(n, value) for n, value in zip(sizes, values) if n]
    size = sum([n for n, _ in sampled])
    return Fact(math.fsum([n * value for n, value in sampled]) / size, size)
