"""Loading the demo centre: by the imports that users have, every month but the last closed.

All of it belongs to one transaction, so that a demo that is broken off leaves nothing behind.
The moments that it writes down are those of the story, so that the same seed gives the same data;
only the entry ``demo.created`` of the audit trail tells the real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing import services
from closing.demo.appeals import answers
from closing.demo.awards import awards
from closing.demo.calibrating import calibrate
from closing.demo.centre import Centre, centre
from closing.demo.drafts import draft
from closing.demo.evaluations import evaluate
from closing.demo.faces import SignIn, faces
from closing.demo.procedures import procedures
from closing.demo.records import records
from closing.demo.requests import ask
from closing.demo.rounds import running_round
from closing.demo.rows import Rows
from closing.imports.services import import_file
from core import audit
from core.actor import Actor
from core.clock import Now
from core.errors import N_, Conflict, Refused
from core.files.writing import write_csv
from core.models import AuditEntry, MonthState
from core.permissions import Role
from core.values import Month
from staff.accounts import factor, passwords
from staff.accounts.services import create_account, find
from staff.attendance.calendar import official_calendar
from staff.attendance.services import refresh_days
from staff.models import Employee

CREATED = "demo.created"
PASSWORD = "pingyou-demo"
LAST_MONTH = Month(2026, 10)
# The files of a month come in on the fifth of the next, and it is closed an hour later.
COLLECTED = timedelta(days=5, hours=9)
CLOSED = timedelta(days=5, hours=10)


@dataclass(frozen=True, slots=True)
class Size:
    """What is asked for: people, months, the seed, and the last month, which stays open."""

    staff: int = 60
    months: int = 6
    seed: int = 1
    until: Month = LAST_MONTH


@dataclass(frozen=True, slots=True)
class Telling:
    """How the story is written down: who acts, the zone of its clock, and where files may lie.

    ``step`` is called with every month before it is imported and closed.
    """

    actor: Actor
    now: Now
    zone: str
    seal: Callable[[str], str]
    folder: Path
    step: Callable[[Month], None]


def is_empty(session: Session) -> bool:
    return session.scalar(select(Employee.id).limit(1)) is None


def create_demo(session: Session, size: Size, telling: Telling) -> list[SignIn]:
    """Fill an empty database; the sign-ins. Raises ``Conflict`` where there are people already,
    ``Refused`` where the policy in force is not made for it.
    """
    if not is_empty(session):
        raise Conflict(N_("There are employees already: the demo fills an empty database only."))
    first = size.until.plus(1 - size.months)
    for month in (first, size.until):
        services.required_policy(session, month)
    years = range(first.year, size.until.year + 1)
    made = centre(size.seed, size.staff, size.months, size.until, official_calendar(years).days)
    for month in made.months:
        telling.step(month)
        for kind, rows in made.files[month].items():
            if rows:
                _import(session, telling, month, kind, rows)
        if month in made.months[-2:]:
            _evaluated(session, size, telling, made, month)
        if month != made.months[-1]:
            _close(session, telling, month)
    refresh_days(session, services.sections_of(session))
    _requests(session, telling, made)
    _answers(session, size, telling, made)
    _procedures(session, telling, made)
    _records(session, size, telling, made)
    _awards(session, telling, made)
    sign_ins = _accounts(session, telling, made)
    _round(session, telling, size)
    _draft(session, telling, made)
    factor.switch_off(session, actor=telling.actor, now=telling.now)
    audit.record(
        session,
        actor=telling.actor,
        at=telling.now.moment,
        action=CREATED,
        subject="demo",
        after={
            "staff": size.staff,
            "seed": size.seed,
            "months": [str(month) for month in made.months],
            "sign_ins": [asdict(each) for each in sign_ins],
        },
    )
    return sign_ins


def _requests(session: Session, telling: Telling, made: Centre) -> None:
    """What people ask for at the end of the open month."""
    month = made.months[-1]
    ask(
        session,
        month=month,
        people=made.people,
        types=services.required_policy(session, month).policy.leave,
        at=lambda of, after: _moment(telling, of, after),
    )
    refresh_days(session, services.sections_of(session))
    audit.write(session)


def _answers(session: Session, size: Size, telling: Telling, made: Centre) -> None:
    """What is said to the newest results that are published."""
    if len(made.months) > 1:
        month = made.months[-2]
        answers(
            session,
            seed=size.seed,
            month=month,
            people=made.people,
            officer=next(person for person in made.people if person.position == "hr"),
            at=lambda after: _moment(telling, month, CLOSED + after),
        )
        audit.write(session)


def _procedures(session: Session, telling: Telling, made: Centre) -> None:
    """What is done about incidents of the open month, and about rules of the one before it."""
    if len(made.months) > 1:
        month = made.months[-1]
        procedures(
            session,
            month=month,
            people=made.people,
            rules=services.required_policy(session, month).policy.rules,
            at=lambda of, after: _moment(telling, of, after),
        )
        audit.write(session)


def _awards(session: Session, telling: Telling, made: Centre) -> None:
    """Who won in the closed months, and what is announced when the demo is made."""
    if len(made.months) > 1:
        awards(
            session,
            months=made.months[:-1],
            people=made.people,
            policy=services.required_policy(session, made.months[-2]).policy.awards,
            at=lambda of, after: _moment(telling, of, after),
            now=telling.now,
        )
        audit.write(session)


def _records(session: Session, size: Size, telling: Telling, made: Centre) -> None:
    """What is checked and complained about at the end of the open month."""
    records(
        session,
        seed=size.seed,
        month=made.months[-1],
        people=made.people,
        at=lambda of, after: _moment(telling, of, after),
    )
    audit.write(session)


def _round(session: Session, telling: Telling, size: Size) -> None:
    """The quarter's 360° round runs, whenever the demo is made: of the month after its last."""
    month = size.until.plus(1)
    running_round(
        session,
        actor=telling.actor,
        now=telling.now,
        month=month,
        policy=services.required_policy(session, month).policy,
        seed=size.seed,
    )


def _draft(session: Session, telling: Telling, made: Centre) -> None:
    """What HR writes after the newest close."""
    draft(
        session,
        actor=telling.actor,
        first=made.months[0],
        officer=next(person for person in made.people if person.position == "hr"),
        begun=_moment(telling, made.months[-1], timedelta(days=6, hours=10)),
        saved=_moment(telling, made.months[-1], timedelta(days=6, hours=11)),
    )
    audit.write(session)


def _moment(telling: Telling, month: Month, after: timedelta) -> Now:
    """So long after the end of the month, on the organisation's clock and in UTC."""
    wall = datetime.combine(month.last_day, time()) + after
    zone = ZoneInfo(telling.zone)
    return Now(wall.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")), wall)


def _import(session: Session, telling: Telling, month: Month, kind: str, rows: Rows) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    path = telling.folder / f"demo-{month}-{kind}.csv"
    path.write_bytes(write_csv(columns, ([row.get(name) for name in columns] for row in rows)))
    then = _moment(telling, month, COLLECTED)
    report = import_file(
        session,
        kind=kind,
        path=path,
        clock=then.wall,
        seal=telling.seal,
        actor=telling.actor,
        now=then.moment,
    )
    path.unlink()
    if report.refused:
        problem = report.problems[0]
        raise Refused(
            N_("The demo needs the default policy: %(kind)s, row %(row)s: %(reason)s"),
            kind=kind,
            row=problem.row,
            reason=str(problem.message),
        )
    audit.write(session)


def _evaluated(session: Session, size: Size, telling: Telling, made: Centre, month: Month) -> None:
    """What supervisors wrote about the newest months; of the open one not all have handed in."""
    now = _moment(telling, month, COLLECTED)
    last = month == made.months[-1]
    evaluate(session, made.people, month, now, seed=size.seed, last=last)
    if last:
        officer = next(person for person in made.people if person.position == "hr")
        calibrate(session, month, now, officer=officer)
    audit.write(session)


def _close(session: Session, telling: Telling, month: Month) -> None:
    """Closed and published, as HR does it at the beginning of the next month."""
    then = _moment(telling, month, CLOSED).moment
    services.close_month(session, actor=telling.actor, now=then, month=month, seal=telling.seal)
    # As closing.publishing does, but without a letter to everybody for each month.
    session.get_one(MonthState, month).published_at = then
    audit.record(
        session,
        actor=telling.actor,
        at=then,
        action="results.published",
        subject=f"month:{month}",
    )
    session.flush()
    audit.write(session)
    session.expunge_all()


def _accounts(session: Session, telling: Telling, made: Centre) -> list[SignIn]:
    sign_ins = [
        SignIn(role, person.no, person.name, shows) for role, person, shows in faces(made.people)
    ]
    for each in sign_ins:
        employee = session.scalar(select(Employee.id).where(Employee.employee_no == each.login))
        _account(session, telling, employee_id=employee)
    _account(session, telling, login="demo", role=Role.ADMINISTRATOR)
    _account(session, telling, login="auditor", role=Role.AUDITOR)
    return [
        *sign_ins,
        SignIn("administrator", "demo", "—", N_("accounts and roles; no scores")),
        SignIn("auditor", "auditor", "—", N_("closed months and the audit trail")),
    ]


def _account(
    session: Session,
    telling: Telling,
    *,
    employee_id: int | None = None,
    login: str | None = None,
    role: Role | None = None,
) -> None:
    create_account(
        session,
        actor=telling.actor,
        now=telling.now,
        employee_id=employee_id,
        login=login,
        password=PASSWORD,
        must_change=False,
        roles=[role] if role else [],
    )


def sign_ins(session: Session) -> list[SignIn]:
    """The demo's sign-ins that still have the demo's password; none where there is no demo."""
    entry = session.scalar(
        select(AuditEntry).where(AuditEntry.action == CREATED).order_by(AuditEntry.id.desc())
    )
    if entry is None or entry.payload is None:
        return []
    told = [SignIn(**each) for each in json.loads(entry.payload)["after"]["sign_ins"]]
    return [each for each in told if _still_open(session, each.login)]


def _still_open(session: Session, login: str) -> bool:
    account = find(session, login)
    return (
        account is not None
        and account.active
        and passwords.hasher().verify(account.password_hash, PASSWORD)
    )
