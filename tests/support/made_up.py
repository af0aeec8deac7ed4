"""Centres and policies out of a random number: small, odd, and valid.

    centre = made_up(seed)         rows of the import files, a policy document, months to close
    centre.write(folder)           the files as a user would import them

They are adversarial rather than believable: people without team or supervisor, joiners on the last
day and leavers on the first, gaps between closed months, values at boundaries, empty ramps,
templates without data, fractional weights.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from factories.policies import default_document
from support.reference import first_of, last_of, later

COLUMNS = {
    "employees": "employee_no name email position team supervisor_no hire_date leave_date "
    "base_wage effective_from",
    "rosters": "employee_no team from to shift break_minutes grace_minutes weekdays "
    "follows_calendar",
    "leave": "employee_no type from to status",
    "overtime": "employee_no from to status",
    "punches": "employee_no timestamp",
    "tickets": "ticket_id agent created_at first_response_at resolved_at reopened satisfaction",
    "metrics": "employee_no month metric value sample_size",
    "complaints": "complaint_no received_at severity employee_no attributable handler_no "
    "contacted_at plan_at escalated_at started_at progress_at closed_at",
    "spotchecks": "employee_no date score checked_by_no",
    "reviews": "month ratee_no rater_no relation competency rating",
    "courses": "course_code name category positions due_days valid_months hours pass_mark metrics",
    "training": "employee_no course_code date mandatory status hours score passed",
    "incidents": "employee_no date rule description recorded_by_no approved_by_no case",
}
LATEST = datetime(2026, 10, 30, 11)  # leaves room before the clock of the tests
POSITIONS = ("agent", "senior", "expert", "lead", "cleaner")  # nobody scores a cleaner
COMPETENCIES = ("attitude", "expertise", "teamwork")
# Metric, better, lowest and highest anchor.
METRICS = (
    ("first_response_minutes", "lower", 0.5, 90),
    ("resolution_rate_48h", "higher", 0.2, 1),
    ("csat", "higher", 0.2, 1),
    ("callback_rate", "higher", 0.2, 1),
    ("complaint_rate", "lower", 0, 0.5),
    ("qa_score", "higher", 20, 100),
    ("review_360", "higher", 0, 100),
    ("attendance_score", "higher", 0, 100),
    ("training_score", "higher", 30, 100),
    ("team_qa_score", "higher", 20, 100),
    ("team_csat", "higher", 0.2, 1),
    ("ideas_adopted", "higher", 0, 6),
)
NAMES = (
    *("csat", "csat_n", "contacts_handled", "complaint_count", "complaint_rate", "qa_score"),
    *("qa_score_n", "review_360", "late_count", "absent_days", "late_minutes", "training_hours"),
    *("mandatory_missed", "mandatory_overdue", "training_score", "ideas_adopted", "team_csat"),
    *("callback_rate", "reopen_rate", "first_response_minutes_median", "worked_days"),
    *("attendance_score", "scheduled_days", "team_late_count", "training_effect", "leave_days"),
)


@dataclass
class Centre:
    """``moves`` are a second file of employees, with ``effective_from``."""

    rows: dict[str, list[dict[str, str]]]
    policy: dict[str, Any]
    months: list[str]
    moves: list[dict[str, str]] = field(default_factory=list)

    def all_rows(self) -> dict[str, Sequence[dict[str, str]]]:
        """As the reference reads them: every column is there."""
        full = {
            kind: [{**dict.fromkeys(columns.split(), ""), **row} for row in self.rows[kind]]
            for kind, columns in COLUMNS.items()
        }
        return {**full, "moves": self.moves}

    def write(self, folder: Path) -> None:
        for kind, columns in COLUMNS.items():
            write_rows(folder / f"{kind}.csv", columns.split(), self.rows[kind])
        if self.moves:
            write_rows(folder / "moves.csv", COLUMNS["employees"].split(), self.moves)


def write_rows(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def made_up(seed: int, *, people: int | None = None, months: int | None = None) -> Centre:
    """The same number gives the same centre."""
    random = Random(seed)
    count = months or random.randint(1, 3)
    start = random.choice(("2024-01", "2026-03", "2025-11", "2026-08")[: 4 if count < 4 else 3])
    listed = [later(start, offset) for offset in range(count)]
    policy = made_up_policy(random)
    made = _Made(random, policy, listed, people or random.randint(3, 8))
    made.everything()
    chosen = list(listed)
    if months is None and count == 3 and random.random() < 0.25:
        del chosen[1]  # a month that nobody closed
    return Centre(made.rows, policy, chosen, made.moves)


# ----------------------------------------------------------------------------------- policy


def made_up_policy(random: Random) -> dict[str, Any]:
    """A valid variation of the default policy."""
    policy = default_document()
    policy["effective_from"] = "2020-01"
    policy["attendance"] = {
        **{k: random.choice((0, 1, 2.5, 30)) for k in ("late", "early_leave", "missing_punch")},
        "absent": random.choice((0, 25, 40)),
        "late_tiers": random.choice(([], [15], [5, 30])),
        "repeat_minutes": random.choice((0, 5)),
    }
    for leave in policy["leave"].values():
        leave["protected"] = random.random() < 0.5
    policy["tickets"] = {
        "clock": random.choice(
            (
                None,
                {"days": "12345", "hours": "09:00-18:00"},
                {"days": "67", "hours": "00:00-24:00"},
            )
        ),
        "response_minutes": random.choice(([], [10], [3, 30])),
        "resolution_hours": random.choice(([48], [], [24, 48])),
    }
    policy["scoring"] = {
        "min_days": random.choice((0, 1, 1, 10, 10, 22.5)),
        "min_coverage": random.choice((0, 0.2, 0.3, 0.6, 1)),
        "adjust_cap": random.choice((0, 2.5, 10, 500)),
        "ramp": random.choice(([], [0.5], [0.7, 0.85, 0.95], [1, 0.01])),
    }
    reviews = policy["reviews"]
    reviews["weights"] = {
        g: random.choice((0, 15, 30, 0.5))
        for g in ("supervisor", "peer", "subordinate", "cross_team")
    }
    reviews["min_raters"] = random.choice((3, 3, 4))
    reviews["carry_months"] = random.randint(0, 3)
    policy["templates"] = _templates(random)
    policy["grades"] = _grades(random)
    keys = [grade["key"] for grade in policy["grades"]]
    policy["pay"] = {
        "bonus_base": {p: random.choice((0, 999.99, 1000)) for p in random.sample(POSITIONS, 3)},
        "ungraded": random.choice(keys),
        "max_bonus_share": random.choice((0, 0.333, 0.5, 1)),
        "wage_deductions": random.random() < 0.6,
        "minimum_wage": random.choice((None, 2500, 4990.5)),
    }
    policy["rules"] = _rules(random, keys)
    policy["awards"] = {}
    for name in ("tickets", "scoring", "reviews", "rules", "awards"):
        if random.random() < 0.12:
            del policy[name]  # every one of them may be left out
    return policy


def _templates(random: Random) -> dict[str, Any]:
    split = random.randint(1, 3)
    owners = [POSITIONS[:split], POSITIONS[split:4]]
    templates = {}
    for index, positions in enumerate(owners):
        if not positions:
            continue
        lines = []
        for metric, better, low, high in random.sample(METRICS, random.randint(1, 6)):
            share = sorted(random.choice((0, 0.1, 0.25, 0.5, 0.8, 1)) for _ in range(3))
            places = sorted({round(low + (high - low) * each, 4) for each in share})
            if len(places) < 2:
                places = [low, high]
            if better == "lower":
                places.reverse()
            line: dict[str, Any] = {
                "metric": metric,
                "weight": random.choice((1, 20, 0.3, 33.3)),
                "floor": places[0],
                "target": places[1],
            }
            if len(places) > 2:
                line["stretch"] = places[2]
            if random.random() < 0.5:
                line["prior"] = random.choice((0, 1, 20, 0.5))
            if random.random() < 0.5:
                line["ramp"] = True
            lines.append(line)
        templates[f"t{index}"] = {
            "zh": "模板",
            "en": "Template",
            "positions": list(positions),
            "team_share": random.choice((0, 0.1, 0.5, 1)),
            "lines": lines,
        }
    return templates


def _grades(random: Random) -> list[dict[str, Any]]:
    count = random.randint(1, 5)
    mins = sorted(random.sample((20, 33.335, 50, 60, 79.5, 90), count - 1), reverse=True)
    return [
        {"key": f"G{place}", "min": low, "zh": "级", "en": "Grade", "coefficient": worth}
        for place, (low, worth) in enumerate(
            zip([*mins, 0], random.sample((1.3, 1.1, 1, 0.7, 0, 0.333), count), strict=True)
        )
    ]


def _condition(random: Random, depth: int = 0) -> str:
    if depth < 2 and random.random() < 0.4:
        left, right = (_condition(random, depth + 1) for _ in range(2))
        joined = f"({left}) {random.choice(('and', 'or'))} ({right})"
        return f"not ({joined})" if random.random() < 0.2 else joined
    name, other = random.choice(NAMES), random.choice(NAMES)
    scale = 1 if name.endswith(("rate", "csat")) else 4
    scale = 100 if name.endswith("score") or name == "review_360" else scale
    left = random.choice((name, name, name, f"{name} * 2 - {name}", f"{name} / {other} * {other}"))
    limit = round(scale * random.choice((0, 0.25, 0.5, 0.9, 1)), 2)
    return f"{left} {random.choice(('<', '<=', '>', '>=', '==', '!='))} {limit}"


def _rules(random: Random, grades: Sequence[str]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for place in range(random.randint(0, 10)):
        kind = random.choice(("reward", "penalty", "penalty"))
        rule: dict[str, Any] = {"category": "conduct", "kind": kind, "zh": "条", "en": "Rule"}
        others = [code for code, other in rules.items() if "repeats" not in other]
        way = random.choice(("when", "when", "incident", "repeats"))
        if way == "repeats" and others:
            grouped = [code for code in others if "group" in rules[code]]
            code, months = random.choice(grouped or others), random.randint(1, 4)
            rule["repeats"] = {"rule": code, "times": random.randint(1, 2), "months": months}
        elif way == "incident":
            rule["incident"] = True
        else:
            rule["when"] = _condition(random)
            rule["streak"] = random.choice((1, 1, 2, 3))
        if not rule.get("incident"):
            rule["approval"] = random.random() < 0.2
        if random.random() < 0.15:
            rule["enabled"] = False
        if random.random() < 0.2:
            rule["positions"] = random.sample(POSITIONS, 2)
        _effects(random, rule, grades)
        if random.random() < 0.4:
            rule["group"], rule["level"] = random.choice("gh"), random.randint(0, 2)
        if random.random() < 0.4:
            name, above = random.choice(NAMES), random.choice((0, 0.5, 1))
            rule["per"] = {"fact": name, "above": above}
            if random.random() < 0.5:
                rule["per"]["max"] = random.choice((0.5, 3))
        rules[f"R{place}"] = rule
    return rules


def _effects(random: Random, rule: dict[str, Any], grades: Sequence[str]) -> None:
    if random.random() < 0.7:
        rule["points"] = random.choice((1, 2.5, 8, 60))
    if rule["kind"] == "reward":
        rule["amount"] = random.choice((0, 100, 33.33))
        return
    rule["bonus_deduction"] = random.choice((0, 50, 1000))
    rule["bonus_share"] = random.choice((0, 0.1, 1))
    rule["wage_deduction"] = random.choice((0, 20, 10000))
    if random.random() < 0.3:
        rule["cap_grade"] = random.choice(grades)
    rule["bars_awards"] = random.choice((0, 1, 3))


# ----------------------------------------------------------------------------------- centre


class _Made:
    """The rows of one centre, kind by kind."""

    def __init__(
        self, random: Random, policy: dict[str, Any], months: list[str], people: int
    ) -> None:
        self.random = random
        self.policy = policy
        self.months = months
        self.first, self.last = first_of(months[0]), last_of(months[-1])
        self.rows: dict[str, list[dict[str, str]]] = {kind: [] for kind in COLUMNS}
        self.moves: list[dict[str, str]] = []
        self.count = people
        self.span: dict[str, tuple[date, date]] = {}

    def everything(self) -> None:
        self._employees()
        self._courses()
        for no in self.span:
            self._attendance(no)
            self._tickets(no)
            self._metrics(no)
            self._checks_and_training(no)
            self._incidents(no)
        self._complaints()
        self._reviews()

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.random.randint(0, (last - first).days))

    def _moment(self, first: date, last: date) -> datetime:
        day = datetime.combine(self._day(first, last), datetime.min.time())
        hour = self.random.choice((0, 8, 9, 9, 12, 17, 18, 20, 23))
        return day + timedelta(hours=hour, minutes=self.random.choice((0, 0, 10, 59, 37)))

    def _employees(self) -> None:
        numbers = [f"P{place:02d}" for place in range(self.count)]
        for place, no in enumerate(numbers):
            hired = self.random.choice(
                (
                    date(2019, 2, 28),
                    self.first - timedelta(days=self.random.randint(1, 200)),
                    self._day(self.first, self.last),
                    last_of(self.random.choice(self.months)),
                    date(2020, 1, 31),
                )
            )
            if place == 0:
                hired = date(2019, 2, 28)  # somebody has to be there
            left = None
            if place and self._chance(0.25):
                month = self.random.choice(self.months)
                left = max(
                    hired, self.random.choice((first_of(month), self._day(hired, self.last)))
                )
            self.span[no] = (hired, left or self.last)
            row = {
                "employee_no": no,
                "name": f"某{place}",
                "email": "",
                "position": self.random.choice((*POSITIONS, "agent", "agent", "lead", "")),
                "team": self.random.choice(("", "客服", "客服/甲", "客服/甲", "客服/乙")),
                "supervisor_no": self.random.choice(("", *numbers[:place])) if place else "",
                "hire_date": hired.isoformat(),
                "leave_date": left.isoformat() if left else "",
                "base_wage": self.random.choice(("", "3000", "5000.5")),
                "effective_from": "",
            }
            self.rows["employees"].append(row)
            if place and self._chance(0.25):
                day = self._day(hired, self.last)
                terms = {
                    "position": self.random.choice(POSITIONS),
                    "team": "客服/乙",
                    "supervisor_no": self.random.choice(numbers[:place]),
                    "base_wage": "4321",
                }
                if day > hired:
                    self.moves.append({**row, **terms, "effective_from": day.isoformat()})

    def _courses(self) -> None:
        metrics = [line["metric"] for t in self.policy["templates"].values() for line in t["lines"]]
        for code in ("K1", "K2"):
            self.rows["courses"].append(
                {
                    "course_code": code,
                    "name": "课",
                    "category": "product knowledge",
                    "positions": ";".join(self.random.sample(POSITIONS, 2)),
                    "due_days": self.random.choice(("", "0", "30")),
                    "valid_months": self.random.choice(("", "1", "12")),
                    "hours": self.random.choice(("", "1.5")),
                    "pass_mark": self.random.choice(("", "60")),
                    "metrics": ";".join({self.random.choice(metrics) for _ in range(2)}),
                }
            )

    def _attendance(self, no: str) -> None:
        if self._chance(0.2):
            return
        start = self.random.choice((date(2019, 1, 1), self.first, self._day(self.first, self.last)))
        shift = self.random.choice(("09:00-18:00", "09:00-18:00", "21:00-06:00", "off"))
        self.rows["rosters"].append(
            {
                "employee_no": no,
                "from": start.isoformat(),
                "shift": shift,
                "break_minutes": "60",
                "grace_minutes": self.random.choice(("0", "5")),
                "weekdays": self.random.choice(("12345", "1234567", "12")),
                "follows_calendar": self.random.choice("01"),
            }
        )
        day = max(self.first, self.span[no][0])
        while day <= min(self.last, self.span[no][1]) and shift != "off":
            begin = datetime.combine(day, datetime.min.time())
            begin += timedelta(hours=int(shift[:2]))
            for offset in (0, 9 * 60):
                if self._chance(0.93):
                    late = self.random.choice((-5, -1, 0, 0, 0, 1, 6, 40)) * (-1 if offset else 1)
                    at = begin + timedelta(minutes=offset + late)
                    row = {"employee_no": no, "timestamp": at.isoformat(" ")}
                    self.rows["punches"].append(row)
            day += timedelta(days=1)
        for kind, share in (("leave", 0.6), ("overtime", 0.4)):
            if self._chance(share):
                at = self._moment(self.first, self.last)
                until = at + timedelta(hours=self.random.choice((1, 4, 9, 80, 400)))
                row = {
                    "employee_no": no,
                    "from": at.isoformat(" "),
                    "to": until.isoformat(" "),
                    "status": self.random.choice(("approved", "approved", "requested")),
                }
                if kind == "leave":
                    row["type"] = self.random.choice(list(self.policy["leave"]))
                self.rows[kind].append(row)

    def _tickets(self, no: str) -> None:
        for place in range(self.random.choice((0, 0, 3, 12, 30))):
            created = self._moment(self.first, self.last)
            wait = timedelta(seconds=self.random.choice((0, 59, 180, 181, 600, 1800, 90000)))
            created = min(created, LATEST)
            solved = timedelta(hours=self.random.choice((1, 24, 48, 49, 60)), seconds=place % 2)
            row = {
                "ticket_id": f"T{no}{place}",
                "agent": no,
                "created_at": created.isoformat(" "),
                "first_response_at": (created + wait).isoformat(" ") if self._chance(0.8) else "",
                "resolved_at": (created + solved).isoformat(" ") if self._chance(0.8) else "",
                "reopened": self.random.choice(("", "0", "1")),
                "satisfaction": self.random.choice(("", "good", "bad", "5", "3", "4", "1")),
            }
            self.rows["tickets"].append(row)

    def _metrics(self, no: str) -> None:
        choices = {
            "callback_rate": ("0.5", "93%", "1"),
            "ideas_adopted": ("0", "2", "7"),
            "contacts_handled": ("0", "40"),
            "csat": ("0.5", "100%"),
            "team_csat": ("0.8",),
            "review_360": ("55.5", "100"),
            "complaint_rate": ("0.1",),
            "scheduled_days": ("20", "0"),
            "first_response_minutes": ("12345678.25", "0"),
            "training_effect": ("1", "-1"),
        }
        for month in self.months:
            for metric, values in choices.items():
                if self._chance(0.12):
                    row = {
                        "employee_no": no,
                        "month": month,
                        "metric": metric,
                        "value": self.random.choice(values),
                        "sample_size": self.random.choice(("", "0", "7", "1000000")),
                    }
                    self.rows["metrics"].append(row)

    def _checks_and_training(self, no: str) -> None:
        first, last = max(self.span[no][0], self.first - timedelta(days=60)), self.span[no][1]
        if first > last:
            return
        checked = {self._day(first, last) for _ in range(self.random.randint(0, 8))}
        for day in sorted(checked):
            score = self.random.choice(("0", "59.5", "88.8", "96", "100"))
            row = {"employee_no": no, "date": day.isoformat(), "score": score}
            row["checked_by_no"] = "P00"
            self.rows["spotchecks"].append(row)
        for code in ("K1", "K2"):
            days = {self._day(first, last) for _ in range(self.random.randint(0, 3))}
            days |= {
                day
                for m in self.months
                if first <= (day := last_of(m)) <= last and self._chance(0.3)
            }
            for day in sorted(days):
                row = {
                    "employee_no": no,
                    "course_code": code,
                    "date": day.isoformat(),
                    "mandatory": self.random.choice("01"),
                    "status": self.random.choice(("attended", "attended", "missed", "excused")),
                    "hours": self.random.choice(("", "2.25")),
                    "score": self.random.choice(("", "59", "60", "91.5")),
                    "passed": self.random.choice(("", "", "1", "0")),
                }
                self.rows["training"].append(row)

    def _incidents(self, no: str) -> None:
        first, last = max(self.span[no][0], self.first), self.span[no][1]
        rules = self.policy.get("rules", {})
        codes = [code for code, rule in rules.items() if rule.get("incident")]
        if first > last:
            return
        for code in codes:
            for place in range(self.random.choice((0, 0, 1, 2))):
                row = {
                    "employee_no": no,
                    "date": self._day(first, last).isoformat(),
                    "rule": code,
                    "description": f"事{place}",
                    "recorded_by_no": "",
                    "approved_by_no": "P00" if no != "P00" and self._chance(0.8) else "",
                    "case": self.random.choice(("", "C1", "C1")),
                }
                self.rows["incidents"].append(row)

    def _complaints(self) -> None:
        numbers = list(self.span)
        for place in range(self.random.randint(0, 12)):
            received = self._moment(self.first, self.last)
            row = {
                "complaint_no": f"C{place}",
                "received_at": received.isoformat(" "),
                "severity": self.random.choice(("ordinary", "major")),
                "employee_no": self.random.choice(("", *numbers)),
                "attributable": self.random.choice(("", "0", "1", "1")),
                "handler_no": self.random.choice(("", *numbers)),
            }
            for name in ("contacted_at", "plan_at", "escalated_at", "started_at", "progress_at"):
                if self._chance(0.9):
                    hours = self.random.choice((0, 1, 2, 4, 24))
                    late = timedelta(hours=hours, seconds=self.random.choice((0, 0, 1)))
                    row[name] = (received + late).isoformat(" ")
            self.rows["complaints"].append(row)

    def _reviews(self) -> None:
        if "reviews" not in self.policy:
            return  # no competency is known
        numbers = list(self.span)
        relations = ("supervisor", "peer", "peer", "subordinate", "cross_team")
        for month in self.months:
            if self._chance(0.5):
                continue  # a quarterly round, say
            for ratee in numbers:
                for rater in numbers:
                    if self._chance(0.25):
                        continue
                    relation = "self" if rater == ratee else self.random.choice(relations)
                    for competency in COMPETENCIES[: self.random.randint(1, 3)]:
                        self.rows["reviews"].append(
                            {
                                "month": month,
                                "ratee_no": ratee,
                                "rater_no": rater,
                                "relation": relation,
                                "competency": competency,
                                "rating": self.random.choice("1345"),
                            }
                        )
