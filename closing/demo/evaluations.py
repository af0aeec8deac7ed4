"""Feedback, running notes and submitted evaluations of the demo centre, through the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from closing.demo.people import Person
from closing.demo.rows import stream
from core.actor import Actor
from core.clock import Now
from core.values import Month
from evaluations.monthly import services, writing
from staff.models import Employee

STRENGTHS = (
    "接待节奏稳，客户情绪激动时也能先安抚再解决。",
    "解决率稳步提升，疑难工单主动跟进到底。",
    "回访及时，记录完整，交接清楚。",
)
IMPROVE = (
    "首次响应高峰时段偏慢，注意先回一句再查资料。",
    "结束语和回访约定有时遗漏，按清单自查。",
    "涉及退款的工单要先核对规则再答复。",
)
NEXT = (
    "下月参加话术演练两次，由带教老师旁听并反馈。",
    "每周抽三通录音自评，周五与主管对一次。",
    "高峰时段使用快捷回复，月底复盘响应时长。",
)
NOTES = (
    ("good", "主动留下帮同事处理积压工单。"),
    ("good", "客户来信点名表扬，态度耐心。"),
    ("bad", "有一单承诺回电未回，已提醒。"),
    ("good", "整理了常见退换货问答，组内共享。"),
    ("bad", "午间高峰离席较久，已沟通。"),
)


def evaluate(
    session: Session, people: Sequence[Person], month: Month, now: Now, *, seed: int, last: bool
) -> None:
    """What supervisors write about ``month``; of the last one half is still to be submitted."""
    rows = session.execute(select(Employee.employee_no, Employee.id))
    ids: dict[str, int] = dict(rows.all())
    teams: dict[str, list[Person]] = {}
    for person in people:
        there = person.hire <= month.first_day and (
            person.leave is None or person.leave > month.last_day
        )
        if person.supervisor in ids and there:
            teams.setdefault(person.supervisor, []).append(person)
    for leader, team in sorted(teams.items()):
        actor = Actor(leader, ids[leader])
        rng = stream(seed, "evaluations", leader, month)
        chosen = rng.sample(team, min(3, len(team)))
        for person in chosen:
            kind, text = rng.choice(NOTES)
            writing.add_note(
                session,
                actor=actor,
                now=now,
                employee_id=ids[person.no],
                day=month.first_day + timedelta(days=rng.randrange(27)),
                kind=kind,
                text=text,
                shared=rng.random() < 0.4,
            )
            writing.write_feedback(
                session,
                actor=actor,
                now=now,
                month=month,
                employee_id=ids[person.no],
                parts={
                    "strengths": (rng.choice(STRENGTHS), ""),
                    "improve": (rng.choice(IMPROVE), ""),
                    "next_step": (rng.choice(NEXT), ""),
                },
            )
        done = chosen if last else team
        services.submit(
            session, actor=actor, now=now, month=month, people={ids[each.no] for each in done}
        )
