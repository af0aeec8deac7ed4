"""What earlier months lend to a later one, through the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factories.policies import default_document
from support.centres import cards, close, import_one, opened, publish, reopen
from support.made_up import COLUMNS, write_rows

from closing.policy import Policy, parse_policy
from core.values import Month

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))


def policy(rules: dict[str, Any]) -> Policy:
    document = default_document()
    names = {"category": "conduct", "kind": "penalty", "zh": "条", "en": "Rule"}
    document["rules"] = {code: {**names, **rule} for code, rule in rules.items()}
    return parse_policy(document)


LADDER = policy(
    {
        "ONE": {"when": "complaint_count >= 1", "group": "complaint", "level": 1},
        "THREE": {"when": "complaint_count >= 3", "group": "complaint", "level": 2},
        "AGAIN": {"repeats": {"rule": "ONE", "times": 2, "months": 2}},
        "LONG": {"repeats": {"rule": "ONE", "times": 2, "months": 3}},
        "TWICE": {"when": "complaint_count >= 1", "streak": 2},
    }
)


def states(url: str, folder: Path, counts: dict[Month, str], *months: Month) -> list[list[str]]:
    """What is listed of the one person's rules, month by month."""
    with opened(url) as session:
        publish(session, LADDER)
        person = {"employee_no": "E1", "name": "某", "position": "agent", "hire_date": "2020-01-01"}
        rows = [
            {"employee_no": "E1", "month": str(m), "metric": "complaint_count", "value": count}
            for m, count in counts.items()
        ]
        for kind, each in (("employees", [person]), ("metrics", rows)):
            write_rows(folder / f"{kind}.csv", COLUMNS[kind].split(), each)
            import_one(session, kind, folder / f"{kind}.csv")
        close(session, *months)
        found = [
            [f"{entry['rule']} {entry['state']}" for entry in cards(session, month)[0]["rules"]]
            for month in months
        ]
        reopen(session, months[-1])
        close(session, months[-1])
        again = cards(session, months[-1])[0]["rules"]
        assert [f"{entry['rule']} {entry['state']}" for entry in again] == found[-1]
        return found


def test_a_firing_that_was_superseded_counts_for_the_ladder(
    database_url: str, tmp_path: Path
) -> None:
    counts = {SEPTEMBER: "3", OCTOBER: "1"}
    assert states(database_url, tmp_path, counts, SEPTEMBER, OCTOBER) == [
        ["ONE superseded", "THREE counts"],
        ["ONE counts", "AGAIN counts", "LONG counts", "TWICE counts"],
    ]


def test_a_ladder_looks_as_far_back_as_it_says(database_url: str, tmp_path: Path) -> None:
    counts = {AUGUST: "1", SEPTEMBER: "0", OCTOBER: "1"}
    found = states(database_url, tmp_path, counts, AUGUST, SEPTEMBER, OCTOBER)
    assert found == [["ONE counts"], [], ["ONE counts", "LONG counts"]]


def test_a_month_that_was_not_closed_breaks_a_streak_and_holds_nothing(
    database_url: str, tmp_path: Path
) -> None:
    counts = {AUGUST: "1", SEPTEMBER: "1", OCTOBER: "1"}
    found = states(database_url, tmp_path, counts, AUGUST, OCTOBER)
    assert found == [["ONE counts"], ["ONE counts", "LONG counts"]]


@pytest.mark.parametrize(("entered", "source"), [("55", "entered"), (None, "carried")])
def test_a_carried_review_is_not_carried_on(
    database_url: str, tmp_path: Path, entered: str | None, source: str
) -> None:
    """The default policy carries for two months: from August to October, no further."""
    rows = [{"employee_no": "E1", "month": "2026-08", "metric": "review_360", "value": "80"}]
    if entered:
        rows.append({**rows[0], "month": "2026-10", "value": entered})
    person = {"employee_no": "E1", "name": "某", "position": "agent", "hire_date": "2020-01-01"}
    with opened(database_url) as session:
        publish(session, LADDER)
        for kind, each in (("employees", [person]), ("metrics", rows)):
            write_rows(tmp_path / f"{kind}.csv", COLUMNS[kind].split(), each)
            import_one(session, kind, tmp_path / f"{kind}.csv")
        months = [AUGUST, SEPTEMBER, OCTOBER, Month(2026, 11), Month(2026, 12)]
        close(session, *months)
        found = []
        for month in months:
            lines = {line["metric"]: line for line in cards(session, month)[0]["lines"]}
            found.append((lines["review_360"]["raw"], lines["review_360"]["source"]))
    last = (55, "carried") if entered else (None, None)
    assert found == [
        (80, "entered"),
        (80, "carried"),
        (55 if entered else 80, source),
        last,
        last,
    ]
