"""What the people of the demo centre say to the newest results: receipts, comments, two appeals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.appeals import receipts, services
from closing.appeals.queries import own_scorecard
from closing.appeals.services import Asked
from closing.demo.people import Person
from closing.demo.rows import stream
from core.actor import Actor
from core.clock import Now
from core.values import Month
from staff.models import Employee

At = Callable[[timedelta], Now]
READ = 0.7  # of those who were published to
# What is said, by kind of record.
WORDS = {
    "check": ("这通电话里客户先挂断，录音可以核对，扣分项不成立。", "请复听录音后更正得分"),
    "day": ("当天地铁停运，已在群里向主管报备。", "请免记这次异常"),
    "metric": ("当月有系统故障工单计入我的名下。", "请剔除后重算"),
    "incident": ("事发时我在处理客户加急工单，有聊天记录。", "请撤销这条记录"),
    "rule": ("触发时的数据已申请更正。", "请一并撤销"),
}
COMMENT = "培训后第一次月结，感谢组长带教，下月继续改进响应时间。"


def answers(
    session: Session, *, seed: int, month: Month, people: Sequence[Person], officer: Person, at: At
) -> None:
    """``at`` gives the moment so long after publication."""
    ids: dict[str, int] = dict(session.execute(select(Employee.employee_no, Employee.id)).all())
    cards = {
        person.no: card
        for person in people
        if (card := own_scorecard(session, ids[person.no], month)) is not None
    }
    rng = stream(seed, "receipts", month)
    for person in people:
        if person.no in cards and person.story != "star" and rng.random() < READ:
            receipts.acknowledge(
                session,
                actor=Actor(person.no, ids[person.no]),
                now=at(timedelta(hours=rng.randint(1, 30))).moment,
                scorecard_id=cards[person.no],
                comment=COMMENT if person.story == "struggler" else "",
            )
    told = 0
    for person in sorted(people, key=lambda each: (each.story != "struggler", each.no)):
        if person.no not in cards or not person.queue or person.story == "star" or told == 2:
            continue
        actor = Actor(person.no, ids[person.no])
        lodged = _lodge(session, actor, at, cards[person.no], hr=[ids[officer.no]])
        if lodged is None:
            continue
        told += 1
        _comment(session, person, ids, at, lodged)
        if told == 1:
            _decide(session, Actor(officer.no, ids[officer.no]), at, lodged)


def _lodge(session: Session, actor: Actor, at: At, card: int, hr: list[int]) -> int | None:
    """Against a spot check and one more record, where there are both."""
    found = services.appealable(session, card)[1]
    checks = [record for record in found if record.record == "check"]
    others = [record for record in found if record.record in ("day", "incident")]
    others = others or [record for record in found if record.record == "metric"]
    if not checks or not others:
        return None
    lines = [Asked(record.name, *WORDS[record.record]) for record in (checks[0], others[0])]
    now = at(timedelta(days=1, hours=2))
    return services.lodge(session, actor=actor, now=now, scorecard_id=card, lines=lines, hr=hr).id


def _comment(session: Session, person: Person, ids: dict[str, int], at: At, appeal_id: int) -> None:
    if person.supervisor is None:
        return
    services.comment(
        session,
        actor=Actor(person.supervisor, ids[person.supervisor]),
        now=at(timedelta(days=2)),
        appeal_id=appeal_id,
        text="录音我已复听，客户确实先挂断；其余请人力核实。",
    )


def _decide(session: Session, actor: Actor, at: At, appeal_id: int) -> None:
    """The spot check is given another score, the rest stays as it is."""
    for line in services.lines_of(session, appeal_id):
        change: dict[str, Any] | None = None
        if line.record == "check":
            change = {"score": min(100.0, line.was["score"] + 8)}
        services.decide_line(
            session,
            actor=actor,
            now=at(timedelta(days=4)),
            line_id=line.id,
            decision="accepted" if change else "declined",
            reason="经复听录音，扣分项不成立。" if change else "与原始记录核对一致，未见相反凭证。",
            change=change,
        )
