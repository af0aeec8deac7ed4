"""The clocks of a complaint, and its number."""

from __future__ import annotations

import pytest

from evaluations.complaints.clocks import HOUR, clocks, next_due, number

AT = 1000 * HOUR


def states(severity: str, hours: float, done: dict[str, float], **more: bool) -> dict[str, str]:
    """States by step so many hours after the receipt; ``done`` in hours, too."""
    times = {step: AT + int(at * HOUR) for step, at in done.items()}
    found = clocks(severity, AT, times, now=AT + int(hours * HOUR), **more)
    return {each.step.removesuffix("_at"): each.state for each in found}


@pytest.mark.parametrize(
    ("severity", "hours", "done", "expected"),
    [
        ("ordinary", 2, {}, {"contacted": "running", "plan": "running"}),
        ("ordinary", 2.01, {}, {"contacted": "overdue", "plan": "running"}),
        ("ordinary", 30, {"contacted_at": 2}, {"contacted": "met", "plan": "overdue"}),
        ("ordinary", 9, {"contacted_at": 2.1}, {"contacted": "late", "plan": "running"}),
        ("ordinary", 9, {"closed_at": 3}, {"contacted": "missed", "plan": "missed"}),
        (
            "major",
            3,
            {},
            {"escalated": "overdue", "started": "running", "progress": "running"},
        ),
        (
            "major",
            30,
            {"escalated_at": 1, "started_at": 5},
            {"escalated": "met", "started": "late", "progress": "overdue"},
        ),
    ],
)
def test_clocks_tell_what_became_of_each_step(
    severity: str, hours: float, done: dict[str, float], expected: dict[str, str]
) -> None:
    assert states(severity, hours, done) == expected


def test_missing_details_have_a_clock_of_an_hour() -> None:
    assert states("ordinary", 1.5, {}, details_missing=True)["details_asked"] == "overdue"
    assert "details_asked" not in states("ordinary", 1.5, {})


def test_what_is_due_next_is_what_runs_out_first_and_nothing_once_closed() -> None:
    due = next_due(clocks("major", AT, {"escalated_at": AT + 10}, now=AT + 20))
    assert due is not None
    assert (due.step, due.due) == ("started_at", AT + 4 * HOUR)
    assert next_due(clocks("major", AT, {"closed_at": AT + 10}, now=AT + 20)) is None


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ([], "20261003-TEL-001"),
        (["20261003-TEL-001", "20261003-TEL-007"], "20261003-TEL-008"),
        (["20261003-WEB-004", "20261004-TEL-009"], "20261003-TEL-001"),
        (["20261003-TEL-old", "20261003-TEL-999"], "20261003-TEL-1000"),
    ],
)
def test_numbers_count_on_by_day_and_channel(used: list[str], expected: str) -> None:
    assert number("20261003", "TEL", used) == expected
