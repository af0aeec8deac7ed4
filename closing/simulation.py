"""What if: a month under another policy, beside what is in force. Stores nothing.

A closed month is judged by the facts that it was closed with. Only those are computed again whose
definition the other policy changes: ticket thresholds, attendance, the weights of the 360° groups.
So the policy in force gives the closed result.

The 360° groups stay split as the policy in force splits them, whatever the other one says: the
difference between two ways of pooling is the score of those whom one of them hides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.cards import CardView, preview_views, stored_views
from closing.facts import NOT_FOR_TEAMS, Person, Sheet
from closing.gather import Decided, Gathered, decisions, gather, occurrence
from closing.history import facts_from_json
from closing.months import current_closing
from closing.policy import Policy
from closing.services import compute_open_month, run
from closing.versions import policy_of_closing
from core.models import Closing
from core.values import Fact, Month
from evaluations.catalogue import evaluation_facts
from evaluations.fact_queries import ticket_facts
from evaluations.scorecards.models import FactSheet, Scorecard
from rewards.entries import Decision, Occurrence, OccurrenceState
from rewards.models import Incident, RuleApproval, RuleEntry
from staff.attendance import queries as attendance
from staff.attendance.calendars import calendar_json
from staff.attendance.catalogue import attendance_facts


@dataclass(frozen=True, slots=True)
class Difference:
    """One person before (in force) and after (the other policy); either may be missing."""

    employee_no: str
    before: CardView | None
    after: CardView | None

    @property
    def money(self) -> Decimal:
        """What the other policy would pay more, wage deductions taken off."""
        return paid(self.after) - paid(self.before)

    @property
    def differs(self) -> bool:
        return _essence(self.before) != _essence(self.after)

    def as_json(self) -> dict[str, Any]:
        return {
            "employee_no": self.employee_no,
            "before": self.before.as_json() if self.before else None,
            "after": self.after.as_json() if self.after else None,
            "money": str(self.money),
        }


def simulate(session: Session, month: Month, policy: Policy) -> list[Difference]:
    """Scorecards and pay of everybody, ordered by employee number.

    The month may be closed or open. ``effective_from`` of the policy is not asked. The caller
    rolls back: an open month's person-days are brought up to date on the way.
    """
    closing = current_closing(session, month)
    if closing is None:
        computed = compute_open_month(session, month)
        before = computed.views()
        gathered = gather(
            session,
            month,
            policy,
            _attendance(session, month, policy, None),
            computed.gathered.as_of,
            min_raters=computed.version.policy.reviews.min_raters,
        )
    else:
        before = stored_views(session, closing)
        gathered = closed_inputs(session, closing, policy)
    after = preview_views(
        run(session, gathered, policy, closing.closed_at if closing else None),
        gathered.rows,
        month=month,
        policy_version=0,
        as_of=gathered.as_of,
    )
    old = {view.employee_no: view for view in before}
    new = {view.employee_no: view for view in after}
    return [Difference(no, old.get(no), new.get(no)) for no in sorted(old | new)]


def _attendance(
    session: Session, month: Month, policy: Policy, closing: Closing | None
) -> dict[int, dict[str, Fact]]:
    calendar = closing.calendar if closing else calendar_json(session, month)
    return attendance.days_for_policy(session, month, policy.attendance, policy.leave, calendar)


def closed_inputs(session: Session, closing: Closing, policy: Policy) -> Gathered:
    """The inputs of a closed month: its stored facts and assignments, with what changes anew."""
    month = closing.month
    then = policy_of_closing(session, closing.document_version_id).policy
    anew = gather(session, month, policy, {}, closing.as_of, min_raters=then.reviews.min_raters)
    stored = list(session.scalars(select(FactSheet).where(FactSheet.closing_id == closing.id)))
    sheets = {each.employee_id: _own_facts(facts_from_json(each.facts)) for each in stored}
    if then.tickets != policy.tickets:
        old = evaluation_facts(then.tickets)
        fresh = ticket_facts(session, month, policy.tickets, closing.as_of)
        replace_facts(sheets, {k for k in old if k not in _NOT_TICKETS}, fresh)
    if (then.attendance, then.leave) != (policy.attendance, policy.leave):
        days = _attendance(session, month, policy, closing)
        replace_facts(sheets, attendance_facts(then.attendance), days)
    if then.reviews != policy.reviews:
        again = {
            who: {"review_360": sheet["review_360"]}
            for who, sheet in anew.inputs.sheets.items()
            if "review_360" in sheet
        }
        replace_facts(sheets, ["review_360"], again)
    people = _people_then(anew.inputs.people, {each.employee_id: each for each in stored}, month)
    decided = _decisions_then(session, closing, then)
    inputs = replace(
        anew.inputs,
        sheets=sheets,
        people=people,
        occurrences=_occurrences_then(session, closing, anew.inputs.occurrences),
        approvals=decided.approvals,
        voided=decided.voided,
    )
    return replace(anew, inputs=inputs)


_NOT_TICKETS = {
    "callback_rate",
    "complaint_count",
    "complaint_rate",
    "complaint_sla_rate",
    "qa_score",
    "review_360",
}


def _own_facts(sheet: Sheet) -> Sheet:
    """Without what the close itself derives: team facts, what was carried, training effect."""
    return {
        key: fact
        for key, fact in sheet.items()
        if fact.source == "entered"
        or (fact.source != "carried" and key != NOT_FOR_TEAMS and not key.startswith("team_"))
    }


def replace_facts(
    sheets: dict[int, Sheet], old: Iterable[str], fresh: Mapping[int, Mapping[str, Fact]]
) -> None:
    """Computed facts give way to those computed anew; what was entered stays."""
    old = list(old)
    for who, sheet in sheets.items():
        for key in old:
            if key in sheet and sheet[key].source != "entered":
                del sheet[key]
        for key, fact in fresh.get(who, {}).items():
            sheet.setdefault(key, fact)


def _occurrences_then(
    session: Session, closing: Closing, now: Mapping[int, Sequence[Occurrence]]
) -> dict[int, list[Occurrence]]:
    """Incidents as the closing listed them: what was recorded or decided since is left out.

    Those that it did not list, since their rule was off or not for the position, are taken as they
    are now, unless they are still proposals.
    """
    rows = session.execute(
        select(Incident, RuleEntry.state)
        .join(RuleEntry, RuleEntry.incident_id == Incident.id)
        .join(Scorecard, Scorecard.id == RuleEntry.scorecard_id)
        .where(Scorecard.closing_id == closing.id)
        .order_by(Incident.id)
    )
    found: dict[int, list[Occurrence]] = defaultdict(list)
    listed = set()
    for incident, state in rows:
        listed.add(incident.id)
        found[incident.employee_id].append(occurrence(incident, _STATES_THEN[state]))
    for who, each in now.items():
        found[who] += [o for o in each if o.id not in listed and o.state != "proposed"]
    return found


def _decisions_then(session: Session, closing: Closing, then: Policy) -> Decided:
    """What was decided of rules by the close; a decision that was replaced since is told by what
    the closing stored."""
    decided = decisions(session, closing.month, until=closing.closed_at)
    approvals = {who: dict(each) for who, each in decided.approvals.items()}
    rows = session.execute(
        select(Scorecard.employee_id, RuleEntry.rule, RuleEntry.state)
        .join(RuleEntry, RuleEntry.scorecard_id == Scorecard.id)
        .join(
            RuleApproval,
            (RuleApproval.employee_id == Scorecard.employee_id)
            & (RuleApproval.month == Scorecard.month)
            & (RuleApproval.rule == RuleEntry.rule),
        )
        .where(
            Scorecard.closing_id == closing.id,
            RuleEntry.incident_id.is_(None),
            RuleEntry.state.in_(_DECIDED_THEN),
            RuleApproval.decided_at > closing.closed_at,
        )
    )
    for who, code, state in rows:
        if then.rules[code].approval:
            approvals.setdefault(who, {})[code] = _DECIDED_THEN[state]
    return replace(decided, approvals=approvals)


_DECIDED_THEN: Mapping[str, Decision] = {
    "counts": "approved",
    "superseded": "approved",
    "declined": "declined",
}
_STATES_THEN: Mapping[str, OccurrenceState] = {
    "counts": "counts",
    "superseded": "counts",  # the other policy settles groups and cases anew
    "proposed": "proposed",
    "declined": "declined",
    "voided": "voided",
}


def _people_then(
    people: Iterable[Person], sheets: Mapping[int, FactSheet], month: Month
) -> list[Person]:
    """Everybody with the assignments of the closing; who had no fact sheet was not employed."""
    found = []
    for person in people:
        sheet = sheets.get(person.employee_id)
        if sheet is None:
            found.append(replace(person, employed_days=0))
            continue
        first = max(sheet.hire_date, month.first_day)
        last = min(sheet.leave_date or month.last_day, month.last_day)
        found.append(
            replace(
                person,
                team_id=sheet.team_id,
                position=sheet.position,
                supervisor_id=sheet.supervisor_id,
                hire_date=sheet.hire_date,
                leave_date=sheet.leave_date,
                employed_days=(last - first).days + 1,
            )
        )
    return found


def paid(view: CardView | None) -> Decimal:
    """The payout without what is taken off wages."""
    return view.pay.payout - view.pay.wage_deduction if view else Decimal(0)


def _essence(view: CardView | None) -> object:
    """What a scorecard says, without revision and version."""
    if view is None:
        return None
    said = view.as_json()
    return {key: each for key, each in said.items() if key not in ("revision", "policy_version")}
