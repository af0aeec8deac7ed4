"""Entering values, submitting, giving back: who, when, over what, and what the trail keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from factories import offices
from factories.offices import OCTOBER, SEPTEMBER
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.site import Site

from closing.catalogue import fact_catalogue
from core import audit
from core.actor import Actor
from core.clock import Now
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.models import AuditEntry
from core.permissions import Role
from core.viewer import StandIn, Viewer
from evaluations.models import MetricValue
from evaluations.monthly import queries, services, writing
from evaluations.monthly.models import EvaluationNote, EvaluationState
from evaluations.monthly.services import Entry, Outcome
from evaluations.monthly.writing import text_version
from staff.models import Notice

NOW = Now(datetime(2026, 11, 2, 1, tzinfo=UTC), datetime(2026, 11, 2, 9))
SPECS = fact_catalogue(offices.policy())


@pytest.fixture
def session(site: Site) -> Iterator[Session]:
    yield from prepared(site)


def prepared(site: Site) -> Iterator[Session]:
    with site.session() as session:
        offices.office(session, SEPTEMBER, OCTOBER)
        session.execute(delete(MetricValue).where(MetricValue.metric == "csat"))
        yield session


def actor(session: Session, number: str) -> Actor:
    """``E0008 for E0002`` acts for somebody away."""
    who, *away = [offices.employee_id(session, each) for each in number.split(" for ")]
    return Actor(number, who, behalf_id=away[0] if away else None)


def entry(session: Session, written: str, version: str = "", **changes: Any) -> Entry:
    about = changes.pop("about", "E0004")
    spec = SPECS[changes.pop("metric", "csat")]
    return Entry(offices.employee_id(session, about), spec, written, version, **changes)


def enter(session: Session, *entries: Entry, by: str = "E0002", reason: str = "") -> list[Outcome]:
    return services.enter_values(
        session,
        actor=actor(session, by),
        now=NOW,
        month=OCTOBER,
        entries=entries,
        reason=reason,
    )


def stored(session: Session) -> list[tuple[float, int | None, str | None, str | None]]:
    query = select(
        MetricValue.value, MetricValue.sample_size, MetricValue.reason, MetricValue.entered_by
    )
    who = offices.employee_id(session, "E0004")
    rows = session.execute(
        query.where(
            MetricValue.employee_id == who,
            MetricValue.month == OCTOBER,
            MetricValue.metric == "csat",
        )
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


def trail(session: Session, action: str) -> list[Any]:
    audit.write(session)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == action))
    return [json.loads(each.payload or "null") for each in entries]


def submit(session: Session, *numbers: str, by: str = "E0002") -> int:
    return services.submit(
        session,
        actor=actor(session, by),
        now=NOW,
        month=OCTOBER,
        people={offices.employee_id(session, number) for number in numbers},
    )


def give_back(session: Session, number: str, by: str = "E0001", reason: str = "Check csat") -> str:
    row = services.give_back(
        session,
        actor=actor(session, by),
        now=NOW,
        month=OCTOBER,
        employee_id=offices.employee_id(session, number),
        reason=reason,
    )
    return row.state


def test_a_value_is_stored_with_who_typed_it_and_changed_over_what_stood_there(
    session: Session,
) -> None:
    assert enter(session, entry(session, "93% / 40"))[0].state == "saved"
    assert stored(session) == [(0.93, 40, None, "E0002")]
    assert enter(session, entry(session, "94%", "0.93/40"), by="E0003")[0].state == "saved"
    assert stored(session) == [(0.94, None, None, "E0003")]
    assert enter(session, entry(session, "", "0.94/"))[0].state == "saved"
    assert stored(session) == []
    values = [(each["before"], each["after"]) for each in trail(session, "evaluation.value")]
    told = [{"value": 0.93, "sample_size": 40, "reason": None}]
    told.append({"value": 0.94, "sample_size": None, "reason": None})
    assert values == [(None, told[0]), (told[0], told[1]), (told[1], None)]


def test_who_types_over_an_old_value_is_shown_both_and_changes_nothing(session: Session) -> None:
    enter(session, entry(session, "93%"))
    (stale,) = enter(session, entry(session, "95%"), by="E0003")
    assert stale.state == "stale"
    assert stale.held is not None
    assert stale.held.value == 0.93
    assert stored(session) == [(0.93, None, None, "E0002")]


def test_the_same_value_twice_is_no_conflict(session: Session) -> None:
    enter(session, entry(session, "93%"))
    assert enter(session, entry(session, "0.93"), by="E0003")[0].state == "same"


def test_what_departs_from_the_records_needs_a_reason(session: Session) -> None:
    asked = entry(session, "93%", departs=True)
    assert enter(session, asked)[0].state == "reason"
    assert stored(session) == []
    assert enter(session, asked, reason=" Two tickets were spam ")[0].state == "saved"
    assert stored(session) == [(0.93, None, "Two tickets were spam", "E0002")]


def test_a_bad_cell_does_not_hold_up_the_others_of_a_block(session: Session) -> None:
    made = enter(
        session,
        entry(session, "193%"),
        entry(session, "97", "96.0/", metric="qa_score"),
        entry(session, "88%", about="E0005"),
    )
    assert [each.state for each in made] == ["refused", "saved", "saved"]
    assert "193%" in str(made[0].message)


def test_nobody_enters_their_own_values(session: Session) -> None:
    for by in ("E0002", "E0009 for E0002"):
        (made,) = enter(session, entry(session, "93%", about="E0002"), by=by)
        assert made.state == "refused"
        with pytest.raises(Forbidden):
            note(session, by=by, about="E0002")


def test_a_cell_that_nobody_touched_stays_as_others_left_it(session: Session) -> None:
    """Without a script a page sends all its cells, also those changed since it was opened."""
    enter(session, entry(session, "90% / 40"))
    assert enter(session, entry(session, "92%", "0.9/40"))[0].state == "saved"
    assert enter(session, entry(session, "90% / 40", "0.9/40"))[0].state == "same"
    assert enter(session, entry(session, "", ""))[0].state == "same"
    assert [value for value, *_ in stored(session)] == [0.92]
    submit(session, "E0004")
    assert enter(session, entry(session, "92%", "0.92/"))[0].state == "same"


def test_submitted_values_stay_until_they_are_given_back(session: Session) -> None:
    assert submit(session, "E0004", "E0005") == 2
    assert submit(session, "E0004") == 0
    assert enter(session, entry(session, "93%"))[0].state == "refused"
    with pytest.raises(Refused) as refused:
        give_back(session, "E0004", reason=" ")
    assert refused.value.field == "reason"
    assert give_back(session, "E0004") == "returned"
    with pytest.raises(Conflict):
        give_back(session, "E0004")
    assert enter(session, entry(session, "93%"))[0].state == "saved"
    assert submit(session, "E0004", by="E0003") == 1
    assert give_back(session, "E0004", by="E0003") == "reopened"
    assert [each["after"]["reason"] for each in trail(session, "evaluation.returned")] == [
        "Check csat"
    ]


def test_what_a_deputy_submitted_is_given_back_to_both_or_taken_back_by_either(
    session: Session,
) -> None:
    submit(session, "E0004", by="E0009 for E0002")
    assert give_back(session, "E0004") == "returned"
    told = select(Notice.employee_id).where(Notice.kind == services.RETURNED)
    both = {offices.employee_id(session, number) for number in ("E0009", "E0002")}
    assert set(session.scalars(told)) == both
    submit(session, "E0004", by="E0009 for E0002")
    assert give_back(session, "E0004", by="E0002") == "reopened"


def test_nobody_submits_or_gives_back_their_own(session: Session) -> None:
    with pytest.raises(Refused):
        submit(session, "E0002")
    submit(session, "E0002", by="E0001")
    for by in ("E0002", "E0009 for E0002"):
        with pytest.raises(Forbidden):
            give_back(session, "E0002", by=by)
        with pytest.raises(Forbidden):
            submit(session, "E0002", by=by)


def test_a_closed_month_is_read_only(session: Session) -> None:
    offices.values(session, "E0004", OCTOBER)
    offices.close(session, SEPTEMBER, OCTOBER)
    with pytest.raises(Conflict):
        enter(session, entry(session, "93%"))
    with pytest.raises(Conflict):
        submit(session, "E0004")
    with pytest.raises(Conflict):
        feedback(session, strengths=("Calm", ""))


def test_the_database_refuses_what_makes_no_sense(any_site: Site) -> None:
    for session in prepared(any_site):
        submit(session, "E0004")
        note(session)
        for bad in (
            "UPDATE evaluation_states SET state = 'draft'",
            "UPDATE evaluation_states SET reason = 'why'",
            "UPDATE evaluation_states SET state = 'returned'",
            "UPDATE evaluation_states SET state = 'returned', reason = ''",
            "UPDATE metric_values SET reason = ''",
            "UPDATE evaluation_notes SET kind = 'odd'",
            "UPDATE evaluation_notes SET text = ''",
        ):
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(text(bad))


def feedback(session: Session, by: str = "E0002", **parts: tuple[str, str]) -> list[str | None]:
    made = writing.write_feedback(
        session,
        actor=actor(session, by),
        now=NOW,
        month=OCTOBER,
        employee_id=offices.employee_id(session, "E0004"),
        parts=parts,
    )
    return [each.stale for each in made]


def test_feedback_is_kept_part_by_part_and_a_stale_part_shows_what_stands_there(
    session: Session,
) -> None:
    assert feedback(session, strengths=("Calm", ""), improve=("Closing calls", "")) == [None, None]
    assert feedback(session, "E0003", strengths=("Loud", "")) == ["Calm"]
    seen = text_version("Calm")
    assert feedback(session, "E0003", strengths=("Calm and quick", seen)) == [None]
    told = trail(session, "evaluation.feedback")
    assert told[-1] == {
        "before": {"strengths": "Calm"},
        "after": {"strengths": "Calm and quick"},
    }
    submit(session, "E0004")
    with pytest.raises(Conflict):
        feedback(session, next_step=("Mentoring", ""))


def note(session: Session, by: str = "E0002", about: str = "E0004") -> EvaluationNote:
    return writing.add_note(
        session,
        actor=actor(session, by),
        now=NOW,
        employee_id=offices.employee_id(session, about),
        day=date(2026, 10, 12),
        kind="good",
        text="Calmed an angry customer",
    )


def test_a_note_is_its_writers_until_it_is_shared_and_the_trail_keeps_quiet(
    session: Session,
) -> None:
    made = note(session)
    with pytest.raises(Conflict):
        note(session)  # the form was sent twice
    with pytest.raises(NotFound):
        writing.share_note(session, actor=actor(session, "E0003"), now=NOW, note_id=made.id)
    assert trail(session, "evaluation.noted") == [{"after": {"day": "2026-10-12"}, "before": None}]
    writing.share_note(session, actor=actor(session, "E0002"), now=NOW, note_id=made.id)
    assert trail(session, "evaluation.note_shared")[0]["after"]["text"] == made.text
    with pytest.raises(Conflict):
        writing.remove_note(session, actor=actor(session, "E0002"), now=NOW, note_id=made.id)


def test_what_a_deputy_noted_is_found_by_them_and_by_whom_they_stood_in_for(
    session: Session,
) -> None:
    made, own = note(session, by="E0009 for E0002"), note(session, by="E0002")

    def seen(number: str) -> set[int]:
        who, _, away = number.partition(" for ")
        viewer = Viewer(1, offices.employee_id(session, who), frozenset({Role.SUPERVISOR}), who)
        if away:
            absent = offices.employee_id(session, away)
            roles = frozenset({Role.SUPERVISOR})
            viewer = viewer.acting_for(StandIn(1, absent, away, away, date.max, roles))
        return {each.id for each in queries.notes(session, viewer, NOW.wall.date()) if each.own}

    assert seen("E0002") == {made.id, own.id}
    assert seen("E0009") == seen("E0009 for E0002") == {made.id}
    assert seen("E0001") == seen("E0004 for E0002") == set()
    for by in ("E0009 for E0002", "E0004 for E0002"):
        with pytest.raises(NotFound):
            writing.remove_note(session, actor=actor(session, by), now=NOW, note_id=own.id)
    writing.share_note(session, actor=actor(session, "E0002"), now=NOW, note_id=made.id)


def test_notes_are_about_others_on_days_of_their_employment(session: Session) -> None:
    with pytest.raises(Refused):
        note(session, by="E0004")
    for day in (date(2024, 1, 1), date(2026, 11, 3)):
        with pytest.raises(Refused) as refused:
            writing.add_note(
                session,
                actor=actor(session, "E0002"),
                now=NOW,
                employee_id=offices.employee_id(session, "E0004"),
                day=day,
                kind="good",
                text="Well done",
            )
        assert refused.value.field == "day"


def test_states_are_of_one_person_and_month(session: Session) -> None:
    submit(session, "E0004")
    rows = session.scalars(select(EvaluationState)).all()
    assert [(row.month, row.state, row.by) for row in rows] == [(OCTOBER, "submitted", "E0002")]
