"""A round from its plan to its results, as HR, those who are asked and those who are not."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, and_, func, select, text, update
from sqlalchemy.orm import Session
from support.centres import close
from support.pdf import pages
from support.rounds import COMPETENCIES, NOW, OCTOBER, PLAN, answer, asked, centre, person, plan
from support.site import Site

from closing import kept_preview
from closing.evaluation.live import live, still_kept
from closing.preview import preview_month
from closing.services import close_month, compute_open_month, views_of
from core import clock
from core.actor import SYSTEM, Actor
from core.clock import Now
from core.errors import Conflict, Forbidden, NotFound, Refused
from core.models import AuditEntry
from evaluations.models import Review
from evaluations.rounds import answering, ending, queries, reviewers, services
from evaluations.rounds.ending import end_due
from evaluations.rounds.models import ReviewAssignment, ReviewComment, ReviewNote, ReviewRound
from staff.models import Employee, Notice

ROUND = f"/reviews/rounds/{OCTOBER}"
OF_ROUNDS = select(Notice.kind).where(Notice.kind.startswith("review."))
LATER = Now(NOW.moment + timedelta(days=20), NOW.wall + timedelta(days=20))


class Office:
    """The site with everybody's clients."""

    def __init__(self, site: Site, seed: str | None = "a") -> None:
        self.site = site
        with site.session() as session:
            self.accounts = centre(session)
        if seed is not None:
            with site.session() as session:
                plan(session, seed=seed)
                self.asked = asked(session)
        self._clients: dict[str, FlaskClient] = {}

    def as_(self, number: str) -> FlaskClient:
        if number not in self._clients:
            self._clients[number] = self.site.signed_in(self.accounts[number])
        return self._clients[number]

    def sign_in_again(self) -> None:
        self._clients.clear()

    def text(self, number: str, url: str, status: int = 200) -> str:
        found = self.as_(number).get(url)
        assert found.status_code == status, (url, found.status_code)
        return re.sub(r'name="csrf_token"[^>]*>|"X-CSRFToken": "[^"]*"', "", found.text)

    def post(self, number: str, url: str, **data: str) -> str:
        found = self.site.post(self.as_(number), url, data, form="/account/password")
        assert found.status_code == 302, found.status_code
        return self.text(number, found.headers["Location"])

    def answer(self, number: str, ratee: str, ratings: list[int], comment: str = "") -> int:
        return answer(self.site, self.as_(number), ratee, ratings, comment)

    def answer_all(self, *, without: int = 0, comment: str = "") -> None:
        """Everybody asked, but the last ``without`` of each group that hides its raters."""
        for (ratee, relation), raters in self.asked.items():
            hides = relation in ("peer", "cross_team", "subordinate")
            for at, rater in enumerate(raters[: len(raters) - without * hides]):
                said = f"{comment} {relation} {at} of {ratee}" if comment else ""
                assert self.answer(rater, ratee, [3, 4, 5 - at % 3], said) == 302


@pytest.fixture(autouse=True)
def the_day(monkeypatch: pytest.MonkeyPatch) -> Callable[[Now], None]:
    """It is the round's first day until a test says otherwise."""

    def now_is(moment: Now) -> None:
        monkeypatch.setattr(clock, "now", lambda _zone: moment)

    now_is(NOW)
    return now_is


def test_hr_plans_draws_again_changes_by_hand_and_opens(site: Site) -> None:
    office = Office(site, seed=None)
    form = {"month": str(OCTOBER), "first_day": "2026-11-02", "last_day": "2026-11-15"}
    counts = {"peers": "2", "cross_team": "3", "max_load": "9"}
    for name, never in (("first_day", "0001-01-01"), ("last_day", "9999-12-31")):
        typed = {**form, **counts, name: never}
        page = "/reviews/rounds/new"
        refused = site.post(office.as_("E01"), page, typed, form=page)
        assert "cannot be right" in refused.text
    page = office.post("E01", "/reviews/rounds/new", **form, **counts)
    assert "draft" in page
    far = site.post(office.as_("E01"), f"{ROUND}/last-day", {"last_day": "9999-12-31"}, form=ROUND)
    assert far.status_code < 500
    with site.session() as session:
        first = asked(session)
        seed = session.get_one(ReviewRound, OCTOBER).seed
    assert {len(first[number, "peer"]) for number in ("E10", "E20")} == {2}
    assert office.text("E10", "/reviews/").count("E1") < 3  # nobody is asked yet
    office.post("E01", f"{ROUND}/draw")
    with site.session() as session:
        assert session.get_one(ReviewRound, OCTOBER).seed != seed
        again = asked(session)
    assert again != first
    assert seed not in office.text("E01", ROUND)
    more = next(each for each in ("E11", "E12", "E13") if each not in again["E10", "peer"])
    assert "Added." in office.post(
        "E01", f"{ROUND}/reviewers", ratee="Person E10", rater=more, relation="peer"
    )
    with site.session() as session:
        assert more in asked(session)["E10", "peer"]
        assert session.scalar(OF_ROUNDS) is None
        added = AuditEntry.action == "round.reviewer_added"
        said = json.loads(session.scalars(select(AuditEntry.payload).where(added)).one() or "")
        about = ReviewAssignment.ratee_id == person(session, "E10").employee_id
        asked_now = session.scalars(select(ReviewAssignment).where(about)).all()
        assert said["after"] == {"about": asked_now[0].ratee_id, "reviewers": len(asked_now)}
    assert "ended" not in office.post("E01", f"{ROUND}/open")
    assert "E10" in office.text(more, "/reviews/")
    assert "360° round of October 2026" in office.text(more, "/inbox/")


def test_a_form_is_answered_whole_and_can_be_changed_until_the_end(
    site: Site, the_day: Callable[[Now], None]
) -> None:
    office = Office(site)
    ratee, rater = "E10", office.asked["E10", "peer"][0]
    url = f"/reviews/{OCTOBER}/about/{ratee}"
    assert "checked" not in office.text(rater, url)
    assert office.answer(rater, ratee, [3, 4]) == 400
    assert office.answer(rater, ratee, [3, 4, 6]) == 400
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 0
    assert office.answer(rater, ratee, [3, 4, 5], " Calm. ") == 302
    assert office.answer(rater, ratee, [2, 4, 5], "Calm, and quick.") == 302
    assert "Calm, and quick." in office.text(rater, url)
    with site.session() as session:
        rows = session.scalars(select(Review).order_by(Review.competency)).all()
        assert [(row.competency, row.rating, row.relation) for row in rows] == [
            (name, rating, "peer") for name, rating in zip(COMPETENCIES, (2, 4, 5), strict=True)
        ]
        assert [note.text for note in session.scalars(select(ReviewNote))] == ["Calm, and quick."]
    the_day(LATER)
    office.sign_in_again()
    assert office.answer(rater, ratee, [1, 1, 1]) == 404
    office.text(rater, url, 404)


def test_nobody_answers_but_who_is_asked_and_nobody_for_somebody_away(site: Site) -> None:
    office = Office(site)
    raters = {
        each for (ratee, _), group in office.asked.items() if ratee == "E10" for each in group
    }
    for number in sorted(set(office.accounts) - raters):
        office.text(number, f"/reviews/{OCTOBER}/about/E10", 404)
        assert office.answer(number, "E10", [3, 3, 3]) == 404
    with site.session() as session:
        who = person(session, office.asked["E10", "peer"][0])
        deputy = Actor("E00 for E13", who.employee_id, None, "", 99)
        how = {"now": NOW, "month": OCTOBER, "employee_no": "E10", "comment": ""}
        ratings = dict.fromkeys(COMPETENCIES, 3)
        with pytest.raises(NotFound):
            answering.answer(session, actor=deputy, ratings=ratings, **how)  # type: ignore[arg-type]
        answering.answer(session, actor=who, ratings=ratings, **how)  # type: ignore[arg-type]


def test_one_answer_changes_no_page_of_hr_and_no_preview(site: Site) -> None:
    """Nor any of the one it is about, or of the supervisor: progress is in tens of percent."""
    office = Office(site)
    office.answer(office.asked["E10", "peer"][0], "E10", [5, 5, 5], "first")
    pages = [
        ROUND,
        f"{ROUND}?format=csv",
        "/reviews/rounds",
        f"/closing/{OCTOBER}/preview?figures=1",
        "/",
    ]
    own = ["/reviews/", "/reviews/results", "/inbox/", "/audit/"]

    def seen() -> list[str]:
        found = [office.text("E01", page) for page in pages]
        return found + [office.text(number, page) for number in ("E10", "E02") for page in own]

    before = seen()
    rater = office.asked["E10", "peer"][1]
    assert office.answer(rater, "E10", [1, 1, 1], "second") == 302
    assert seen() == before
    with site.session() as session:
        views = compute_open_month(session, OCTOBER).views()
        assert all("review_360" not in view.facts for view in views)
        actors = session.scalars(select(AuditEntry.actor)).all()
        assert rater not in actors
    for number in ("E01", "E10", "E02"):
        office.text(number, f"/reviews/{OCTOBER}/results/E10", 404)


def test_progress_is_told_of_enough_forms_and_people_only(site: Site) -> None:
    office = Office(site)
    office.answer_all(without=1)
    with site.session() as session:
        whole, *teams = queries.progress(session, OCTOBER, PLAN.first_day)
        asked_ = session.scalar(select(func.count()).select_from(ReviewAssignment)) or 0
        given = session.scalar(
            select(func.count()).select_from(ReviewAssignment).where(queries.given())
        )
        assert given
    assert (whole.asked, whole.share) == (asked_, 10 * (10 * given // asked_))
    assert teams == []  # five people each
    office.post("E01", f"{ROUND}/end")
    with site.session() as session:
        assert session.get_one(ReviewRound, OCTOBER).answered == whole.share


def test_a_small_round_tells_no_progress_at_its_end_either(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(site)
    monkeypatch.setattr(queries, "CROWD", 12)
    office.post("E01", f"{ROUND}/end")
    with site.session() as session:
        assert session.get_one(ReviewRound, OCTOBER).answered is None
        ended = select(AuditEntry).where(AuditEntry.action == "round.ended")
        assert "answered" not in (session.scalars(ended).one().payload or "")
    assert "answered" not in office.text("E01", "/reviews/rounds")


def test_a_reminder_goes_to_whom_forms_wait_once_a_day_and_is_gone_at_the_end(site: Site) -> None:
    office = Office(site)
    done = office.asked["E10", "peer"][0]
    for (ratee, _), raters in office.asked.items():
        if done in raters:
            assert office.answer(done, ratee, [3, 3, 3]) == 302
    told = [office.post("E01", f"{ROUND}/remind") for _ in range(2)]
    assert told[0] == told[1]
    with site.session() as session:
        reminded = session.scalars(
            select(Notice.employee_id).where(Notice.kind == services.REMINDED)
        ).all()
        everybody = set(session.scalars(select(ReviewAssignment.rater_id)))
        assert sorted(reminded) == sorted(everybody - {person(session, done).employee_id})
    office.post("E01", f"{ROUND}/end")
    with site.session() as session:
        assert set(session.scalars(OF_ROUNDS)) == {services.ASKED}


def test_hr_never_sees_who_is_asked_about_themselves(site: Site) -> None:
    """Else they could draw again until their own reviewers suit them."""
    office = Office(site, seed=None)
    with site.session() as session:
        plan(session, then_open=False)
        session.get_one(ReviewRound, OCTOBER).seed = "kept"
        one = session.scalars(select(ReviewAssignment).where(_peer_of(session, "E10"))).first()
        assert one is not None
        rater = one.rater_id
        about_hr = {"month": OCTOBER, "ratee_id": person(session, "E01").employee_id}
        session.add(ReviewAssignment(**about_hr, rater_id=rater, relation="peer"))
        session.add(
            ReviewAssignment(
                month=OCTOBER,
                ratee_id=rater,
                rater_id=about_hr["ratee_id"],
                relation="subordinate",
            )
        )
    for url in (ROUND, f"{ROUND}?q=E01", f"{ROUND}?format=csv"):
        lines = [row for row in office.text("E01", url).split("\n") if "E01" in row]
        assert not [row for row in lines if re.match(r"(<td>)?E01\b", row.strip())], url
    assert re.search(r"E1\d,.*E01", office.text("E01", f"{ROUND}?format=csv"))  # their own forms


def _peer_of(session: Session, number: str) -> ColumnElement[bool]:
    return and_(
        ReviewAssignment.ratee_id == person(session, number).employee_id,
        ReviewAssignment.relation == "peer",
    )


def test_a_round_that_nobody_ended_counts_in_every_preview_once_its_last_day_is_over(
    site: Site,
) -> None:
    """As it does at the close."""
    office = Office(site)
    office.answer_all()
    with site.session() as session:
        soon = NOW.moment + timedelta(minutes=5)
        session.execute(update(ReviewRound).values(ends_at=soon))
        who = person(session, "E10").employee_id or 0
        running = preview_month(session, OCTOBER, NOW.moment).result.sheets[who]
        kept_preview.summary(session, OCTOBER, NOW.moment)
        live(session, OCTOBER, {who}, NOW.moment)
        assert "review_360" not in running
        assert kept_preview.kept_summary(session, OCTOBER, NOW.moment) is not None
        assert still_kept(session, OCTOBER, NOW.moment)
        assert kept_preview.kept_summary(session, OCTOBER, soon) is None
        assert not still_kept(session, OCTOBER, soon)
        preview = preview_month(session, OCTOBER, soon).result
        base = {card.person.employee_id: card.base for card in preview.cards}
        assert live(session, OCTOBER, {who}, soon).cards[who].base == base[who]
        views = views_of(session, OCTOBER, preview=True, now=soon)
        told = next(view for view in views if view.employee_no == "E10")
        end_due(session, now=soon)
        closed = compute_open_month(session, OCTOBER).result.sheets[who]
    assert preview.sheets[who]["review_360"] == closed["review_360"]
    assert told.facts["review_360"] == closed["review_360"]


def test_results_come_after_the_end_by_group_to_whom_the_table_lets_see_them(
    site: Site, the_day: Callable[[Now], None]
) -> None:
    office = Office(site)
    office.answer_all(without=1, comment="said by")
    the_day(LATER)  # nobody ended it: its last day is over
    office.sign_in_again()
    page = office.text("E10", f"/reviews/{OCTOBER}/results/E10")
    assert "How others see you" in page
    groups = re.findall(r'<th scope="row">([^<]+)</th><td class="num">(\d)</td>', page)
    assert groups == [("Supervisor", "1"), ("Peers + Other teams", "4"), ("Oneself", "1")]
    comments = re.findall(r"<li>said by (\w+) \d of E10</li>", page)
    assert sorted(comments) == [*["cross_team"] * 2, *["peer"] * 2, "self", "supervisor"]
    assert set(re.findall(r"E[012]\d", page.split("<main", 1)[1])) == {"E10"}
    for number in ("E02", "E01"):
        assert office.text(number, f"/reviews/{OCTOBER}/results/E10").count("said by") == 6
    for number in ("E11", "E03", "E20"):
        office.text(number, f"/reviews/{OCTOBER}/results/E10", 404)
    names = re.findall(r"/results/(E\d\d)", office.text("E02", "/reviews/results"))
    assert sorted(set(names)) == ["E02", "E10", "E11", "E12", "E13"]


def test_comments_of_groups_left_out_are_kept_nowhere(site: Site) -> None:
    office = Office(site)
    for rater in office.asked["E10", "peer"][:2]:
        assert office.answer(rater, "E10", [1, 1, 1], "only two of us") == 302
    assert office.answer("E10", "E10", [5, 5, 5], "my own view") == 302
    office.post("E01", f"{ROUND}/end")
    page = office.text("E10", f"/reviews/{OCTOBER}/results/E10")
    assert "my own view" in page
    assert "only two of us" not in page
    with site.session() as session:
        assert session.scalars(select(ReviewNote)).all() == []
        assert [each.text for each in session.scalars(select(ReviewComment))] == ["my own view"]


def test_the_same_groups_enter_the_scorecard_and_the_page_after_the_close(site: Site) -> None:
    office = Office(site)
    office.answer_all(comment="c")
    office.post("E01", f"{ROUND}/end")
    office.text("E10", "/")  # what was flashed is read
    before = office.text("E10", f"/reviews/{OCTOBER}/results/E10")
    with site.session() as session:
        close(session, OCTOBER)
    assert office.text("E10", f"/reviews/{OCTOBER}/results/E10") == before
    printed = "".join(pages(office.as_("E02").get(f"/scorecards/{OCTOBER}/E10.pdf").data))
    assert "Comments of the 360° round" in printed
    page = office.text("E02", f"/records/{OCTOBER}/E10/reviews")
    assert "answered in the browser" in page
    assert "HR imported" not in page


def test_a_month_is_not_closed_while_its_round_runs_and_a_draft_goes_with_it(site: Site) -> None:
    office = Office(site)
    with pytest.raises(Conflict, match="runs until"), site.session() as session:
        close_month(session, actor=SYSTEM, now=NOW.moment, month=OCTOBER, seal=lambda said: said)
    office.post("E01", f"{ROUND}/end")
    assert "cannot be opened" not in office.post("E01", f"{ROUND}/remind")
    with site.session() as session:
        plan_later = OCTOBER.plus(1)
        session.execute(text("UPDATE review_rounds SET state = 'ended' WHERE state = 'open'"))
        assert session.get(ReviewRound, plan_later) is None
        close(session, OCTOBER)
        with pytest.raises(Conflict):
            plan(session)


def test_hr_changes_reviewers_of_a_running_round_without_learning_who_answered(site: Site) -> None:
    office = Office(site)
    first, second, _third = office.asked["E10", "peer"]
    assert office.answer(first, "E10", [1, 1, 1], "gone") == 302
    with site.session() as session:
        who = {number: person(session, number).employee_id or 0 for number in office.accounts}
    told = [
        office.post(
            "E01", f"{ROUND}/reviewers/remove", ratee_id=str(who["E10"]), rater_id=str(who[each])
        )
        for each in (first, second)
    ]
    assert all("Removed." in page for page in told)
    office.text(first, f"/reviews/{OCTOBER}/about/E10", 404)
    with site.session() as session:
        assert session.scalar(select(func.count()).select_from(Review)) == 0
        assert session.scalar(select(func.count()).select_from(ReviewNote)) == 0
        how = {"now": NOW, "month": OCTOBER}
        hr = person(session, "E01")
        for pair in ((who["E10"], who["E01"]), (who["E01"], who["E10"])):
            with pytest.raises(Forbidden):
                reviewers.add_reviewer(
                    session,
                    actor=hr,
                    ratee_id=pair[0],
                    rater_id=pair[1],
                    relation="peer",
                    **how,  # type: ignore[arg-type]
                )
        gone = session.get_one(Employee, who["E13"])
        for day, field in ((date(2026, 9, 30), "ratee"), (date(2026, 11, 14), "rater")):
            gone.leave_date = day
            session.flush()
            about = ("E13", "E20") if field == "ratee" else ("E20", "E13")
            with pytest.raises(Refused, match="employed") as refused:
                reviewers.add_reviewer(
                    session,
                    actor=hr,
                    ratee_id=who[about[0]],
                    rater_id=who[about[1]],
                    relation="peer",
                    **how,  # type: ignore[arg-type]
                )
            assert refused.value.field == field
        gone.leave_date = None
        session.get_one(ReviewRound, OCTOBER).max_load = 1
        session.flush()
        with pytest.raises(Refused, match="the most of this round"):
            reviewers.add_reviewer(
                session,
                actor=hr,
                ratee_id=who["E10"],
                rater_id=who[second],
                relation="peer",
                **how,  # type: ignore[arg-type]
            )
        ending.end_round(session, actor=hr, **how)  # type: ignore[arg-type]
        with pytest.raises(Conflict, match="stays so"):
            services.change_last_day(
                session,
                actor=hr,
                last_day=LATER.wall.date(),
                **how,  # type: ignore[arg-type]
            )


@pytest.mark.parametrize("number", ["E00", "E10", "E02"])
def test_only_hr_sees_who_is_asked(site: Site, number: str) -> None:
    office = Office(site)
    for url in (ROUND, "/reviews/rounds", "/reviews/rounds/new"):
        office.text(number, url, 403)


def test_two_answers_at_once_leave_one_whole_answer(any_site: Site) -> None:
    office = Office(any_site)
    rater = office.asked["E10", "peer"][0]
    start, told = threading.Barrier(6), []

    def one(rating: int) -> None:
        start.wait()
        with any_site.session() as session:
            answering.answer(
                session,
                actor=person(session, rater),
                now=NOW,
                month=OCTOBER,
                employee_no="E10",
                ratings=dict.fromkeys(COMPETENCIES, rating),
                comment=f"rated {rating}",
            )
        told.append(rating)

    threads = [threading.Thread(target=one, args=(1 + at % 5,)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with any_site.session() as session:
        rows = session.execute(select(Review.competency, Review.rating)).all()
        [note] = session.scalars(select(ReviewNote)).all()
    assert len(told) == 6
    assert sorted(row.competency for row in rows) == sorted(COMPETENCIES)
    assert {f"rated {row.rating}" for row in rows} == {note.text}
