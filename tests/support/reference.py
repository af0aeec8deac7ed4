"""A second implementation of docs/scoring.md, to check the first one against.

It is written from the documents alone, in exact fractions, straight from the rows of the import
files, with no thought of speed. Only person-days come from the product: attendance has tests of
its own. One policy holds in all months; the months are closed in their order.
"""

from __future__ import annotations

import ast
import calendar
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from staff.attendance.days import Leave, person_days
from staff.attendance.facts import month_facts
from staff.attendance.policy import AttendanceSection
from staff.attendance.rosters import DayCalendar, RosterEntry, Shift, roster_reaches, shift_on

Rows = Mapping[str, Sequence[Mapping[str, str]]]
Doc = Mapping[str, Any]
HIDDEN = ("peer", "subordinate", "cross_team")
EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Fact:
    value: Fraction
    n: int | None = None
    source: str = "computed"


Sheet = dict[str, Fact]


def number(text: str) -> Fraction:
    text = text.strip()
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def given(value: Any) -> Fraction:
    """A number of the policy, exactly as it is written."""
    return Fraction(repr(value))


def rounded(value: Fraction, places: int) -> Fraction:
    scaled = abs(value) * 10**places
    whole = math.floor(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)


def settled(value: Fraction) -> Fraction:
    return rounded(value, 9)


def money(value: Fraction) -> Fraction:
    return rounded(settled(value), 2)


def as_money(value: Fraction) -> str:
    cents = value * 100
    assert cents.denominator == 1
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(int(cents)) // 100}.{abs(int(cents)) % 100:02d}"


def average(values: Iterable[Fraction]) -> Fraction:
    items = list(values)
    return sum(items, Fraction(0)) / len(items)


def when(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def seconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds())


def yes(text: str) -> bool | None:
    return None if not text else text in ("1", "true", "yes", "是")


def first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_of(month: str) -> date:
    first = first_of(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def later(month: str, months: int) -> str:
    index = int(month[:4]) * 12 + int(month[5:]) - 1 + months
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def same_day_later(day: date, months: int) -> date:
    last = last_of(later(day.isoformat()[:7], months))
    return last.replace(day=min(day.day, last.day))


# ----------------------------------------------------------------------------------- people


@dataclass
class Person:
    no: str
    name: str
    team: str | None
    position: str | None
    supervisor: str | None
    hired: date
    left: date | None
    wage: Fraction | None
    days: int  # employed in the month

    def last_day(self, month: str) -> date:
        return min(self.left or date.max, last_of(month))


def people_of(rows: Rows, month: str) -> dict[str, Person]:
    """Everybody hired by the end of the month, as they stand on its last day or their own."""
    found: dict[str, Person] = {}
    history: dict[str, list[tuple[date, Mapping[str, str]]]] = defaultdict(list)
    base: dict[str, Mapping[str, str]] = {}
    for row in [*rows.get("employees", ()), *rows.get("moves", ())]:
        base[row["employee_no"]] = row
        start = row.get("effective_from") or row["hire_date"]
        history[row["employee_no"]].append((date.fromisoformat(start), row))
    for no, row in sorted(base.items()):
        hired = date.fromisoformat(row["hire_date"])
        left = date.fromisoformat(row["leave_date"]) if row["leave_date"] else None
        first, last = first_of(month), last_of(month)
        if hired > last:
            continue
        on = min(left or last, last)
        terms: Mapping[str, str] = max(
            ((start, each) for start, each in history[no] if start <= on), key=lambda pair: pair[0]
        )[1]
        days = (min(left or last, last) - max(hired, first)).days + 1
        found[no] = Person(
            no=no,
            name=row["name"],
            team=terms["team"] or None,
            position=terms["position"] or None,
            supervisor=terms["supervisor_no"] or None,
            hired=hired,
            left=left,
            wage=number(terms["base_wage"]) if terms["base_wage"] else None,
            days=max(0, days),
        )
    return found


def tenure(hired: date, month: str) -> int:
    """Whole months, counted one by one."""
    months = 0
    while same_day_later(hired, months + 1) <= last_of(month):
        months += 1
    return months


# ------------------------------------------------------------------------------------ facts


def waited(clock: Doc | None, start: datetime, end: datetime) -> Fraction:
    """Minutes of service between two moments, day by day."""
    if clock is None:
        return Fraction(seconds(end) - seconds(start), 60)
    opens, closes = clock["hours"].split("-")
    total = 0
    day = start.date()
    while day <= end.date():
        if str(day.isoweekday()) in str(clock["days"]):
            midnight = datetime.combine(day, datetime.min.time())
            hour, minute = (int(part) for part in opens.split(":"))
            begin = midnight + timedelta(hours=hour, minutes=minute)
            hour, minute = (int(part) for part in closes.split(":"))
            finish = midnight + timedelta(hours=hour, minutes=minute)
            span = min(end, finish) - max(start, begin)
            total += max(0, int(span.total_seconds()))
        day += timedelta(days=1)
    return Fraction(total, 60)


def as_of(rows: Rows) -> datetime | None:
    names = ("created_at", "first_response_at", "resolved_at")
    times = [when(row[name]) for row in rows.get("tickets", ()) for name in names]
    return max((each for each in times if each is not None), default=None)


def ticket_facts(rows: Rows, policy: Doc, month: str) -> dict[str, Sheet]:
    section = policy.get("tickets") or {}
    clock = section.get("clock")
    now = as_of(rows)
    owned: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in rows.get("tickets", ()):
        if row["created_at"][:7] == month:
            owned[row["agent"]].append(row)
    found: dict[str, Sheet] = {}
    for who, tickets in owned.items():
        sheet = found[who] = {"contacts_handled": Fact(Fraction(len(tickets)), None, "tickets")}
        waits = sorted(
            waited(clock, created, first)
            for row in tickets
            if (created := when(row["created_at"])) and (first := when(row["first_response_at"]))
        )
        n = len(waits)
        if n:
            middle = average([waits[(n - 1) // 2], waits[n // 2]])
            sheet["first_response_minutes"] = Fact(average(waits), n, "tickets")
            sheet["first_response_minutes_median"] = Fact(middle, n, "tickets")
            for limit in section.get("response_minutes", ()):
                share = Fraction(sum(wait <= limit for wait in waits), n)
                sheet[f"first_response_{limit}min_rate"] = Fact(share, n, "tickets")
        for hours in section.get("resolution_hours", ()):
            inside = due = 0
            for row in tickets:
                created, solved = when(row["created_at"]), when(row["resolved_at"])
                assert created is not None
                assert now is not None
                end = created + timedelta(hours=hours)
                inside += solved is not None and solved <= end
                due += solved is not None or end <= now
            if due:
                rate = Fraction(inside, due)
                sheet[f"resolution_rate_{hours}h"] = Fact(rate, due, "tickets")
        solved_ones = [row for row in tickets if row["resolved_at"]]
        if solved_ones:
            again = sum(bool(yes(row["reopened"])) for row in solved_ones)
            n = len(solved_ones)
            sheet["reopen_rate"] = Fact(Fraction(again, n), n, "tickets")
        rated = [row["satisfaction"] for row in tickets if row["satisfaction"]]
        if rated:
            good = sum(each in ("good", "4", "5") for each in rated)
            sheet["csat"] = Fact(Fraction(good, len(rated)), len(rated), "tickets")
    return found


def complaint_facts(rows: Rows, month: str) -> dict[str, Sheet]:
    counts: dict[str, int] = defaultdict(int)
    handled: dict[str, list[bool]] = defaultdict(list)
    for row in rows.get("complaints", ()):
        if row["received_at"][:7] != month:
            continue
        if row["employee_no"] and yes(row["attributable"]):
            counts[row["employee_no"]] += 1
        if row["handler_no"]:
            limits = {"contacted_at": 2, "plan_at": 24}
            if row["severity"] == "major":
                limits = {"escalated_at": 1, "started_at": 4, "progress_at": 24}
            received = when(row["received_at"])
            assert received is not None
            inside = [
                (at := when(row[name])) is not None and at <= received + timedelta(hours=hours)
                for name, hours in limits.items()
            ]
            handled[row["handler_no"]].append(all(inside))
    found: dict[str, Sheet] = defaultdict(dict)
    for who, count in counts.items():
        found[who]["complaint_count"] = Fact(Fraction(count))
    for who, each in handled.items():
        found[who]["complaint_sla_rate"] = Fact(Fraction(sum(each), len(each)), len(each))
    return found


def review_facts(rows: Rows, policy: Doc, month: str) -> dict[str, Sheet]:
    section = policy.get("reviews") or {}
    weights = section.get("weights") or {
        "supervisor": 40,
        "peer": 30,
        "subordinate": 15,
        "cross_team": 15,
    }
    least = max(3, section.get("min_raters", 3))
    ratings: dict[tuple[str, str, str], list[Fraction]] = defaultdict(list)
    for row in rows.get("reviews", ()):
        if row["month"] == month:
            key = (row["ratee_no"], row["relation"], row["rater_no"])
            ratings[key].append(number(row["rating"]))
    reviews: dict[str, dict[str, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    for (ratee, relation, _), each in ratings.items():
        reviews[ratee][relation].append((average(each) - 1) / 4 * 100)
    found: dict[str, Sheet] = {}
    for ratee, groups in reviews.items():
        remaining: list[tuple[str, Fraction, list[Fraction]]] = []
        pool: list[Fraction] = []
        pooled = Fraction(0)
        for relation, worth in groups.items():
            if relation == "self":
                continue
            if relation in HIDDEN and len(worth) < least:
                pool += worth
                pooled += given(weights[relation])
            else:
                remaining.append((relation, given(weights[relation]), worth))
        if len(pool) >= least:
            remaining.append(("others", pooled, pool))
        whole = sum((weight for _, weight, _ in remaining), Fraction(0))
        if whole == 0 or {name for name, _, _ in remaining} == {"supervisor"}:
            continue
        value = sum((weight * average(worth) for _, weight, worth in remaining), Fraction(0))
        n = sum(len(worth) for _, _, worth in remaining)
        found[ratee] = {"review_360": Fact(value / whole, n)}
    return found


def spot_facts(rows: Rows, month: str) -> dict[str, Sheet]:
    scores: dict[str, list[Fraction]] = defaultdict(list)
    for row in rows.get("spotchecks", ()):
        if row["date"][:7] == month:
            scores[row["employee_no"]].append(number(row["score"]))
    return {who: {"qa_score": Fact(average(each), len(each))} for who, each in scores.items()}


def passed(row: Mapping[str, str], course: Mapping[str, str]) -> bool:
    if row["status"] != "attended" or yes(row["passed"]) is False:
        return False
    return not (
        row["score"] and course["pass_mark"] and number(row["score"]) < number(course["pass_mark"])
    )


def training_facts(rows: Rows, month: str, person: Person) -> Sheet:
    courses = {row["course_code"]: row for row in rows.get("courses", ())}
    mine = [
        row
        for row in rows.get("training", ())
        if row["employee_no"] == person.no
        and date.fromisoformat(row["date"]) <= person.last_day(month)
    ]
    now = [row for row in mine if row["date"][:7] == month]
    hours = Fraction(0)
    for row in now:
        if row["status"] == "attended":
            text = row["hours"] or courses[row["course_code"]]["hours"]
            hours += number(text) if text else 0
    missed = sum(bool(yes(row["mandatory"])) and row["status"] == "missed" for row in now)
    overdue = 0
    for code, course in courses.items():
        if person.position not in course["positions"].split(";"):
            continue
        done = [
            date.fromisoformat(row["date"])
            for row in mine
            if row["course_code"] == code and passed(row, course)
        ]
        if not done:
            due = person.hired + timedelta(days=int(course["due_days"] or 0))
            overdue += person.last_day(month) > due
        elif course["valid_months"]:
            end = same_day_later(max(done), int(course["valid_months"]))
            overdue += end <= person.last_day(month)
    sheet = {
        "training_hours": Fact(hours),
        "mandatory_missed": Fact(Fraction(missed)),
        "mandatory_overdue": Fact(Fraction(overdue)),
    }
    scores = [number(row["score"]) for row in now if row["score"]]
    if scores:
        sheet["training_score"] = Fact(average(scores), len(scores))
    return sheet


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _entry(row: Mapping[str, str]) -> RosterEntry:
    shift = None
    if row["shift"] != "off":
        start, end = row["shift"].split("-")
        grace, pause = int(row["grace_minutes"] or 0), int(row["break_minutes"] or 60)
        shift = Shift.between(_minutes(start), _minutes(end), pause, grace)
    return RosterEntry(
        start=date.fromisoformat(row["from"]),
        end=date.fromisoformat(row["to"]) if row["to"] else None,
        shift=shift,
        weekdays=frozenset(int(each) for each in row["weekdays"] or "1234567"),
        follows_calendar=bool(yes(row["follows_calendar"])),
    )


def attendance(rows: Rows, policy: Doc, month: str, person: Person, days_off: DayCalendar) -> Sheet:
    """By the product's own pure functions, over weeks more than the month."""
    entries = [_entry(row) for row in rows.get("rosters", ()) if row["employee_no"] == person.no]
    of_team = [
        _entry(row)
        for row in rows.get("rosters", ())
        if person.team and row.get("team") == person.team
    ]
    first, last = first_of(month), last_of(month)
    if not roster_reaches(first, last, entries, of_team):
        return {}
    shifts = {}
    for offset in range(-20, (last - first).days + 21):
        day = first + timedelta(days=offset)
        shift = shift_on(day, entries, of_team, days_off)
        if shift and person.hired <= day <= (person.left or date.max):
            shifts[day] = shift
    numbers = policy["attendance"]
    section = AttendanceSection(**{**numbers, "late_tiers": tuple(numbers["late_tiers"])})
    spans = [
        Leave(
            seconds(datetime.fromisoformat(row["from"])),
            seconds(datetime.fromisoformat(row["to"])),
            bool(policy["leave"][row["type"]]["protected"]),
        )
        for row in rows.get("leave", ())
        if row["employee_no"] == person.no and row["status"] == "approved"
    ]
    overtime = [
        (seconds(datetime.fromisoformat(row["from"])), seconds(datetime.fromisoformat(row["to"])))
        for row in rows.get("overtime", ())
        if row["employee_no"] == person.no and row["status"] == "approved"
    ]
    punches = [
        seconds(datetime.fromisoformat(row["timestamp"]))
        for row in rows.get("punches", ())
        if row["employee_no"] == person.no
    ]
    days = person_days(
        first,
        last,
        shifts=shifts,
        punches=punches,
        leaves=spans,
        overtime=overtime,
        repeat_minutes=section.repeat_minutes,
    )
    facts = month_facts(days, section, rostered=True)
    return {key: Fact(given(fact.value)) for key, fact in facts.items()}


def entered(rows: Rows, month: str) -> dict[str, Sheet]:
    found: dict[str, Sheet] = defaultdict(dict)
    for row in rows.get("metrics", ()):
        if row["month"] == month:
            n = int(row["sample_size"]) if row["sample_size"] else 0
            fact = Fact(number(row["value"]), n or None, "entered")
            found[row["employee_no"]][row["metric"]] = fact
    return found


def below(people: Mapping[str, Person], leader: str) -> list[str]:
    """Direct and indirect reports, whether or not they are still employed."""
    found: list[str] = []
    waiting = [leader]
    while waiting:
        at = waiting.pop()
        for person in people.values():
            if person.supervisor == at and person.no not in (*found, leader):
                found.append(person.no)
                waiting.append(person.no)
    return found


# ------------------------------------------------------------------------------- conditions


def decide(text: str, facts: Mapping[str, Fraction]) -> bool | None:
    """Whether a condition holds; None where it is undecided."""
    try:
        found = _value(ast.parse(text, mode="eval").body, facts)
    except (KeyError, ZeroDivisionError):
        return None
    assert isinstance(found, bool)
    return found


def _value(node: ast.expr, facts: Mapping[str, Fraction]) -> Any:
    if isinstance(node, ast.Constant):
        return given(node.value)
    if isinstance(node, ast.Name):
        return facts[node.id]
    if isinstance(node, ast.BoolOp):
        parts = [_value(part, facts) for part in node.values]
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, facts)
        return (not inner) if isinstance(node.op, ast.Not) else -inner
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, facts), _value(node.right, facts)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        return left * right if isinstance(node.op, ast.Mult) else left / right
    assert isinstance(node, ast.Compare)
    left = settled(_value(node.left, facts))
    right = settled(_value(node.comparators[0], facts))
    (operator,) = node.ops
    return {
        ast.Lt: left < right,
        ast.LtE: left <= right,
        ast.Gt: left > right,
        ast.GtE: left >= right,
        ast.Eq: left == right,
        ast.NotEq: left != right,
    }[type(operator)]


# ------------------------------------------------------------------------------- the months


@dataclass
class Line:
    metric: str
    raw: Fraction | None
    value: Fraction | None
    n: int | None
    source: str | None
    weight: Fraction
    score: Fraction | None


@dataclass
class Card:
    person: Person
    template: str
    facts: Sheet
    ramping: bool
    tenure: int
    lines: list[Line]
    coverage: Fraction
    base: Fraction | None
    status: str = ""
    rules: list[dict[str, Any]] = field(default_factory=list)
    blended: Fraction | None = None
    adjustment: Fraction = Fraction(0)
    total: Fraction | None = None
    grade: str | None = None
    coefficient: Fraction = Fraction(0)
    team_rank: int | None = None
    company_rank: int | None = None
    pay: dict[str, str] = field(default_factory=dict)

    @property
    def competes(self) -> bool:
        return self.status == "complete" and not self.ramping

    def flat(self) -> dict[str, Fraction]:
        values = {key: fact.value for key, fact in self.facts.items()}
        for key, fact in self.facts.items():
            if fact.n is not None:
                values[f"{key}_n"] = Fraction(fact.n)
        return values


Month = dict[str, Card]


class Reference:
    """The months of one centre, closed one after another."""

    def __init__(self, rows: Rows, policy: Doc, days_off: DayCalendar | None = None) -> None:
        self.rows = rows
        self.policy = policy
        self.days_off = days_off or {}
        self.sheets: dict[str, dict[str, Sheet]] = {}
        self.closed: dict[str, Month] = {}

    def close(self, month: str) -> Month:
        people = people_of(self.rows, month)
        sheets = self._sheets(month, people)
        cards = self._scored(month, people, sheets)
        self._training_effect(month, cards, sheets)
        for card in cards.values():
            card.rules = self._rules(month, card)
        self._totals(month, cards)
        self._ranks(cards)
        for card in cards.values():
            card.pay = self._pay(month, card)
        self.sheets[month], self.closed[month] = sheets, cards
        return cards

    # facts

    def _sheets(self, month: str, people: Mapping[str, Person]) -> dict[str, Sheet]:
        computed = [
            ticket_facts(self.rows, self.policy, month),
            complaint_facts(self.rows, month),
            spot_facts(self.rows, month),
            review_facts(self.rows, self.policy, month),
        ]
        typed = entered(self.rows, month)
        sheets: dict[str, Sheet] = {}
        for no, person in people.items():
            if not person.days:
                continue
            sheet: Sheet = {"complaint_count": Fact(Fraction(0))}
            for each in computed:
                sheet |= each.get(no, {})
            sheet |= attendance(self.rows, self.policy, month, person, self.days_off)
            sheet |= training_facts(self.rows, month, person)
            recorded = sheet["complaint_count"].value
            sheet |= typed.get(no, {})
            handled = sheet.get("contacts_handled")
            if "complaint_rate" not in typed.get(no, {}) and handled and handled.value:
                rate = recorded / handled.value
                sheet["complaint_rate"] = Fact(rate, int(handled.value))
            sheets[no] = sheet
        self._carry(month, sheets)
        self._lead(people, sheets)
        return sheets

    def _carry(self, month: str, sheets: Mapping[str, Sheet]) -> None:
        carry = (self.policy.get("reviews") or {}).get("carry_months", 2)
        for no, sheet in sheets.items():
            if "review_360" not in sheet:
                for back in range(1, carry + 1):
                    old = self.sheets.get(later(month, -back), {}).get(no, {}).get("review_360")
                    if old and old.source in ("computed", "entered"):
                        sheet["review_360"] = Fact(old.value, old.n, "carried")
                        break

    def _lead(self, people: Mapping[str, Person], sheets: Mapping[str, Sheet]) -> None:
        own = {no: dict(sheet) for no, sheet in sheets.items()}
        for leader, sheet in sheets.items():
            team = [own[no] for no in below(people, leader) if no in own]
            for key in {key for each in team for key in each}:
                if key == "training_effect" or key.startswith("team_") or f"team_{key}" in sheet:
                    continue
                facts = [each[key] for each in team if key in each]
                sampled = [(fact.value, fact.n) for fact in facts if fact.n]
                if sampled:
                    n = sum(size for _, size in sampled)
                    mean = sum((value * size for value, size in sampled), Fraction(0)) / n
                    sheet[f"team_{key}"] = Fact(mean, n)
                else:
                    sheet[f"team_{key}"] = Fact(average(fact.value for fact in facts))

    # lines

    def _scored(
        self, month: str, people: Mapping[str, Person], sheets: Mapping[str, Sheet]
    ) -> Month:
        scoring = self.policy.get("scoring") or {}
        ramp = scoring.get("ramp") or []
        templates = {
            position: (key, template)
            for key, template in self.policy["templates"].items()
            for position in template["positions"]
        }
        chosen = {
            no: templates[person.position]
            for no, person in people.items()
            if no in sheets and person.position in templates
        }
        cards: Month = {}
        for no, (key, template) in chosen.items():
            months = tenure(people[no].hired, month)
            moved = given(ramp[months]) if months < len(ramp) else None
            same = [sheets[other] for other, (name, _) in chosen.items() if name == key]
            lines = [self._line(line, sheets[no], same, moved) for line in template["lines"]]
            data = [line for line in lines if line.score is not None]
            have = sum((line.weight for line in data), Fraction(0))
            coverage = have / sum((line.weight for line in lines), Fraction(0))
            points = sum((line.weight * (line.score or 0) for line in data), Fraction(0))
            card = Card(
                person=people[no],
                template=key,
                facts=sheets[no],
                ramping=moved is not None,
                tenure=months,
                lines=lines,
                coverage=coverage,
                base=points / have if data else None,
            )
            card.status = "complete"
            if settled(coverage) < settled(given(scoring.get("min_coverage", 0.6))):
                card.status = "incomplete"
            scheduled, leave = (sheets[no].get(k) for k in ("scheduled_days", "leave_days"))
            if scheduled is not None:
                there = scheduled.value - (leave.value if leave else 0)
                if settled(there) < settled(given(scoring.get("min_days", 10))):
                    card.status = "exempt"
            cards[no] = card
        return cards

    def _line(self, line: Doc, sheet: Sheet, same: Sequence[Sheet], moved: Fraction | None) -> Line:
        weight, fact = given(line["weight"]), sheet.get(line["metric"])
        if fact is None:
            return Line(line["metric"], None, None, None, None, weight, None)
        value = fact.value
        k = given(line.get("prior") or 0)
        if k and fact.n:
            sampled = [
                (one.value, one.n) for each in same if (one := each.get(line["metric"])) and one.n
            ]
            size = sum(n for _, n in sampled)
            mean = sum((x * n for x, n in sampled), Fraction(0)) / size
            value = (fact.n * value + k * mean) / (fact.n + k)
        floor, target = given(line["floor"]), given(line["target"])
        stretch = None if line.get("stretch") is None else given(line["stretch"])
        if moved is not None and line.get("ramp"):
            target = floor + (target - floor) * moved
            stretch = None if stretch is None else floor + (stretch - floor) * moved
        up = target > floor
        if value == floor or (value < floor) == up:
            score = Fraction(0)
        elif value != target and (value < target) == up:
            score = 100 * (value - floor) / (target - floor)
        elif stretch is None:
            score = Fraction(100)
        else:
            score = min(Fraction(120), 100 + 20 * (value - target) / (stretch - target))
        return Line(line["metric"], fact.value, value, fact.n, fact.source, weight, score)

    # training

    def _training_effect(self, month: str, cards: Month, sheets: Mapping[str, Sheet]) -> None:
        middle = later(month, -2)
        quartet = [later(month, -4), later(month, -3), later(month, -1), month]
        results = [*(self.closed.get(each) for each in quartet[:3]), cards]
        if any(each is None for each in results):
            return
        courses = {row["course_code"]: row for row in self.rows.get("courses", ())}
        done = [
            (row["employee_no"], row["date"][:7], metric)
            for row in self.rows.get("training", ())
            if passed(row, courses[row["course_code"]])
            for metric in courses[row["course_code"]]["metrics"].split(";")
            if metric
        ]
        recent = [each for each in done if quartet[0] <= each[1] <= month]

        def change(no: str, template: str, metric: str) -> Fraction | None:
            scores = []
            for each in results:
                assert each is not None
                card = each.get(no)
                if card is None or card.template != template or card.ramping:
                    return None
                found = [line.score for line in card.lines if line.metric == metric]
                if not found or found[0] is None:
                    return None
                scores.append(found[0])
            return average(scores[2:]) - average(scores[:2])

        verdicts: dict[str, list[int]] = defaultdict(list)
        for no, in_month, metric in recent:
            if in_month != middle or no not in cards:
                continue
            template = cards[no].template
            own = change(no, template, metric)
            trained = {who for who, _, what in recent if what == metric}
            others = [
                found
                for who in cards
                if who not in trained and (found := change(who, template, metric)) is not None
            ]
            k = len(others)
            if own is None or k < 8:
                continue
            mean = average(others)
            variance = sum(((each - mean) ** 2 for each in others), Fraction(0)) / (k - 1)
            bar = max(5.0, 1.64 * math.sqrt(variance) * math.sqrt(1 + 1 / k))
            moved, limit = settled(own - mean), settled(Fraction(repr(bar)))
            verdicts[no].append(1 if moved >= limit else -1 if moved <= -limit else 0)
        for no, each in verdicts.items():
            sheets[no].setdefault("training_effect", Fact(Fraction(min(each))))

    # rules

    def _rules(self, month: str, card: Card) -> list[dict[str, Any]]:
        rules = {
            code: rule
            for code, rule in (self.policy.get("rules") or {}).items()
            if rule.get("enabled", True)
            and ("positions" not in rule or card.person.position in rule["positions"])
        }
        facts = card.flat()
        entries: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for code, rule in rules.items():
            if rule.get("when"):
                state = self._by_condition(month, card, rule, facts)
                if state:
                    entries[code].append(self._listed(code, rule, "when", state, facts))
            elif rule.get("incident"):
                mine = [
                    row
                    for row in self.rows.get("incidents", ())
                    if row["employee_no"] == card.person.no
                    and row["rule"] == code
                    and row["date"][:7] == month
                ]
                for row in sorted(mine, key=lambda row: (row["date"], row["description"])):
                    state = "counts" if row["approved_by_no"] else "proposed"
                    entry = self._listed(code, rule, "incident", state, facts)
                    entry["case"] = row["case"].strip() or None
                    entries[code].append(entry)
        for code, rule in rules.items():
            if rule.get("repeats"):
                ladder = rule["repeats"]
                now = sum(e["state"] == "counts" for e in entries[ladder["rule"]])
                times = now
                for back in range(1, ladder["months"]):
                    old = self.closed.get(later(month, -back), {}).get(card.person.no)
                    times += sum(
                        e["rule"] == ladder["rule"] and e["state"] in ("counts", "superseded")
                        for e in (old.rules if old else ())
                    )
                if now and times >= ladder["times"]:
                    state = "proposed" if rule.get("approval") else "counts"
                    entries[code].append(self._listed(code, rule, "repeats", state, facts))
        found = [entry for code in rules for entry in entries[code]]
        self._supersede(found)
        return found

    def _by_condition(
        self, month: str, card: Card, rule: Doc, facts: Mapping[str, Fraction]
    ) -> str | None:
        holds = decide(rule["when"], facts)
        if holds is None:
            return "undecided"
        if not holds:
            return None
        missing = rule.get("streak", 1) - 1
        if missing and card.status == "exempt":
            return None
        at = month
        while missing:
            at = later(at, -1)
            old = self.closed.get(at, {}).get(card.person.no)
            if old is None:
                return None
            if old.status == "exempt":
                continue
            if not decide(rule["when"], old.flat()):
                return None
            missing -= 1
        return "proposed" if rule.get("approval") else "counts"

    def _listed(
        self, code: str, rule: Doc, by: str, state: str, facts: Mapping[str, Fraction]
    ) -> dict[str, Any]:
        times = Fraction(1)
        if rule.get("per"):
            per = rule["per"]
            above = given(per.get("above", 0))
            times = max(Fraction(0), facts.get(per["fact"], Fraction(0)) - above)
            if per.get("max") is not None:
                times = min(given(per["max"]), times)
        effects = ("points", "amount", "bonus_deduction", "bonus_share", "wage_deduction")
        return {
            "rule": code,
            "kind": rule["kind"],
            "fired_by": by,
            "state": state,
            "group": rule.get("group"),
            "level": rule.get("level"),
            **{name: given(rule.get(name, 0)) * times for name in effects},
            "cap_grade": rule.get("cap_grade"),
            "case": None,
            "actions": list(rule.get("actions", ())),
        }

    def _supersede(self, entries: list[dict[str, Any]]) -> None:
        for group in {entry["group"] for entry in entries if entry["group"]}:
            rivals = [e for e in entries if e["group"] == group and e["state"] == "counts"]
            top = max((entry["level"] for entry in rivals), default=None)
            for entry in rivals:
                if entry["level"] != top:
                    entry["state"] = "superseded"
        keys = [grade["key"] for grade in self.policy["grades"]]
        rules = self.policy.get("rules") or {}
        for case in {entry["case"] for entry in entries if entry["case"]}:
            rivals = [
                entry
                for entry in entries
                if entry["case"] == case
                and entry["state"] == "counts"
                and entry["kind"] == "penalty"
                and entry["fired_by"] == "incident"
            ]

            def gravity(entry: Mapping[str, Any]) -> tuple[Any, ...]:
                cap = keys.index(entry["cap_grade"]) if entry["cap_grade"] else 0
                bars = rules[entry["rule"]].get("bars_awards", 0)
                return (-cap, -settled(entry["points"]), -bars, entry["rule"])

            for entry in sorted(rivals, key=gravity)[1:]:
                entry["state"] = "superseded"

    # totals

    def _totals(self, month: str, cards: Month) -> None:
        scoring = self.policy.get("scoring") or {}
        cap = given(scoring.get("adjust_cap", 10))
        grades = self.policy["grades"]
        keys = [grade["key"] for grade in grades]
        for card in cards.values():
            counting = [entry for entry in card.rules if entry["state"] == "counts"]
            points = sum(
                (e["points"] if e["kind"] == "reward" else -e["points"] for e in counting),
                Fraction(0),
            )
            card.adjustment = max(-cap, min(cap, points))
            bases = [
                other.base
                for other in cards.values()
                if other.competes
                and other.base is not None
                and other.person.team is not None
                and other.person.team == card.person.team
            ]
            card.blended = card.base
            share = given(self.policy["templates"][card.template].get("team_share", 0))
            if card.base is not None and bases:
                card.blended = (1 - share) * card.base + share * average(bases)
            caps = [keys.index(e["cap_grade"]) for e in counting if e["cap_grade"]]
            lowest = max(caps, default=0)
            if card.blended is not None:
                total = settled(
                    max(Fraction(0), min(Fraction(120), card.blended + card.adjustment))
                )
                if lowest:
                    top = settled(given(grades[lowest - 1]["min"])) - Fraction(1, 100)
                    total = min(total, top)
                card.total = rounded(total, 2)
            card.grade = None
            if card.status == "complete" and card.total is not None:
                reached = [g["key"] for g in grades if settled(given(g["min"])) <= card.total]
                card.grade = (reached or keys)[0 if reached else -1]
                last = len(keys) - 1
                if card.ramping and last and card.grade == keys[-1] and lowest != last:
                    card.grade = keys[-2]
            card.coefficient = self._coefficient(month, card)

    def _coefficient(self, month: str, card: Card) -> Fraction:
        by_key = {grade["key"]: given(grade["coefficient"]) for grade in self.policy["grades"]}
        if card.grade is not None:
            return by_key[card.grade]
        earlier = [
            old.coefficient
            for back in (1, 2, 3)
            if (old := self.closed.get(later(month, -back), {}).get(card.person.no))
            and old.status == "complete"
        ]
        return average(earlier) if earlier else by_key[self.policy["pay"]["ungraded"]]

    def _ranks(self, cards: Month) -> None:
        ranked = [card for card in cards.values() if card.competes and card.total is not None]
        for card in ranked:
            above = [other for other in ranked if (other.total or 0) > (card.total or 0)]
            card.company_rank = 1 + len(above)
            if card.person.team is not None:
                mine = [other for other in above if other.person.team == card.person.team]
                card.team_rank = 1 + len(mine)

    # pay

    def _pay(self, month: str, card: Card) -> dict[str, str]:
        pay = self.policy["pay"]

        def fact(key: str) -> Fraction:
            return card.facts[key].value if key in card.facts else Fraction(0)

        length = last_of(month).day
        ratio = Fraction(card.person.days, length)
        scheduled = fact("scheduled_days")
        if scheduled:
            unpaid = fact("leave_days") - fact("protected_leave_days") + fact("absent_days")
            ratio *= max(Fraction(0), (scheduled - unpaid) / scheduled)
        counting = [entry for entry in card.rules if entry["state"] == "counts"]

        def total(name: str) -> Fraction:
            return sum((entry[name] for entry in counting), Fraction(0))

        base = given((pay.get("bonus_base") or {}).get(card.person.position, 0))
        bonus = money(base * card.coefficient * ratio)
        asked = total("bonus_deduction") + bonus * total("bonus_share")
        deducted = money(min(given(pay["max_bonus_share"]) * bonus, asked))
        payout = money(bonus - deducted + total("amount"))
        wages = Fraction(0)
        least, full = pay.get("minimum_wage"), card.person.wage
        if pay.get("wage_deductions") and full is not None and least is not None:
            wage = full * ratio
            spare = max(Fraction(0), wage - given(least))
            wages = money(min(total("wage_deduction"), wage / 5, spare))
        return {
            "bonus": as_money(bonus),
            "deducted": as_money(deducted),
            "payout": as_money(payout),
            "wage_deduction": as_money(wages),
            "wage_deduction_asked": as_money(money(total("wage_deduction"))),
        }


def as_json(month: str, card: Card) -> dict[str, Any]:
    """A scorecard in the shape that the product promises."""

    def plain(value: Fraction | None) -> float | None:
        return None if value is None else float(value)

    return {
        "employee_no": card.person.no,
        "name": card.person.name,
        "team": card.person.team,
        "position": card.person.position,
        "month": month,
        "template": card.template,
        "status": card.status,
        "ramping": card.ramping,
        "tenure_months": card.tenure,
        "coverage": plain(card.coverage),
        "base": plain(card.base),
        "blended": plain(card.blended),
        "adjustment": plain(card.adjustment),
        "total": plain(card.total),
        "grade": card.grade,
        "team_rank": card.team_rank,
        "company_rank": card.company_rank,
        "coefficient": plain(card.coefficient),
        "lines": [
            {
                "metric": line.metric,
                "raw": plain(line.raw),
                "value": plain(line.value),
                "sample_size": line.n,
                "source": line.source,
                "weight": plain(line.weight),
                "score": plain(line.score),
            }
            for line in card.lines
        ],
        "rules": [
            {k: float(v) if isinstance(v, Fraction) else v for k, v in entry.items()}
            for entry in card.rules
        ],
        "facts": {key: float(value) for key, value in card.flat().items()},
        "pay": card.pay,
    }
