"""Complaints, spot checks and the metrics of the monthly evaluation."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

from closing.demo.attendance import weeks
from closing.demo.people import Person
from closing.demo.rows import Row, Rows, at, between, happenings, stream
from closing.demo.scene import Scene
from closing.demo.tickets import scaled
from core.values import Month

IN_TIME = 0.975
HOUR = 3600
SETTLED = 72 * HOUR
COMMENTS = (
    "用语规范，耐心倾听",
    "记录完整，解答准确",
    "结束语可以更完整",
    "打断客户一次，已提醒",
    "查询信息稍慢",
    "情绪安抚到位",
    "确认环节有遗漏",
)
CALLBACKS = (0.50, 0.95, 1.0)
CHECKS = (60.0, 96.0, 100.0)
CHANNELS = ("TEL", "WEB", "APP")
CATEGORIES = ("service", "service", "product", "logistics", "other")


def complaints(scene: Scene, month: Month) -> Rows:
    """Upheld ones by how well somebody does, about as many for which nobody is to blame."""
    found: Rows = []
    for person in scene.agents:
        rng = stream(scene.seed, "complaints", person.no, month)
        days = scene.present(person, month)
        if not days:
            continue
        share = len(days) / 21
        level = scene.level(person, month, "complaints")
        upheld = happenings(rng, share * between(0.40 - 0.0036 * level, 0.02, 0.5))
        others = happenings(rng, share * 0.13)
        major = person.story == "major" and month == scene.when["major"]
        for number in range(max(upheld, int(major)) + others):
            blamed = number < max(upheld, int(major))
            day = _major_day(days) if major and number == 0 else rng.choice(days)
            found.append(_complaint(scene, person, day, blamed, major and number == 0, rng))
    return _numbered(found)


def _major_day(days: list[date]) -> date:
    return days[min(8, len(days) - 1)]


def major_complaint(scene: Scene) -> tuple[Person, date] | None:
    """Whose major complaint was upheld, and when."""
    person = scene.told("major")
    days = scene.present(person, scene.when["major"]) if person else []
    return (person, _major_day(days)) if person and days else None


def _complaint(
    scene: Scene, person: Person, day: date, blamed: bool, major: bool, rng: random.Random
) -> Row:
    """Handled by a colleague of the same team."""
    team = [other for other in scene.agents if other.team == person.team and other.employed(day)]
    received = person.start * 60 + rng.randrange(8 * HOUR)

    def after(limit: float) -> str:
        """Mostly well inside the limit, sometimes past it."""
        met = rng.random() < IN_TIME
        share = between(rng.gauss(0.45, 0.18), 0.03, 0.97) if met else 1.1 + rng.random()
        return at(day, received + share * limit * HOUR)

    row: Row = {
        "received_at": at(day, received),
        "channel": rng.choice(CHANNELS),
        "category": rng.choice(CATEGORIES),
        "severity": "major" if major else "ordinary",
        "employee_no": person.no,
        "attributable": int(blamed),
        "handler_no": rng.choice(team).no,
    }
    if major:
        row |= {"escalated_at": after(1), "started_at": after(4), "progress_at": after(24)}
    else:
        row |= {"contacted_at": after(2), "plan_at": after(24)}
    row["closed_at"] = at(day, received + SETTLED)
    return row


def _numbered(rows: Rows) -> Rows:
    """Date, channel and a serial number of the day."""
    serials: Counter[str] = Counter()
    numbered: Rows = []
    for row in sorted(rows, key=lambda row: (str(row["received_at"]), str(row["employee_no"]))):
        stem = f"{str(row['received_at'])[:10].replace('-', '')}-{row['channel']}"
        serials[stem] += 1
        numbered.append({"complaint_no": f"{stem}-{serials[stem]:03d}", **row})
    return numbered


def spot_checks(scene: Scene, month: Month) -> Rows:
    """One of every agent in every week at work, by the supervisor."""
    rows: Rows = []
    for person in scene.agents:
        rng = stream(scene.seed, "checks", person.no, month)
        centre = scaled(CHECKS, scene.level(person, month, "checks"))
        for days in weeks(scene.present(person, month)):
            score = between(rng.gauss(centre, 3), 30, 100)
            rows.append(
                {
                    "employee_no": person.no,
                    "date": rng.choice(days).isoformat(),
                    "score": round(score * 2) / 2,
                    "checked_by_no": person.supervisor,
                    "comment": rng.choice(COMMENTS) if rng.random() < 0.4 else None,
                }
            )
    return rows


def metrics(scene: Scene, month: Month) -> Rows:
    """Follow-ups, ideas, colleagues helped, feedback collected."""
    rows: Rows = []
    for person in scene.agents:
        rng = stream(scene.seed, "metrics", person.no, month)
        if not scene.present(person, month):
            continue
        due = rng.randrange(18, 41)
        rate = scaled(CALLBACKS, scene.level(person, month, "callbacks"))
        made = sum(rng.random() < rate for _ in range(due))
        helpful = between(scene.level(person, month, "helping"), 20, 120)
        entered: list[tuple[str, float, int | None]] = [
            ("callback_rate", round(made / due, 4), due),
            ("assists", happenings(rng, helpful / 40), None),
            ("feedback_collected", happenings(rng, helpful / 14), None),
            ("ideas_adopted", int(rng.random() < helpful / 2500), None),
        ]
        for metric, value, size in entered:
            row = {"employee_no": person.no, "month": str(month), "metric": metric}
            rows.append({**row, "value": value, "sample_size": size})
    return rows
