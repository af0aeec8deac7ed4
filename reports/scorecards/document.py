"""A scorecard as a PDF: the same figures and sentences as on its page, one or two sheets of A4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from closing.rounds.view import ReviewView
from core import pdf
from core.i18n import language
from core.pages import filters as written
from core.values import Month
from evaluations.monthly.models import EvaluationFeedback
from evaluations.rounds.queries import comments as comments_by_group
from reports.reach import Subject
from reports.scorecards import card as cards
from reports.scorecards.assembling import Assembled
from reports.scorecards.card import Row
from reports.scorecards.lines import LineView
from reports.scorecards.rules import RuleView

TEMPLATE = Path(__file__).with_name("card.typ")
ABREAST = 3  # facts in a row


Comments = Mapping[tuple[str, ...], Sequence[str]]


def document(
    whole: Assembled,
    person: Subject,
    printed: str,
    feedback: EvaluationFeedback | None,
    comments: Comments,
) -> bytes:
    """``printed`` says when, by whom: it stands at the foot of every sheet. ``feedback`` is that of
    a submitted evaluation which the reader may see, ``comments`` those of the 360° round."""
    return pdf.render(TEMPLATE, contents(whole, person, printed, feedback, comments))


def comments_of(session: Session, found: ReviewView | None, employee_id: int) -> Comments:
    """As the page of the round shows them: of the groups shown, shuffled, without authors."""
    if found is None or not found.in_browser:
        return {}
    groups = [group.relations for group in found.groups]
    return comments_by_group(session, found.month, employee_id, groups)


def contents(
    whole: Assembled,
    person: Subject,
    printed: str,
    feedback: EvaluationFeedback | None = None,
    comments: Comments | None = None,
) -> dict[str, Any]:
    """What the template is handed: texts only, in the reader's language."""
    view, page = whole.view, whole.page
    grade = page.grade
    return {
        "lang": "zh" if language() == "zh" else "en",
        "title": _("Scorecard"),
        "name": view.name,
        "number": view.employee_no,
        "about": " · ".join(filter(None, (view.team, page.template))),
        "month": written.month(view.month),
        "issue": _(
            "revision %(revision)d · policy version %(version)d",
            revision=view.revision,
            version=view.policy_version,
        ),
        "total": written.number(view.total),
        "grade": f"{grade.key} {grade.names.get(language())}" if grade else written.DASH,
        "facts": _head(whole),
        "note": cards.status_note(view, whole.policy) or "",
        "replaced": "" if whole.chosen.current else _("This revision was replaced by a later one."),
        "sections": _sections(whole, feedback, comments or {}),
        "foot": printed,
    }


def _head(whole: Assembled) -> list[list[str]]:
    view, page = whole.view, whole.page
    found = []
    if view.team_rank:
        found.append([_("Team"), f"{view.team_rank} / {page.team_size}"])
    if view.company_rank:
        found.append([_("Company"), str(view.company_rank)])
    change = written.number(page.change, sign=True)
    return [*found, [_("Against last month"), change]]


def _sections(
    whole: Assembled, feedback: EvaluationFeedback | None, comments: Comments
) -> list[dict[str, Any]]:
    page = whole.page
    found = [_feedback(feedback)] if feedback else []
    found += [_lines(page), _sum(_("From the base to the total"), page.ledger, _total(whole))]
    if page.rules:
        found.append(_rules(page.rules))
    if page.pay:
        found.append(_sum(_("Pay"), page.pay[:-1], [page.pay[-1].label, page.pay[-1].amount]))
    if page.moved:
        found.append(_moved(page))
    if page.reviews:
        found += [*_reviews(page.reviews, page.card.month), *_said(page.reviews, comments)]
    return [*found, *_facts(page)]


def _table(
    title: str,
    heads: list[str],
    rows: list[list[str]],
    foot: list[str] | None = None,
    *,
    pairs: bool = False,
) -> dict[str, Any]:
    """``heads`` are as many as the cells of a row; the first column is text, the others figures.

    Of ``pairs`` every second column is a figure.
    """
    return {"title": title, "heads": heads, "rows": rows, "foot": foot or [], "pairs": pairs}


def _feedback(feedback: EvaluationFeedback) -> dict[str, Any]:
    """What the supervisor wrote, as paragraphs under their heads."""
    parts = (
        (_("Strengths"), feedback.strengths),
        (_("To improve"), feedback.improve),
        (_("Agreed next step"), feedback.next_step),
    )
    title = _("Feedback of the supervisor · next step")
    return {
        "title": title,
        "texts": [[head, text.strip().splitlines()] for head, text in parts if text.strip()],
    }


def _reviews(found: ReviewView, month: Month) -> list[dict[str, Any]]:
    """Groups as the page shows them: those too small stand together, or are left out."""
    title = _("360° feedback")
    if found.month != month:
        title += " · " + _("From the round of %(month)s.", month=written.month(found.month))
    rows = [
        [
            group.label,
            written.short(group.reviews),
            written.short(group.weight),
            written.number(group.score),
        ]
        for group in found.groups
    ]
    tables = [_table(title, [_("Group"), _("Reviews"), _("Weight"), _("Score")], rows)]
    if found.competencies:
        heads = [_("Competency"), *(group.label for group in found.groups)]
        ratings = [
            [name, *(written.number(group.ratings.get(key)) for group in found.groups)]
            for key, name in found.competencies.items()
        ]
        tables.append(_table(_("Ratings from 1 to 5"), heads, ratings))
    return tables


def _said(found: ReviewView, comments: Comments) -> list[dict[str, Any]]:
    """Comments of a round under the group that they come from."""
    texts = [
        [group.label, [f"– {' '.join(text.split())}" for text in comments[group.relations]]]
        for group in found.groups
        if comments.get(group.relations)
    ]
    return [{"title": _("Comments of the 360° round"), "texts": texts}] if texts else []


def _lines(page: cards.CardPage) -> dict[str, Any]:
    heads = [_("Metric"), _("Actual"), _("Sample"), _("Target"), _("Weight"), _("Score")]
    base = [_("Base"), "", "", "", written.short(page.weight), "", written.number(page.card.base)]
    return _table(_("Lines"), [*heads, _("Points")], [_line(line) for line in page.lines], base)


def _line(line: LineView) -> list[str]:
    return [
        line.label,
        _("no data") if line.score is None else line.raw,
        written.short(line.sample_size),
        line.target,
        written.short(line.weight),
        written.number(line.score),
        written.number(line.contribution),
    ]


def _sum(title: str, rows: list[Row], foot: list[str]) -> dict[str, Any]:
    listed = [[f"{row.label} {row.note}".strip(), row.amount] for row in rows]
    return _table(title, ["", ""], listed, foot)


def _total(whole: Assembled) -> list[str]:
    return [_("Total"), written.number(whole.view.total)]


def _rules(rules: list[RuleView]) -> dict[str, Any]:
    rows = [
        [
            f"{each.code} {each.name}" + (f" ({written.day(each.day)})" if each.day else ""),
            " · ".join([each.state_label, *each.effects]),
        ]
        for each in rules
    ]
    return _table(_("Rules that fired"), ["", ""], rows)


def _moved(page: cards.CardPage) -> dict[str, Any]:
    rows = [[move.label, written.number(move.amount, sign=True)] for move in page.moved]
    foot = [_("Change of the total"), written.number(page.change, sign=True)]
    return _table(_("What moved since last month"), ["", ""], rows, foot)


def _facts(page: cards.CardPage) -> list[dict[str, Any]]:
    """All facts of the month in one table, three beside one another."""
    cells = [[fact.label, fact.value] for group in page.facts for fact in group.facts]
    if not cells:
        return []
    high = -(-len(cells) // ABREAST)
    cells += [["", ""]] * (high * ABREAST - len(cells))
    rows = [[part for each in cells[at::high] for part in each] for at in range(high)]
    return [_table(_("All facts of the month"), [""] * (2 * ABREAST), rows, pairs=True)]
