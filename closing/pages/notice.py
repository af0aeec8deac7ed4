"""Notices of an incident as PDF: told, and decided, each with lines to sign."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from flask_babel import force_locale, gettext

from closing.pages import incident_words, words
from closing.policy import Policy
from core import pdf
from core.i18n import language
from core.pages import filters as written
from rewards.procedure import FINAL_DAYS, STATEMENT_DAYS

TEMPLATE = Path(__file__).with_name("notice.typ")


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def pdf_of(kind: str, row: Any, policy: Policy | None, *, locale: str, today: date) -> bytes:
    """``row`` is one of ``rewards.queries.incidents``, ``kind`` told or decided."""
    with force_locale(locale):
        make = _told if kind == "told" else _decided
        data = make(row, policy)
        data |= {
            "lang": language(),
            "number": _(
                "No. %(number)d, printed on %(day)s", number=row.id, day=written.day(today)
            ),
            "facts": [[label, value] for label, value in data["facts"] if value],
        }
    return pdf.render(TEMPLATE, data)


def _facts(row: Any, policy: Policy | None) -> list[tuple[str, str | None]]:
    return [
        (_("Person"), f"{row.name} {row.employee_no}"),
        (_("Team"), row.team),
        (_("Day"), written.day(row.day)),
        (_("Rule"), incident_words.rule_text(row.rule, policy)),
        (_("What happened"), row.description),
        (_("Evidence"), row.evidence),
        (_("Case"), row.case),
    ]


def _told(row: Any, policy: Policy | None) -> dict[str, Any]:
    return {
        "title": _("Notice and request for a statement"),
        "facts": _facts(row, policy),
        "paragraphs": [
            _(
                "The above was recorded of you. You may make a statement, with evidence, within "
                "%(days)d working days, until %(until)s, in Pingyou or on paper. It is read before "
                "somebody who did not record it decides.",
                days=STATEMENT_DAYS,
                until=written.day(row.statement_due),
            ),
            _("Your signature says that you received this notice, not that you agree with it."),
        ],
        "signatures": [_("Received by (signature)"), _("Handed over by (signature)"), _("Date")],
    }


def _decided(row: Any, policy: Policy | None) -> dict[str, Any]:
    effects = words.effects_of(policy).get(row.rule, []) if policy else []
    facts = [
        *_facts(row, policy),
        (_("Statement"), _statement(row)),
        (_("Consequences"), _("; ").join(effects)),
        (_("Reason"), row.reason),
        (_("Decided by"), row.decided_by),
        (_("Counts in"), written.month(row.counts_in)),
    ]
    return {
        "title": _("Notice of a decision"),
        "facts": facts,
        "paragraphs": [
            _(
                "The decision is final %(days)d working days after it was served. What it costs in "
                "the scorecard of the month can be appealed there.",
                days=FINAL_DAYS,
            ),
            _("Your signature says that you received this notice, not that you agree with it."),
        ],
        "signatures": [
            _("Received by (signature)"),
            _("Handed over by (signature)"),
            _("Refused in the presence of (signature)"),
            _("Date"),
        ],
    }


def _statement(row: Any) -> str:
    if row.statement_at is None:
        return _("None was made.")
    return str(row.statement) or _("The person says that they make none.")
