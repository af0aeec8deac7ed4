"""Incidents and merits of the demo centre: recorded by supervisors, approved by HR."""

from __future__ import annotations

from datetime import date

from closing.demo.people import Person
from closing.demo.quality import major_complaint
from closing.demo.rows import Row, Rows, stream
from closing.demo.scene import Scene
from core.values import Month

# Rule, what is written, how often a month in a centre of sixty.
ORDINARY = (
    ("REL-R1", "挽回流失客户，客户来信致谢", 0.9),
    ("CON-P1", "当班时间使用私人手机，经提醒改正", 0.7),
    ("CON-P4", "着装不符合规定", 0.4),
    ("SEC-R1", "发现并上报钓鱼邮件", 0.3),
    ("TEA-P1", "拒绝合理的协作安排，有沟通记录", 0.15),
    ("CON-P2", "与客户争吵并擅自挂断，有录音", 0.12),
)
LEAK = "误将含客户手机号的表格发到外部群，两小时内撤回，影响有限"
MAJOR = "未按流程处理退款，致客户重大投诉"


def incidents(scene: Scene, month: Month) -> Rows:
    """Those of the open month's second half still wait for approval."""
    rows: Rows = []
    agents = [person for person in scene.agents if scene.present(person, month)]
    for rule, words, often in ORDINARY:
        rng = stream(scene.seed, "incidents", rule, month)
        expected = often * len(scene.people) / 60
        count = int(expected) + (rng.random() < expected % 1)
        for person in rng.sample(agents, min(count, len(agents))):
            day = rng.choice(scene.present(person, month))
            rows.append(_incident(scene, person, day, rule, words))
    return rows + _stories(scene, month)


def _incident(
    scene: Scene, person: Person, day: date, rule: str, words: str, case: str | None = None
) -> Row:
    waits = day > scene.months[-1].first_day.replace(day=15)
    return {
        "employee_no": person.no,
        "date": day.isoformat(),
        "rule": rule,
        "description": words,
        "recorded_by_no": person.supervisor,
        "approved_by_no": None if waits else scene.officer.no,
        "case": case,
    }


def _stories(scene: Scene, month: Month) -> Rows:
    """The data leak, and the major complaint with its consequence."""
    rows: Rows = []
    leaker = scene.told("leak")
    if leaker is not None and month == scene.when["leak"]:
        days = scene.present(leaker, month)
        rows += [_incident(scene, leaker, day, "SEC-P2", LEAK, "LEAK-1") for day in days[6:7]]
    major = major_complaint(scene)
    if major is not None and month == scene.when["major"]:
        rows.append(_incident(scene, *major, "QUA-P3", MAJOR, "MAJOR-1"))
    return rows
