"""One scorecard as a page: everything that the template shows, put together once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from closing.cards import CardView
from closing.catalogue import fact_catalogue
from closing.policy import Policy
from closing.rounds.view import ReviewView
from core.i18n import language
from core.pages.filters import money, number, percent, short
from core.values import FactSpec, Month, flat, half_up, settle
from evaluations.policy import Grade
from evaluations.scorecards.scoring import cap_ceiling
from reports import words
from reports.scorecards.facts import FactGroup, fact_groups
from reports.scorecards.lines import LineView, line_views
from reports.scorecards.past import Past
from reports.scorecards.rules import RuleView, rule_views
from reports.scorecards.sums import Entry, Move, ScoredLine, ledger, moves
from rewards.entries import effects

FOREMOST = 5  # parts that are shown before one unfolds the others


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sum: what, how it comes about, and the amount as it is written."""

    label: str
    note: str
    amount: str


@dataclass(frozen=True, slots=True)
class MoveView:
    label: str
    before: float | None
    after: float | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CardPage:
    """``change`` and ``moved`` are against the month before, where both months are complete.

    ``moved`` is everything that moved, the largest first.
    """

    card: CardView
    grade: Grade | None
    template: str
    lines: list[LineView]
    weight: float
    ledger: list[Row]
    change: float | None
    moved: list[MoveView]
    rules: list[RuleView]
    undecided: list[RuleView]
    facts: list[FactGroup]
    reviews: ReviewView | None
    pay: list[Row]
    wage: str | None
    team_size: int

    @property
    def foremost(self) -> list[MoveView]:
        """What moved most; all of it where only one part more did."""
        return self.moved if len(self.moved) <= FOREMOST + 1 else self.moved[:FOREMOST]

    @property
    def smaller(self) -> list[MoveView]:
        return self.moved[len(self.foremost) :]

    @property
    def smaller_sum(self) -> Decimal:
        return sum((move.amount for move in self.smaller), Decimal(0))

    @property
    def cut(self) -> float:
        """Weight of the lines without data."""
        return sum(line.weight for line in self.lines if line.score is None)


def card_page(
    card: CardView,
    policy: Policy,
    *,
    before: Past | None,
    lines_before: Sequence[ScoredLine],
    reviews: ReviewView | None,
    with_pay: bool,
    team_size: int,
) -> CardPage:
    """``before`` is the scorecard of the month before with its lines, where there is one."""
    catalogue = fact_catalogue(policy)
    rules = rule_views(card.rules, policy, flat(dict(card.facts)))
    both = before is not None and before.status == card.status == "complete"
    template = policy.templates.get(card.template)
    return CardPage(
        card=card,
        grade=next((grade for grade in policy.grades if grade.key == card.grade), None),
        template=template.names.get(language()) if template else card.template,
        lines=line_views(card, policy, catalogue),
        weight=sum(line.weight for line in card.lines if line.score is not None),
        ledger=_ledger(card, policy),
        change=_change(card, before) if both else None,
        moved=_moves(card, before, lines_before, policy, catalogue) if both and before else [],
        rules=[rule for rule in rules if not rule.undecided],
        undecided=[rule for rule in rules if rule.undecided],
        facts=fact_groups(card.facts, policy, catalogue),
        reviews=reviews,
        pay=_pay(card, policy) if with_pay else [],
        wage=_wage(card, policy) if with_pay else None,
        team_size=team_size,
    )


def _change(card: CardView, before: Past | None) -> float | None:
    if before is None or card.total is None or before.total is None:
        return None
    return float(half_up(card.total - before.total, 2))


def _moves(
    card: CardView,
    before: Past,
    lines_before: Sequence[ScoredLine],
    policy: Policy,
    catalogue: Mapping[str, FactSpec],
) -> list[MoveView]:
    labels = {
        "team": _("The team's mean"),
        "rules": _("Rewards and penalties"),
        "limits": _("Limits and caps"),
    }

    def label(move: Move) -> str:
        if move.key in labels:
            return str(labels[move.key])
        metric = policy.metrics.get(move.key)
        spec = catalogue.get(move.key)
        names = metric.names if metric else spec.names if spec else None
        return names.get(language()) if names else move.key

    found = moves(card, card.lines, before, lines_before)
    return [MoveView(label(move), move.before, move.after, move.amount) for move in found]


def _ledger(card: CardView, policy: Policy) -> list[Row]:
    counting = [entry for entry in card.rules if entry.state == "counts"]
    points = [
        (entry.rule, entry.points if entry.kind == "reward" else -entry.points)
        for entry in counting
    ]
    sums = effects(card.rules, [grade.key for grade in policy.grades])
    entries = ledger(card, points, sums.cap_grade is not None)
    rows = [_row(entry, policy, sums.cap_grade) for entry in entries]
    # The first amount stands without a sign; what follows is added or taken.
    return [
        Row(label, note, number(entry.amount, sign=at > 0))
        for at, (entry, (label, note)) in enumerate(zip(entries, rows))
    ]


def _row(entry: Entry, policy: Policy, capped: str | None) -> tuple[str, str]:
    if entry.kind == "rule":
        return f"{entry.rule} {policy.rules[entry.rule].names.get(language())}", ""
    if entry.kind in ("own", "team"):
        label = _("Own lines") if entry.kind == "own" else _("The team's mean")
        return label, f"{short((entry.share or 0) * 100)}% × {number(entry.of)}"
    if entry.kind == "cap":
        ceiling = cap_ceiling(policy.grades, capped)
        note = _("%(ceiling)s at most", ceiling=number(ceiling))
        return _("Held to grade %(grade)s by a rule", grade=capped), note
    cap = short(policy.scoring.adjust_cap)
    return {
        "held": (_("Rewards and penalties held within ±%(cap)s", cap=cap), ""),
        "range": (_("Held within 0 to 120"), ""),
        "rounding": (_("Rounding"), ""),
    }[entry.kind]


def _pay(card: CardView, policy: Policy) -> list[Row]:
    """The bonus as a sum (docs/scoring.md, Pay): what was asked, and what was allowed."""
    pay, currency = card.pay, policy.currency
    sums = effects(card.rules, [grade.key for grade in policy.grades])
    factors = _(
        "%(base)s × coefficient %(coefficient)s × %(ratio)s of the month",
        base=money(pay.bonus_base, currency),
        coefficient=number(card.coefficient, 4).rstrip("0").rstrip("."),
        ratio=percent(pay.ratio, 2),
    )
    rows = [Row(_("Performance bonus"), factors, money(pay.bonus, currency))]
    asked = half_up(sums.bonus_deduction + pay.bonus * sums.bonus_share, 2)
    if asked:
        most = half_up(settle(policy.pay.max_bonus_share) * pay.bonus, 2)
        note = _(
            "asked %(asked)s, allowed at most %(share)s of the bonus: %(most)s",
            asked=money(asked, currency),
            share=percent(policy.pay.max_bonus_share, 0),
            most=money(most, currency),
        )
        rows.append(Row(_("Taken off (a proposal)"), note, _signed(-pay.deducted, currency)))
    if pay.amount:
        rows.append(Row(_("Rewards"), "", _signed(settle(pay.amount), currency)))
    return [*rows, Row(_("Paid out"), "", money(pay.payout, currency))]


def _signed(value: Decimal, currency: str) -> str:
    sign = "−" if value < 0 else "+" if value else ""
    return f"{sign}{money(abs(value), currency)}"


def _wage(card: CardView, policy: Policy) -> str | None:
    pay = card.pay
    if not pay.wage_deduction_asked:
        return None
    return str(
        _(
            "Off wages: asked %(asked)s, allowed %(allowed)s.",
            asked=money(pay.wage_deduction_asked, policy.currency),
            allowed=money(pay.wage_deduction, policy.currency),
        )
    )


def status_note(card: CardView, policy: Policy) -> str | None:
    """Why there is no grade, or no rank."""
    if card.status == "exempt":
        days = short(policy.scoring.min_days)
        return str(_("Exempt: fewer than %(days)s days at work. No grade, no rank.", days=days))
    if card.status == "incomplete":
        return str(
            _(
                "Too little data: %(coverage)s of the weight, %(least)s are needed."
                " No grade, no rank.",
                coverage=percent(card.coverage, 0),
                least=percent(policy.scoring.min_coverage, 0),
            )
        )
    if card.ramping:
        return str(
            _(
                "New hire in month %(month)d of service: graded by eased targets, without a rank.",
                month=card.tenure_months,
            )
        )
    return None


def previous(own: list[Past], month: Month) -> Past | None:
    """The scorecard of the calendar month before, in its closing of now."""
    return next((past for past in own if past.current and past.month == month.plus(-1)), None)


def status_label(card: CardView) -> str:
    return words.statuses()[card.status if card.status != "complete" else "ramping"]
