"""The worked sums of the documentation are what the program computes, and add up on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import fsum

import pytest
from sqlalchemy import Integer, create_engine, literal, select
from support.repository import ROOT
from support.sums import Sum, blocks, near, shown

from closing.facts import Person, Sheet, add_team_facts, merged
from closing.pay import PayResult, pay_of, presence_ratio
from closing.policy import PaySection
from closing.policy_text import default_policy
from core.db import wall_seconds
from core.values import Fact, Month, Names, flat, half_up, mean, settle
from evaluations.policy import ServiceClock, Template
from evaluations.reviews import ReviewSum, review_score, settle_groups, unit_rating
from evaluations.scorecards import scoring
from evaluations.service_clock import service_seconds
from rewards import selection
from rewards.entries import Effects, Occurrence, PastMonth, PersonMonth, RuleEntry, effects
from rewards.policy import Award
from rewards.rules import compile_rules, fire
from staff.attendance.days import Leave, PersonDay, person_days
from staff.attendance.facts import month_facts
from staff.attendance.rosters import Shift
from staff.attendance.windows import windows_of
from training.effect import Completion, MonthScores, verdicts
from training.facts import Attendance, CourseRule, months_after, training_facts

Shown = float | Decimal | str
POLICY = default_policy()
AGENT = POLICY.templates["agent"]
LINES = {line.metric: line for line in AGENT.lines}
GRADES = [grade.key for grade in POLICY.grades]
RULES = compile_rules(POLICY.rules.values(), grades=GRADES)
OCTOBER = Month(2026, 10)
SOURCES = ("scoring.md", "attendance.md", "training.md")
TRANSLATED = ("scoring.md",)


def wall(text: str) -> int:
    return wall_seconds(datetime.fromisoformat(text))


def yes(truth: bool) -> str:
    return "yes" if truth else "no"


def points_of(metric: str, value: float, factor: float | None = None) -> float:
    return scoring.score(value, *scoring.anchors(LINES[metric], factor))


# ------------------------------------------------------------------------------- facts


def settling() -> dict[str, Shown]:
    return {"product": settle(0.29 * 100), "rounded": half_up(2.675, 2)}


def service_clock() -> dict[str, Shown]:
    clock = POLICY.tickets.clock
    assert clock == ServiceClock(frozenset(range(1, 8)), 9 * 60, 21 * 60)
    waits = {
        "night": ("2026-10-05 23:00", "2026-10-06 09:05"),
        "evening": ("2026-10-05 20:50", "2026-10-06 09:20"),
        "early": ("2026-10-05 06:10", "2026-10-05 08:55"),
    }
    with create_engine("sqlite://").connect() as connection:
        return {
            name: connection.execute(
                select(service_seconds(clock, literal(wall(a), Integer), literal(wall(b), Integer)))
            ).scalar_one()
            / 60
            for name, (a, b) in waits.items()
        }


def complaint_rate() -> dict[str, Shown]:
    sheet = merged([{"contacts_handled": Fact(250), "complaint_count": Fact(1)}], {})
    return {"complaint_rate": sheet["complaint_rate"].value}


def team_facts() -> dict[str, Shown]:
    facts = [Fact(0.95, 200), Fact(0.90, 100), Fact(1.0, None, "entered")]
    leader = Person(0, "E0", 1, "supervisor", None, date(2020, 1, 1), None, 31)
    people = [leader] + [
        Person(number, f"E{number}", 1, "agent", 0, date(2020, 1, 1), None, 31)
        for number in (1, 2, 3)
    ]
    sheets: dict[int, Sheet] = {0: {}} | {i: {"csat": each} for i, each in enumerate(facts, 1)}
    add_team_facts(people, sheets)
    return {name: flat(sheets[0])[name] for name in ("team_csat", "team_csat_n")}


# ------------------------------------------------------------------------------- lines


def line_scores() -> dict[str, Shown]:
    return {
        "csat_90": points_of("csat", 0.90),
        "csat_95": points_of("csat", 0.95),
        "csat_99": points_of("csat", 0.99),
        "response_30": points_of("first_response_minutes", 30),
        "response_60": points_of("first_response_minutes", 60),
    }


def small_samples() -> dict[str, Shown]:
    sheets: list[Sheet] = [
        {"csat": Fact(1.0, 10)},
        {"csat": Fact(0.96, 1000)},
        {"csat": Fact(440 / 490, 490)},
    ]
    means = scoring.prior_means(AGENT, sheets)
    ten, thousand = (
        next(
            line
            for line in scoring.base_score(AGENT, sheet, means, None).lines
            if line.metric == "csat"
        )
        for sheet in sheets[:2]
    )
    assert ten.value is not None
    assert thousand.value is not None
    assert ten.score is not None
    assert thousand.score is not None
    return {
        "m": means["csat"],
        "ten": ten.value,
        "thousand": thousand.value,
        "score_ten": ten.score,
        "score_thousand": thousand.score,
    }


def new_hire() -> dict[str, Shown]:
    tenure = scoring.tenure_months(date(2026, 8, 31), Month(2026, 9))
    assert scoring.tenure_months(date(2026, 10, 19), OCTOBER) == 0
    factor = scoring.ramp_factor(POLICY.scoring.ramp, tenure)
    _, target, stretch = scoring.anchors(LINES["csat"], factor)
    assert stretch is not None
    return {
        "tenure": tenure,
        "target": target,
        "stretch": stretch,
        "ramped": points_of("csat", 0.85, factor),
        "usual": points_of("csat", 0.85),
    }


SHEET: Sheet = {
    "first_response_minutes": Fact(24),
    "resolution_rate_48h": Fact(0.904),
    "csat": Fact(0.888),
    "callback_rate": Fact(0.86),
    "complaint_rate": Fact(0.0005),
    "qa_score": Fact(92.4),
    "review_360": Fact(75),
    "attendance_score": Fact(94),
}


def base_score() -> dict[str, Shown]:
    result = scoring.base_score(AGENT, SHEET, {}, None)
    with_data = [line for line in result.lines if line.score is not None]
    assert result.base is not None
    return {
        "points": fsum(line.weight * (line.score or 0) for line in with_data),
        "weight": fsum(line.weight for line in with_data),
        "base": result.base,
        "coverage": result.coverage,
    }


def status() -> dict[str, Shown]:
    facts = {"scheduled_days": Fact(22), "leave_days": Fact(12.5)}
    return {"present": 22 - 12.5, "status": scoring.status_of(facts, 1.0, POLICY.scoring)}


# ------------------------------------------------------------------------------- reviews


def group(relation: str, *means: float) -> ReviewSum:
    """Reviews of one relation by the mean of two ratings each."""
    total = sum(unit_rating(int(each * 2), 2) for each in means)
    return ReviewSum((relation,), len(means), total)


def reviews(*, cross_team: bool) -> tuple[list[ReviewSum], Fact]:
    sums = [group("supervisor", 4), group("peer", 5, 4.5, 4), group("subordinate", 3, 4)]
    if cross_team:
        sums.append(group("cross_team", 4.5))
    settled = settle_groups(sums, POLICY.reviews.min_raters)
    fact = review_score(settled, POLICY.reviews.weights)
    assert fact is not None
    return settled, fact


def review_round() -> dict[str, Shown]:
    settled, fact = reviews(cross_team=True)
    scores = {one.relations: one.score for one in settled}
    return {
        "supervisor": scores[("supervisor",)],
        "peer": scores[("peer",)],
        "others": scores["subordinate", "cross_team"],
        "review_360": fact.value,
        "review_360_n": fact.n or 0,
    }


def small_pool() -> dict[str, Shown]:
    _, fact = reviews(cross_team=False)
    return {"review_360": fact.value, "review_360_n": fact.n or 0}


# ------------------------------------------------------------------------------- rules


def entries(month: Month = OCTOBER, **given: object) -> list[RuleEntry]:
    person = PersonMonth(month=month, position="agent", **{"facts": {}, **given})  # type: ignore[arg-type]
    return [entry for entry in fire(RULES, person) if entry.state != "undecided"]


def states(found: Iterable[RuleEntry], *codes: str) -> dict[str, Shown]:
    by_code = {entry.rule: entry.state for entry in found}
    return {code: by_code[code] for code in codes}


def streak() -> dict[str, Shown]:
    below = {"csat": 0.80, "resolution_rate_48h": 0.85}
    history = {
        Month(2026, 7): PastMonth(False, below),
        Month(2026, 8): PastMonth(True, {}),
    }
    return states(entries(Month(2026, 9), facts=below, history=history), "TAR-P1")


def ladder() -> dict[str, Shown]:
    def climbed(earlier: Month) -> str:
        history = {earlier: PastMonth(False, {}, {"LAT-P1": 1})}
        found = entries(Month(2026, 11), facts={"late_count": 4}, history=history)
        return next((each.state for each in found if each.rule == "LAT-P1R"), "no")

    return {
        "june_and_november": climbed(Month(2026, 6)),
        "may_and_november": climbed(Month(2026, 5)),
    }


def late_rule(late: int) -> list[RuleEntry]:
    return entries(facts={"late_count": late})


def per() -> dict[str, Shown]:
    return {f"late_{late}": float(sums(late_rule(late)).bonus_deduction) for late in (6, 9, 3)}


def incidents(*codes: str, case: str | None = None) -> list[Occurrence]:
    return [Occurrence(i, code, date(2026, 10, 12), case=case) for i, code in enumerate(codes)]


def one_group() -> dict[str, Shown]:
    found = entries(facts={"complaint_count": 3}, occurrences=incidents("QUA-P3"))
    return states(found, "QUA-P1", "QUA-P2", "QUA-P3")


def one_case() -> dict[str, Shown]:
    codes = ("CON-P2", "SEC-P1", "ATT-P1")
    return states(entries(occurrences=incidents(*codes, case="K7")), *codes)


def sums(found: Iterable[RuleEntry]) -> Effects:
    return effects(found, GRADES)


# ------------------------------------------------------------------------------- totals


def totalled(base: float, adjustment: float, capped: str | None = None) -> tuple[Decimal, str]:
    """Total and grade of a complete scorecard whose blended score is ``base``."""
    held = scoring.held_adjustment(adjustment, POLICY.scoring.adjust_cap)
    total = scoring.total_of(base, held, scoring.cap_ceiling(POLICY.grades, capped))
    assert total is not None
    return total, scoring.grade_of(POLICY.grades, total, ramping=False, capped=capped).key


def total() -> dict[str, Shown]:
    blended = scoring.blend(85, 79.5, AGENT.team_share)
    assert blended is not None
    found = entries(facts={"assists": 5, "mandatory_overdue": 1})
    adjustment = sums(found).adjustment
    value, grade = totalled(blended, adjustment)
    return {"blended": blended, "adjustment": adjustment, "total": value, "grade": grade}


def caps() -> dict[str, Shown]:
    capped, capped_grade = totalled(
        84.45, -1, sums(entries(occurrences=incidents("QUA-P3"))).cap_grade
    )
    points = sums(entries(occurrences=incidents("CON-P2", "SEC-P2"))).adjustment
    rounded, grade = totalled(88.995, 1)
    return {
        "capped": capped,
        "capped_grade": capped_grade,
        "held": totalled(84.45, points)[0],
        "rounded": rounded,
        "rounded_grade": grade,
    }


def ranks() -> dict[str, Shown]:
    totals = [Decimal(text) for text in ("91.20", "88.00", "88.0", "85.10")]
    found = scoring.competition_ranks(totals, lambda each: each)
    names = ("first", "second", "third", "fourth")
    return {name: found[id(each)] for name, each in zip(names, totals)}


# ------------------------------------------------------------------------------- pay


def paid(
    coefficient: float,
    ratio: float,
    found: Iterable[RuleEntry] = (),
    section: PaySection | None = None,
) -> PayResult:
    return pay_of(
        section or POLICY.pay,
        position="agent",
        coefficient=coefficient,
        ratio=ratio,
        effects=sums(found),
        base_wage=Decimal(5200),
    )


PRESENT: Sheet = {
    "scheduled_days": Fact(22),
    "leave_days": Fact(3),
    "protected_leave_days": Fact(1),
    "absent_days": Fact(0),
}
REWARD = RuleEntry("QUA-R1", "reward", "when", "counts", amount=200)


def pay() -> dict[str, Shown]:
    ratio = presence_ratio(31, 31, PRESENT)
    assert POLICY.rules["QUA-R1"].amount == 200
    result = paid(1.1, ratio, [*late_rule(6), REWARD])
    return {
        "ratio": ratio,
        "bonus": result.bonus,
        "deducted": result.deducted,
        "payout": result.payout,
    }


def pay_joiner() -> dict[str, Shown]:
    ratio = presence_ratio(15, 31, {"scheduled_days": Fact(11)})
    result = paid(1.0, ratio)
    return {"ratio": ratio, "bonus": result.bonus, "payout": result.payout}


def pay_exempt() -> dict[str, Shown]:
    by_grade = {grade.key: grade.coefficient for grade in POLICY.grades}
    coefficient = mean(by_grade[key] for key in "ABC")
    away: Sheet = {name: Fact(22) for name in PRESENT if name != "absent_days"}
    ratio = presence_ratio(31, 31, away)
    return {"coefficient": coefficient, "bonus": paid(coefficient, ratio).bonus}


def wage() -> dict[str, Shown]:
    section = PaySection(POLICY.pay.bonus_base, "C", 0.5, True, 2490)
    ratio = presence_ratio(31, 31, PRESENT)
    asked = RuleEntry("X", "penalty", "incident", "counts", wage_deduction=1500)
    result = paid(1.1, ratio, [asked], section)
    return {"wage": 5200 * ratio, "wage_deduction": result.wage_deduction}


# ------------------------------------------------------------------------------- awards

AWARD = POLICY.awards["agent_of_the_month"]


def candidate(
    number: str, total: float, team: str, csat: float, **given: object
) -> selection.Candidate:
    facts = {"csat": csat, "complaint_count": 0, "late_count": 0, "absent_days": 0}
    values: dict[str, object] = {
        "employee_no": number,
        "position": "agent",
        "team": team,
        "hire_date": date(2025, 1, 6),
        "complete": True,
        "ramping": False,
        "facts": facts,
        "total": total,
        **given,
    }
    return selection.Candidate(**values)  # type: ignore[arg-type]


def quota() -> dict[str, Shown]:
    award = Award("most_improved", Names("", ""), "total >= 70", (("total", "desc"),), 0.05)
    assert POLICY.awards["most_improved"].quota == award.quota
    return {f"of_{n}": selection.quota_of(award, n) for n in (30, 7, 0)}


def award() -> dict[str, Shown]:
    found = selection.select(
        AWARD,
        OCTOBER,
        [
            candidate("1001", 97.0, "North", 0.97),
            candidate("1002", 96.5, "North", 0.99),
            candidate("1003", 96.5, "South", 0.95),
            candidate("1004", 96.5, "West", 0.96),
        ],
    )
    return {each.employee_no: "selected" if each.selected else "passed over" for each in found}


def waiting() -> dict[str, Shown]:
    august = Month(2026, 8)

    def reasons(month: Month, **given: object) -> tuple[str, ...]:
        return selection.select(AWARD, month, [candidate("1001", 97, "North", 0.97, **given)])[
            0
        ].reasons

    return {
        "cooldown_october": yes("cooldown" in reasons(OCTOBER, wins=[august])),
        "cooldown_november": yes("cooldown" in reasons(OCTOBER.plus(1), wins=[august])),
        "barred_october": yes("barred" in reasons(OCTOBER, bars=[(august, 3)])),
        "barred_november": yes("barred" in reasons(OCTOBER.plus(1), bars=[(august, 3)])),
    }


# ------------------------------------------------------------------------------- attendance

MONDAY = date(2026, 10, 12)
NINE_TO_SIX = Shift.between(9 * 60, 18 * 60, 60, 5)


def one_day(*punches: str, shift: Shift = NINE_TO_SIX, **given: object) -> PersonDay:
    times = [wall(f"2026-10-{text}" if "-" in text else f"2026-10-12 {text}") for text in punches]
    [day] = person_days(
        MONDAY,
        MONDAY,
        shifts={MONDAY: shift},
        punches=times,
        repeat_minutes=POLICY.attendance.repeat_minutes,
        **given,  # type: ignore[arg-type]
    )
    return day


def span(start: str, end: str) -> tuple[int, int]:
    return wall(f"2026-10-12 {start}"), wall(f"2026-10-12 {end}")


def lateness() -> dict[str, Shown]:
    at_five = one_day("09:05:59", "18:00").late_minutes
    at_six = one_day("09:06:00", "18:00").late_minutes
    return {
        "at_09_05_59": "not late" if not at_five else "late",
        "at_09_06_00": at_six,
        "early_at_17_44_30": one_day("09:00", "17:44:30").early_minutes,
    }


def single_punch() -> dict[str, Shown]:
    morning, evening = one_day("09:20:00"), one_day("17:50:00")
    assert morning.missing_punch
    assert evening.missing_punch
    return {
        "late_of_morning": morning.late_minutes,
        "early_of_morning": morning.early_minutes,
        "late_of_evening": evening.late_minutes,
        "early_of_evening": evening.early_minutes,
    }


def repeated() -> Mapping[str, Shown]:
    day = one_day("08:58:00", "09:01:00", "09:03:30", "18:02:00")
    clock = [f"{at // 3600 % 24:02d}_{at // 60 % 60:02d}" for at in day.punches]
    return {f"at_{each}": "kept" for each in clock} | {
        f"at_{at // 3600 % 24:02d}_{at // 60 % 60:02d}": "dropped" for at in day.dropped
    }


def leave_day() -> dict[str, Shown]:
    def of(start: str, end: str, *punches: str) -> PersonDay:
        return one_day(*punches, leaves=[Leave(*span(start, end))])

    morning = of("09:00", "13:00", "13:10", "18:00")
    assert morning.expected_start == wall("2026-10-12 13:00")
    return {
        "morning": morning.leave_halves / 2,
        "late": morning.late_minutes,
        "one_hour": of("09:00", "10:00", "10:00", "18:00").leave_halves / 2,
        "two_hours": of("09:00", "11:00", "11:00", "18:00").leave_halves / 2,
        "whole": of("09:00", "18:00").leave_halves / 2,
    }


def cut() -> dict[str, Shown]:
    days = {
        MONDAY: Shift.between(14 * 60, 22 * 60),
        date(2026, 10, 13): Shift.between(360, 14 * 60),
    }
    first, second = windows_of(days)
    assert first.closes == second.opens == wall("2026-10-13 02:00")
    return {"gap": (second.start - first.end) / 3600, "half": (second.opens - first.end) / 3600}


def overtime() -> dict[str, Shown]:
    day = one_day("08:50", "20:30", overtime=[span("18:00", "21:00")])
    saturday = date(2026, 10, 17)
    [free] = person_days(
        saturday,
        saturday,
        shifts={},
        punches=[wall("2026-10-17 09:10"), wall("2026-10-17 12:00")],
        overtime=[(wall("2026-10-17 09:00"), wall("2026-10-17 13:00"))],
        repeat_minutes=5,
    )
    facts = month_facts([day, free], POLICY.attendance, rostered=True)
    return {
        "evening": day.overtime_seconds / 3600,
        "saturday": free.overtime_seconds / 3600,
        "overtime_hours": facts["overtime_hours"].value,
    }


def attendance_score() -> dict[str, Shown]:
    shifts = {date(2026, 10, day): NINE_TO_SIX for day in (12, 13, 14, 15)}
    punches = [
        *("2026-10-12 09:20", "2026-10-12 18:00"),
        *("2026-10-13 09:40", "2026-10-13 17:30"),
        "2026-10-14 08:59",
    ]
    days = person_days(
        min(shifts), max(shifts), shifts=shifts, punches=map(wall, punches), repeat_minutes=5
    )
    facts = flat(month_facts(days, POLICY.attendance, rostered=True))
    names = ["late_count", "late_minutes", "late_over_30_count", "early_leave_count"]
    names += ["missing_punch_count", "absent_days", "attendance_score"]
    return {name: facts[name] for name in names}


# ------------------------------------------------------------------------------- training


def course(due_days: int | None, valid_months: int | None) -> CourseRule:
    return CourseRule(1, frozenset({"agent"}), due_days, valid_months, 2, 60, ("csat",))


def overdue() -> dict[str, Shown]:
    hired = date(2026, 9, 10)

    def count(month: Month, *passed: date) -> float:
        rule = course(30, 12)
        rows = [Attendance(rule, day, True, "attended", None, 80, None) for day in passed]
        facts = training_facts(month, "agent", hired, month.last_day, rows, [rule])
        return facts["mandatory_overdue"].value

    assert months_after(date(2026, 9, 20), 12) == date(2027, 9, 20)
    return {
        "september": count(Month(2026, 9)),
        "october": count(OCTOBER),
        "passed": count(OCTOBER, date(2026, 9, 20)),
        "expired": count(Month(2027, 9), date(2026, 9, 20)),
    }


def month_numbers() -> dict[str, Shown]:
    rule = course(30, 12)
    rows = [
        Attendance(rule, date(2026, 10, 8), True, "attended", 3, 88, None),
        Attendance(rule, date(2026, 10, 15), False, "attended", None, 79, None),
        Attendance(rule, date(2026, 10, 22), True, "missed", 3, None, None),
        Attendance(rule, date(2026, 10, 29), True, "excused", 3, None, None),
    ]
    facts = flat(training_facts(OCTOBER, "agent", date(2025, 1, 6), OCTOBER.last_day, rows, []))
    names = ("training_hours", "training_score", "training_score_n", "mandatory_missed")
    return {name: facts[name] for name in names}


DIFFERENCES = (-4, -2, -1, 0, 1, 1, 2, 3, 9)


def effect() -> dict[str, Shown]:
    own = (60, 64, 76, 80)
    series = {0: own} | {who: (70, 70, 70 + d, 70 + d) for who, d in enumerate(DIFFERENCES, 1)}
    months = [Month(2026, 6), Month(2026, 7), Month(2026, 9), OCTOBER]
    scores = {
        month: MonthScores(
            dict.fromkeys(series, "agent"),
            frozenset(),
            {who: {"csat": line[place]} for who, line in series.items()},
        )
        for place, month in enumerate(months)
    }
    [found] = verdicts(OCTOBER, [Completion(0, Month(2026, 8), ("csat",))], scores)
    assert found.colleagues == len(DIFFERENCES)
    return {
        "before": mean(own[:2]),
        "after": mean(own[2:]),
        "d": mean(own[2:]) - mean(own[:2]),
        "D": mean(DIFFERENCES),
        "change": found.change,
        "s": SPREAD,
        "bar": found.bar,
        "training_effect": found.value,
    }


SPREAD = (fsum((d - mean(DIFFERENCES)) ** 2 for d in DIFFERENCES) / 8) ** 0.5

COMPUTED: dict[str, Callable[[], Mapping[str, Shown]]] = {
    "settle": settling,
    "clock": service_clock,
    "complaint-rate": complaint_rate,
    "team": team_facts,
    "line": line_scores,
    "prior": small_samples,
    "ramp": new_hire,
    "base": base_score,
    "status": status,
    "reviews": review_round,
    "reviews-small-pool": small_pool,
    "streak": streak,
    "ladder": ladder,
    "per": per,
    "group": one_group,
    "case": one_case,
    "total": total,
    "caps": caps,
    "ranks": ranks,
    "pay": pay,
    "pay-joiner": pay_joiner,
    "pay-exempt": pay_exempt,
    "wage": wage,
    "quota": quota,
    "award": award,
    "waiting": waiting,
    "late": lateness,
    "single-punch": single_punch,
    "repeats": repeated,
    "leave": leave_day,
    "cut": cut,
    "overtime": overtime,
    "attendance-score": attendance_score,
    "overdue": overdue,
    "training-month": month_numbers,
    "effect": effect,
}


def documented(folder: str, names: Iterable[str]) -> dict[str, list[Sum]]:
    found: dict[str, list[Sum]] = {}
    for name in names:
        found |= blocks((ROOT / folder / name).read_text(encoding="utf-8"))
    return found


ENGLISH = documented("docs", SOURCES)


def test_every_sum_of_the_documentation_is_computed_here_and_every_one_here_is_documented() -> None:
    assert set(ENGLISH) == set(COMPUTED)


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_the_program_computes_what_the_documentation_shows(name: str) -> None:
    computed = COMPUTED[name]()
    results = {each.name: each.result for each in ENGLISH[name]}
    as_shown = {
        key: value if isinstance(value, str) else shown(value, results.get(key, ""))
        for key, value in computed.items()
    }
    assert as_shown == results


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_the_sums_add_up_on_paper(name: str) -> None:
    wrong = [
        f"{each.name}: {expression}"
        for each in ENGLISH[name]
        for expression in each.expressions
        if name not in ROUNDED_ON_PURPOSE and not near(expression, each.result)
    ]
    assert wrong == []


# Sums whose point is that they are rounded otherwise than their decimals suggest.
ROUNDED_ON_PURPOSE = {"quota"}


@pytest.mark.parametrize("document", TRANSLATED)
def test_the_chinese_documents_hold_the_same_sums(document: str) -> None:
    assert documented("docs/zh", [document]) == documented("docs", [document])


def test_a_wrong_sum_is_found() -> None:
    assert near("100 × (30 − 60) / (20 − 60)", "75")
    assert not near("100 × (30 − 60) / (20 − 60)", "74")
    assert near("√(1 + 1 / 9)", "1.0541")


def test_a_block_that_stands_twice_is_refused() -> None:
    block = "<!-- sum: twice -->\n```text\na = 1 + 1 = 2    (two)\n```\n"
    assert blocks(block) == {"twice": [Sum("a", ("1 + 1",), "2")]}
    with pytest.raises(ValueError, match="twice"):
        blocks(block + block)


def test_templates_of_the_examples_are_those_of_the_default_policy() -> None:
    assert isinstance(AGENT, Template)
    assert AGENT.positions == ("agent", "senior_agent")
