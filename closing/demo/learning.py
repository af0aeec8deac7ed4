"""Courses and training of the demo centre."""

from __future__ import annotations

import random
from datetime import date, timedelta

from closing.demo.people import Person
from closing.demo.rows import Row, Rows, between, stream
from closing.demo.scene import Scene
from closing.demo.tickets import scaled
from core.values import Month

MISSED = 0.018
TRAINING = (60.0, 90.0, 100.0)
EVERYBODY = (
    "presales_agent;senior_presales_agent;agent;senior_agent;technical_support;supervisor;manager"
)
VALID = 12  # months for which the confidentiality course holds


def courses() -> Rows:
    """``COMM`` and ``QUAL`` name what they are meant to raise; the regular ones name nothing."""
    return [
        _course("CONF", "信息安全与保密", "confidentiality", EVERYBODY, 30, VALID, 2, 60, ""),
        _course("ONB", "新员工入职培训", "communication", EVERYBODY, 30, None, 8, 60, ""),
        _course("PROD", "产品与流程更新", "product", "", None, None, 1.5, 60, ""),
        _course("COMM", "沟通与投诉处理", "communication", "", None, None, 6, 60, "csat"),
        _course("QUAL", "服务礼仪与质检标准", "etiquette", "", None, None, 4, 60, "qa_score"),
    ]


def _course(
    code: str,
    name: str,
    category: str,
    positions: str,
    due_days: int | None,
    valid_months: int | None,
    hours: float,
    pass_mark: int,
    metrics: str,
) -> Row:
    return {
        "course_code": code,
        "name": name,
        "category": category,
        "positions": positions,
        "due_days": due_days,
        "valid_months": valid_months,
        "hours": hours,
        "pass_mark": pass_mark,
        "metrics": metrics,
    }


def history(scene: Scene) -> Rows:
    """What those who were there before the demo begins had passed by then."""
    rows: Rows = []
    opened = scene.months[0].first_day
    for person in scene.people:
        if person.hire >= opened or person.position == "hr":
            continue
        rng = stream(scene.seed, "history", person.no)
        rows.append(_passed(person, "ONB", person.hire + timedelta(days=9), 8, rng))
        rows.append(_passed(person, "CONF", _confidentiality(scene, person), 2, rng))
    return rows


def _confidentiality(scene: Scene, person: Person) -> date:
    """The newest time before the demo, at most eleven months back and after the hire."""
    opened = scene.months[0].first_day
    rng = stream(scene.seed, "confidentiality", person.no)
    first = max(person.hire, scene.months[0].plus(-11).first_day)
    return first + timedelta(days=rng.randrange(max(1, (opened - first).days)))


def _passed(
    person: Person, code: str, day: date, hours: float, rng: random.Random, mandatory: bool = True
) -> Row:
    return {
        "employee_no": person.no,
        "course_code": code,
        "date": day.isoformat(),
        "mandatory": int(mandatory),
        "status": "attended",
        "hours": hours,
        "score": round(between(rng.gauss(86, 6), 65, 100)),
        "passed": 1,
    }


def training(scene: Scene, month: Month) -> Rows:
    """The product session of the month, mandatory courses that fall due, and the stories."""
    rows: Rows = []
    for person in scene.at_work(month):
        days = scene.present(person, month)
        if person.position == "hr" or not scene.scheduled(person, month):
            continue
        rng = stream(scene.seed, "training", person.no, month)
        rows.append(_product(scene, person, month, rng))
        if not days:
            continue
        if person.hire in month:
            rows += [_passed(person, code, days[0], 2, rng) for code in ("ONB", "CONF")]
        elif _falls_due(scene, person, month):
            rows.append(_passed(person, "CONF", rng.choice(days), 2, rng))
        rows += _improving(scene, person, month, days, rng)
    return rows


def _product(scene: Scene, person: Person, month: Month, rng: random.Random) -> Row:
    """Missed without cause now and then; excused where somebody is on leave."""
    days = scene.scheduled(person, month)
    day = days[min(len(days) - 1, 9 + rng.randrange(3))]
    away = scene.away[person.no]
    score = scaled(TRAINING, scene.level(person, month, "training"))
    row: Row = {
        "employee_no": person.no,
        "course_code": "PROD",
        "date": day.isoformat(),
        "mandatory": 1,
        "status": "attended",
        "hours": 1.5,
    }
    if day in away.days or day in away.half:
        return {**row, "status": "excused", "hours": None}
    if rng.random() < (0.25 if person.story == "latecomer" else MISSED):
        return {**row, "status": "missed", "hours": None}
    marks = round(between(rng.gauss(score, 3), 40, 100))
    return {**row, "score": marks, "passed": int(marks >= 60)}


def _falls_due(scene: Scene, person: Person, month: Month) -> bool:
    """Whether the confidentiality course ends in the month after; one person forgets it."""
    if person.story == "overdue" and month < scene.months[-1]:
        return False
    first = scene.months[0]
    taken = Month.of(
        _confidentiality(scene, person) if person.hire < first.first_day else person.hire
    )
    since = month.index - taken.index
    if person.story == "overdue":
        return since >= VALID - 1
    return since > 0 and since % (VALID - 1) == 0


def _improving(
    scene: Scene, person: Person, month: Month, days: list[date], rng: random.Random
) -> Rows:
    """Courses meant to raise a metric: few take them, or nobody would be left to compare with."""
    plan = {"struggler": "training", "plateau": "training", "late_bloomer": "second_training"}
    if person.story not in plan or month != scene.when[plan[person.story]]:
        return []
    course, hours = ("COMM", 6) if person.story == "plateau" else ("QUAL", 4)
    return [_passed(person, course, days[len(days) // 2], hours, rng, mandatory=False)]
