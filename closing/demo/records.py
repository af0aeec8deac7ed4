"""A checklist, spot checks made by it, and complaints somebody is working on, in the open month."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.demo.people import Person
from closing.demo.rows import stream
from core.actor import Actor
from core.clock import Now
from core.values import Month
from evaluations.checks.checklists import items_of, write_checklist
from evaluations.checks.models import ChecklistVersion
from evaluations.checks.scoring import Item
from evaluations.checks.services import Answers, enter_check
from evaluations.complaints import services
from evaluations.complaints.deciding import decide_responsibility, establish_cause
from evaluations.complaints.services import Described
from evaluations.complaints.steps import take_step
from evaluations.models import Complaint, SpotCheck
from staff.models import Employee

CHECKLIST = "电话服务质检表"
ITEMS = (
    Item("服务礼仪", "三声内接听并报出公司名与姓名", weight=10),
    Item("服务礼仪", "全程使用礼貌用语，语速适中", weight=10, evidence=True),
    Item("倾听与沟通", "耐心倾听，不打断客户", weight=15, evidence=True),
    Item("倾听与沟通", "复述并确认客户的诉求", weight=10),
    Item("业务准确", "解答准确完整，不作超出权限的承诺", weight=20, evidence=True),
    Item("业务准确", "查询前按规定核对客户身份", weight=10, may_skip=True),
    Item("记录与收尾", "工单记录完整，分类正确", weight=15),
    Item("记录与收尾", "约定回访并说明时间", weight=10, may_skip=True),
    Item("红线", "不泄露客户个人信息", "fatal", 0, may_skip=False, evidence=True),
    Item("红线", "不辱骂、不讽刺客户，不擅自挂断", "fatal", 0, evidence=True),
    Item("加分", "获得客户主动表扬", "bonus", 5, evidence=True),
)
REMARK = "录音03:12处，见质检评语。"
COMMENTS = (
    "开场规范，确认诉求可以更早。",
    "解答准确；结束前请再问一句是否还有疑问。",
    "记录完整。",
)
DAYS = (26, 27, 28)
WRITTEN = timedelta(hours=19)


def records(
    session: Session,
    *,
    seed: int,
    month: Month,
    people: Sequence[Person],
    at: Callable[[Month, timedelta], Now],
) -> None:
    """``at`` gives a moment after the last day of ``month`` began."""
    ids: dict[str, int] = dict(session.execute(select(Employee.employee_no, Employee.id)).all())
    officer = next(person.no for person in people if person.position == "hr")
    hr = Actor(officer, ids[officer])
    version = write_checklist(
        session,
        actor=hr,
        now=at(month, timedelta(days=-20)),
        name=CHECKLIST,
        items=ITEMS,
    )
    struggler = next((person for person in people if person.story == "struggler"), None)
    leader = struggler.supervisor if struggler else None
    if leader is None:
        return
    team = [
        person
        for person in people
        if person.supervisor == leader and person.leave is None and person.hire <= month.first_day
    ][:4]
    supervisor = Actor(leader, ids[leader])
    for person in team:
        _check(session, supervisor, version, ids[person.no], month, seed, at)
    if len(team) > 1:
        desk = _Desk(session, supervisor, hr, month, at)
        _complaints(desk, [ids[person.no] for person in team])


def _check(
    session: Session,
    actor: Actor,
    version: ChecklistVersion,
    who: int,
    month: Month,
    seed: int,
    at: Callable[[Month, timedelta], Now],
) -> None:
    """On the first of some days on which the supervisor has not checked the person already."""
    rng = stream(seed, "sheets", who, month)
    taken = set(
        session.scalars(
            select(SpotCheck.day).where(
                SpotCheck.employee_id == who, SpotCheck.checked_by_id == actor.employee_id
            )
        )
    )
    day = next(each for each in (month.days()[at_] for at_ in DAYS) if each not in taken)
    given, remarks = {}, {}
    for place, item in enumerate(items_of(version)):
        fine = rng.random() < (0.2 if item.kind == "bonus" else 0.82)
        answer = "yes" if fine or item.kind == "fatal" else "no"
        if answer == "no" and item.kind == "scored":
            answer = "na" if item.may_skip else rng.choice(("partly", "partly", "no"))
        given[place] = answer
        if item.asks_evidence(answer):
            remarks[place] = REMARK
    enter_check(
        session,
        actor=actor,
        now=at(month, WRITTEN),
        employee_id=who,
        day=day,
        version_id=version.id,
        answers=Answers(
            given, remarks, rng.choice(COMMENTS), "", f"录音 {day:%Y%m%d}-{rng.randrange(100, 999)}"
        ),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who enters and who works on complaints; hours count from the midnight of the last day."""

    session: Session
    supervisor: Actor
    hr: Actor
    month: Month
    at: Callable[[Month, timedelta], Now]

    def when(self, hours: float) -> Now:
        return self.at(self.month, timedelta(hours=hours))

    def enter(self, hours: float, channel: str, who: int | None, about: Described) -> Complaint:
        last = datetime.combine(self.month.last_day, time())
        return services.enter_complaint(
            self.session,
            actor=self.supervisor,
            now=self.when(hours + 1 / 12),
            received=last + timedelta(hours=hours),
            channel=channel,
            employee_id=who,
            about=about,
        )

    def step(self, made: Complaint, name: str, hours: float) -> None:
        take_step(
            self.session, actor=self.hr, now=self.when(hours), complaint_id=made.id, step=name
        )


SLOW = "在线咨询等待四十分钟无人应答。"
RUDE = "客户称坐席不耐烦，打断其说明。"
FIRE = "充电器使用中冒烟，客户要求赔偿并召回。"


def _complaints(desk: _Desk, team: Sequence[int]) -> None:
    """One decided and closed, one whose cause is known, a major one under way, one just in."""
    handler = team[-1]
    _closed(desk, team[0], Described("service", "slow_response", "ordinary", handler, SLOW))
    rude = Described("service", "attitude", "ordinary", handler, RUDE)
    waiting = desk.enter(-32, "TEL", team[1], rude)
    desk.step(waiting, "contacted_at", -31.5)
    desk.step(waiting, "plan_at", -14)
    _establish(desk.session, desk.supervisor, waiting, desk.when(-12), "坐席两次打断客户。")
    fire = Described("product", "defect", "major", handler, FIRE, "订单 88213")
    desk.step(desk.enter(14, "TEL", None, fire), "escalated_at", 14.5)
    bill = Described("other", "billing", "ordinary", None, "同一订单扣款两次。", "", True)
    desk.enter(18, "APP", None, bill)


def _closed(desk: _Desk, who: int, about: Described) -> None:
    made = desk.enter(-62, "CHAT", who, about)
    desk.step(made, "contacted_at", -61)
    desk.step(made, "plan_at", -55)
    _establish(desk.session, desk.supervisor, made, desk.when(-53), "排班缺口，无人值守。")
    decide_responsibility(
        desk.session,
        actor=desk.hr,
        now=desk.when(-38),
        complaint_id=made.id,
        seen=4,
        employee_id=None,
        attributable=False,
        reason="当班人数不足，不是个人原因。",
    )
    desk.step(made, "closed_at", -37)


def _establish(session: Session, actor: Actor, made: Complaint, now: Now, cause: str) -> None:
    establish_cause(
        session,
        actor=actor,
        now=now,
        complaint_id=made.id,
        seen=3,
        cause=cause,
        evidence="录音与排班表已存档，班组长已核对。",
    )
