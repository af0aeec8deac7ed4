"""Versions of the policy: which is in force, and what publishing one may not do."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.policies import default_document
from sqlalchemy.orm import Session
from support.centres import NOW, cards, close, import_one, opened, publish
from support.made_up import COLUMNS, write_rows
from support.rows import everything

from closing.policy import Policy, parse_policy
from closing.services import compute_open_month
from closing.versions import policy_in_force, policy_version, publish_policy, versions
from core.actor import SYSTEM
from core.db import transaction
from core.errors import NotFound, Refused
from core.values import Month


def policy(effective_from: str, cap: float = 10) -> Policy:
    document = default_document()
    document["effective_from"] = effective_from
    document["scoring"]["adjust_cap"] = cap
    return parse_policy(document)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    with opened(database_url) as made:
        yield made


def number_in(session: Session, month: str) -> int | None:
    found = policy_in_force(session, Month.parse(month))
    return found.number if found else None


def test_the_latest_that_has_begun_is_in_force_and_of_two_the_newer(session: Session) -> None:
    for month, cap in (("2026-03", 1), ("2026-01", 2), ("2026-03", 3), ("2026-06", 4)):
        publish(session, policy(month, cap))
    assert [version.number for version in versions(session)] == [4, 3, 2, 1]
    found = {month: number_in(session, month) for month in ("2025-12", "2026-01", "2026-02")}
    assert found == {"2025-12": None, "2026-01": 2, "2026-02": 2}
    assert [number_in(session, f"2026-{month}") for month in ("03", "05", "06")] == [3, 3, 4]
    assert policy_version(session).number == 4
    assert policy_version(session, 1).policy.scoring.adjust_cap == 1
    with pytest.raises(NotFound):
        policy_version(session, 5)


def test_the_same_policy_is_not_stored_again(session: Session) -> None:
    publish(session, policy("2026-01"))
    before = everything(session)
    publish(session, policy("2026-01"))
    assert everything(session) == before
    publish(session, policy("2026-01", 9))
    publish(session, policy("2026-01"))
    assert len(versions(session)) == 3  # it is in force anew


def hire(session: Session, folder: Path) -> None:
    row = {"employee_no": "E1", "name": "某", "position": "agent", "hire_date": "2025-01-01"}
    write_rows(folder / "employees.csv", COLUMNS["employees"].split(), [row])
    import_one(session, "employees", folder / "employees.csv")


def test_a_month_keeps_the_version_that_it_was_closed_with(
    session: Session, tmp_path: Path
) -> None:
    publish(session, policy("2026-01"))
    hire(session, tmp_path)
    close(session, Month(2026, 3))
    publish(session, policy("2026-04", 5))
    close(session, Month(2026, 4))
    found = [cards(session, Month(2026, month))[0]["policy_version"] for month in (3, 4)]
    assert found == [1, 2]


@pytest.mark.parametrize("month", ["2026-01", "2026-03"])
def test_no_policy_begins_in_a_closed_month(session: Session, tmp_path: Path, month: str) -> None:
    publish(session, policy("2026-01"))
    hire(session, tmp_path)
    close(session, Month(2026, 3))
    before = everything(session)
    publish(session, policy("2026-01"))  # the same is not stored again: nothing begins
    assert everything(session) == before
    with pytest.raises(Refused, match="2026-03"), transaction():
        publish_policy(session, actor=SYSTEM, now=NOW, policy=policy(month, 5))
    assert everything(session) == before


def test_what_a_policy_says_of_leave_holds_for_days_already_kept(
    session: Session, tmp_path: Path
) -> None:
    """The stored days follow the version in force, whenever it was published."""
    publish(session, policy("2026-01"))
    hire(session, tmp_path)
    roster = {"employee_no": "E1", "from": "2026-01-01", "shift": "09:00-18:00"}
    roster |= {"break_minutes": "60", "weekdays": "12345"}
    leave = {"employee_no": "E1", "type": "annual", "status": "approved"}
    leave |= {"from": "2026-03-02 00:00", "to": "2026-03-04 00:00"}
    for kind, row in (("rosters", roster), ("leave", leave)):
        write_rows(tmp_path / f"{kind}.csv", COLUMNS[kind].split(), [row])
        import_one(session, kind, tmp_path / f"{kind}.csv")
    close(session, Month(2026, 2))

    def protected() -> float:
        result = compute_open_month(session, Month(2026, 3)).result
        session.commit()
        (sheet,) = result.sheets.values()
        return sheet["protected_leave_days"].value

    assert protected() == 2
    document = copy.deepcopy(policy("2026-03").document)
    document["leave"]["annual"]["protected"] = False
    publish(session, parse_policy(document))
    assert protected() == 0
