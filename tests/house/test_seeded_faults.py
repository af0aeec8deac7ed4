"""Faults put into a copy of the packages: the tests of the close have to find each of them.

A fault is one small change of text, of the kind that a slip of the hand makes. The copy is tested
by the quick tests that need no PostgreSQL.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.spoilt import Fault, copy_to, gone, run, spoilt

# By how soon they find something.
QUICK = (
    "tests/evaluations/test_scoring.py",
    "tests/evaluations/test_reviews.py",
    "tests/closing/test_pay.py",
    "tests/closing/test_month_facts.py",
    "tests/closing/test_month.py",
    "tests/training/test_effect.py",
    "tests/training/test_training_facts.py",
    "tests/rewards/test_rules.py",
    "tests/rewards/test_selection.py",
    "tests/evaluations/test_fact_queries.py",
    "tests/closing/test_history.py",
    "tests/closing/test_reference.py",
    "tests/closing/test_examples.py",
)
ONLY = "not postgresql and not reach_everything and not centre-c and not twice"


SCORING = "evaluations/scorecards/scoring.py"
FACTS = "evaluations/fact_queries.py"
FAULTS = (
    Fault("a line is full only above its target", SCORING,
          "if (x - target) * sign < 0:", "if (x - target) * sign <= 1e-3:"),
    Fault("the wrong direction of a metric", SCORING,
          "sign = 1 if target > floor else -1", "sign = 1"),
    Fault("stretch beyond 120", SCORING, "min(120.0, 100 + 20", "min(125.0, 100 + 20"),
    Fault("a ramp on every line", SCORING,
          "if factor is None or not line.ramp:", "if factor is None:"),
    Fault("the stretch stays where it was on a ramp", SCORING,
          "line.floor + (line.stretch - line.floor) * factor", "line.stretch"),
    Fault("a month of tenure only once it is over", SCORING,
          "return max(0, month.index - Month.of(hired).index)",
          "return max(0, month.index - Month.of(hired).index - (hired.day > 1))"),
    Fault("a ramp that ends a month late", SCORING,
          "return ramp[tenure] if tenure < len(ramp)",
          "return ramp[min(tenure, len(ramp) - 1)] if tenure <= len(ramp) and ramp"),
    Fault("an unweighted mean for small samples", SCORING,
          "weighted[metric].append(fact.n * fact.value)",
          "weighted[metric].append(fact.value * max(1, fact.n - 1))"),
    Fault("a mean of other templates for small samples", "closing/month.py",
          "groups[template.key].append(sheets[person.employee_id])",
          "[groups[key].append(sheets[person.employee_id]) for key in policy.templates]"),
    Fault("a line without a sample adjusted", SCORING,
          "if line.prior and fact.n:", "if line.prior and line.metric in means:"),
    Fault("days of leave forgotten", SCORING,
          "present = scheduled.value - (leave.value if leave else 0)",
          "present = scheduled.value"),
    Fault("exempt with exactly the least days", SCORING,
          "if settle(present) < settle(scoring.min_days):",
          "if settle(present) <= settle(scoring.min_days):"),
    Fault("incomplete with exactly the least coverage", SCORING,
          'return "incomplete" if settle(coverage) < settle',
          'return "incomplete" if settle(coverage) <= settle'),
    Fault("an adjustment beyond its cap below", SCORING,
          "return max(-cap, min(cap, points))", "return min(cap, points)"),
    Fault("a total rounded before it is capped", SCORING,
          "        total = min(total, ceiling)\n    return half_up(total, 2)",
          "        total = min(half_up(total, 2), ceiling)\n        return total"
          "\n    return half_up(total, 2)"),
    Fault("halves rounded to even", "core/values.py",
          "return settle(value).quantize(_unit(places), ROUND_HALF_UP, _WIDE)",
          "return settle(value).quantize(_unit(places), 'ROUND_HALF_EVEN', _WIDE)"),
    Fault("nothing settled before it is rounded", "core/values.py",
          "return settle(value).quantize(_unit(places)",
          "return Decimal(value).quantize(_unit(places)"),
    Fault("a cap at the band itself", SCORING,
          "return settle(grades[keys.index(capped) - 1].min) - HUNDREDTH",
          "return settle(grades[keys.index(capped)].min)"),
    Fault("a new hire in the last band", SCORING,
          "return grades[-2] if spared else found", "return found"),
    Fault("ranks that do not skip", SCORING,
          "ranks[id(item)] = ranks[id(ordered[place - 2])] if tied else place",
          "ranks[id(item)] = ranks.get(id(ordered[place - 2]), 0) + (not tied)"
          " if place > 1 else 1"),
    Fault("new hires in team means and ranks", "closing/month.py",
          'return self.status == "complete" and not self.ramping',
          'return self.status == "complete"'),
    Fault("the team's share the wrong way round", SCORING,
          "return (1 - share) * base + share * team_mean",
          "return share * base + (1 - share) * team_mean"),
    Fault("a coefficient of two months", "closing/month.py",
          "COEFFICIENT_MONTHS = 3", "COEFFICIENT_MONTHS = 1"),
    Fault("coefficients of incomplete months", "closing/history.py",
          'Scorecard.closing_id.in_(closings), Scorecard.status == "complete"',
          'Scorecard.closing_id.in_(closings), Scorecard.status != "exempt"'),
    Fault("what was carried is carried on", "closing/history.py",
          'OWN_SOURCES = ("computed", "entered")',
          'OWN_SOURCES = ("computed", "entered", "carried")'),
    Fault("carried for a month too many", "closing/month.py",
          "for back in range(1, policy.reviews.carry_months + 1)",
          "for back in range(1, policy.reviews.carry_months + 2)"),
    Fault("superseded firings forgotten by ladders", "closing/history.py",
          'RuleEntry.state.in_(("counts", "superseded"))', 'RuleEntry.state.in_(("counts",))'),
    Fault("a ladder of a month too few", "rewards/rules.py",
          "_before(person.month, ladder.months - 1)", "_before(person.month, ladder.months - 2)"),
    Fault("a streak broken by an exempt month", "rewards/rules.py",
          "        if past.exempt:\n            continue\n",
          "        if past.exempt:\n            return False\n"),
    Fault("the lowest level of a group counts", "rewards/rules.py",
          "if leader is None or (entry.level or 0) > (leader.level or 0):",
          "if leader is None or (entry.level or 0) < (leader.level or 0):"),
    Fault("the mildest of a case counts", "rewards/rules.py",
          "gravest = min(positions, key=order)", "gravest = max(positions, key=order)"),
    Fault("points that proposals do not have", "rewards/entries.py",
          'counting = [entry for entry in entries if entry.state == "counts"]',
          'counting = [e for e in entries if e.state in ("counts", "proposed")]'),
    Fault("only direct reports", "closing/facts.py",
          "            leader = above.supervisor_id if above else None",
          "            leader = None"),
    Fault("a supervisor who left breaks the chain", "closing/facts.py",
          "            leader = above.supervisor_id if above else None",
          "            leader = above.supervisor_id if above and above.employed_days else None"),
    Fault("team facts over those without a sample too", "closing/facts.py",
          "    sampled = [(n, value) for n, value in zip(sizes, values) if n]",
          "    sampled = [(n or 1, value) for n, value in zip(sizes, values)]"),
    Fault("a complaint rate of computed contacts", "closing/facts.py",
          '    sheet.update(entered)\n    handled = sheet.get("contacts_handled")',
          '    handled = sheet.get("contacts_handled")\n    sheet.update(entered)'),
    Fault("computed wins over entered", "closing/facts.py",
          "    sheet.update(entered)\n", "    sheet = {**entered, **sheet}\n"),
    Fault("answered in less than so many minutes", FACTS,
          "bisect_right(waits, limit * 60)", "bisect_right(waits, limit * 60 - 1)"),
    Fault("tickets that are still open do not run out", FACTS,
          "due = or_(resolved, Ticket.created_at <= (as_of or 0) - hours * HOUR)",
          "due = resolved"),
    Fault("a week that begins on Sunday", "evaluations/service_clock.py",
          "MONDAY = 3", "MONDAY = 4"),
    Fault("hours that begin a minute late", "evaluations/service_clock.py",
          "opens, length = clock.start_minute * 60,",
          "opens, length = clock.start_minute * 60 + 60,"),
    Fault("complaints that nobody is responsible for", FACTS,
          "            Complaint.attributable.is_(True),\n", ""),
    Fault("a plan within a day of work", FACTS,
          "within(Complaint.plan_at, 24)", "within(Complaint.plan_at, 25)"),
    Fault("groups of two raters", "evaluations/reviews.py",
          "    least = max(3, min_raters)", "    least = max(2, min_raters - 1)"),
    Fault("a pool without weight", "evaluations/reviews.py",
          "math.fsum(weights.get(r, 0) for r in one.relations)",
          "weights.get(one.relations[0], 0)"),
    Fault("a course due on the day itself", "training/facts.py",
          "timedelta(days=course.due_days or 0)", "timedelta(days=(course.due_days or 0) - 1)"),
    Fault("a training that runs out a day later", "training/facts.py",
          "course.valid_months) - timedelta(days=1)", "course.valid_months)"),
    Fault("seven colleagues are enough", "training/effect.py",
          "LEAST_COLLEAGUES = 8", "LEAST_COLLEAGUES = 7"),
    Fault("protected leave unpaid", "closing/pay.py",
          'unprotected = value("leave_days") - value("protected_leave_days")',
          'unprotected = value("leave_days")'),
    Fault("deductions beyond what is allowed", "closing/pay.py",
          "min(settle(section.max_bonus_share) * bonus, asked)", "min(bonus, asked)"),
    Fault("wages below the minimum", "closing/pay.py",
          "min(asked, LAWFUL_SHARE * wage, spare)", "min(asked, LAWFUL_SHARE * wage)"),
    Fault("a payout from what was not rounded", "closing/pay.py",
          "    bonus = half_up(bonus_base * coefficient * ratio, 2)",
          "    bonus = settle(bonus_base * coefficient * ratio)"),
)  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("seeded"))


@pytest.mark.long
def test_the_copy_passes_as_it_is(copy: Path) -> None:
    result = run(copy, ONLY, *QUICK)
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found(copy: Path, fault: Fault) -> None:
    own = f"test_{Path(fault.path).name}"  # the tests of the module are the likeliest to find it
    with spoilt(copy, fault):
        result = run(copy, ONLY, *sorted(QUICK, key=lambda test: Path(test).name != own))
    assert result.returncode == 1, result.stdout[-3000:]
    assert "failed" in result.stdout


def test_every_fault_is_a_change_of_its_own_where_it_says() -> None:
    assert gone(FAULTS) == []
    assert len({(fault.path, fault.new) for fault in FAULTS}) == len(FAULTS)
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
