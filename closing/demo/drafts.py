"""A draft of the policy that HR of the demo centre writes, and how version 1 came about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from closing.consultations import Consultation, keep_consultation
from closing.demo.people import Person
from closing.document_edits import value_at
from closing.drafts import create_draft, save_draft
from closing.versions import policy_version
from core.actor import Actor
from core.clock import Now
from core.values import Month

NAME = "收紧迟到处罚，提高质检权重"
STRICTER = "late_count > 1"


def draft(
    session: Session, *, actor: Actor, first: Month, officer: Person, begun: Now, saved: Now
) -> None:
    """``first`` is the first month of the story: what held from then on was announced before."""
    day = first.first_day
    keep_consultation(
        session,
        actor=actor,
        now=begun.moment,
        number=policy_version(session).number,
        consultation=Consultation(
            discussed_on=day - timedelta(days=40),
            discussed_with="职工代表大会，工会参加协商",
            opinions="代表提出迟到处罚应设上限，已采纳：每月最多计四次。",
            announced_on=day - timedelta(days=15),
            announced_how="公告栏公示七日，全员培训并签到",
        ),
    )
    hr = Actor(officer.no, actor.employee_id)
    made = create_draft(session, actor=hr, now=begun.moment, name=NAME)
    save_draft(
        session,
        actor=hr,
        now=saved.moment,
        draft_id=made.id,
        parts=[("rules", "LAT-P1"), ("templates", "agent")],
        edit=_stricter,
    )


def _stricter(document: dict[str, Any]) -> None:
    """As far as the policy is that of the product."""
    rule = value_at(document, ("rules", "LAT-P1"))
    if isinstance(rule, dict) and "bonus_deduction" in rule:
        rule["when"] = STRICTER
        rule["bonus_deduction"] = 80
        rule["per"] = {**(value_at(rule, ("per",)) or {}), "above": 1}
    for line in value_at(document, ("templates", "agent", "lines")) or []:
        if line.get("metric") == "qa_score":
            line["weight"] = 20
