"""Awards: what a month proposes, who is not eligible and why, winners confirmed, honours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response as Redirect

from closing import winners
from closing.award_reasons import AwardList, Line, award_list
from closing.awards import award_of, propose
from closing.catalogue import award_catalogue
from closing.months import current_closing
from closing.pages import words
from closing.pages.blueprints import rewards
from closing.pages.common import attempt, names_by_id, policy_or_none, session
from closing.policy import Policy
from closing.versions import policy_of_closing
from core import tables, web
from core.db import transaction
from core.errors import Forbidden, Refused
from core.i18n import language
from core.models import MonthState
from core.pages import filters as written
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import FactSpec, Month
from rewards import queries
from rewards.models import AwardWinner
from rewards.policy import Award


@rewards.get("/awards/<month:month>")
@web.requires(Permission.AWARDS_READ)
def awards(month: Month) -> str:
    closing = current_closing(session(), month)
    if closing is None:
        policy = policy_or_none(session(), month)
    else:
        policy = policy_of_closing(session(), closing.document_version_id).policy
    if policy is None:
        return render_template("rewards/no_policy.html")
    found = queries.winners(session(), month)
    return render_template(
        "rewards/awards.html",
        month=month,
        closed=closing is not None,
        policy=policy,
        conditions=_conditions(policy),
        quotas={key: quota_text(award) for key, award in policy.awards.items()},
        winners=found,
        names=names_by_id(session(), {each.employee_id for each in found}),
        may_see_reasons=_leads_on(month, policy) if closing is not None else frozenset(),
    )


def _conditions(policy: Policy) -> dict[str, str]:
    facts = award_catalogue(policy)
    return {key: words.say_condition(award.eligible, facts) for key, award in policy.awards.items()}


def quota_text(award: Award) -> str:
    if award.quota < 1:
        return str(_("%(share)s of those eligible", share=written.percent(award.quota, 0)))
    return str(ngettext("%(num)d winner", "%(num)d winners", int(award.quota)))


def _leads_on(month: Month, policy: Policy) -> frozenset[str]:
    """The awards whose list with the reasons the viewer may read."""
    if not web.viewer().may(Permission.CLOSING_READ) and web.viewer().hr is None:
        return frozenset()
    return frozenset(key for key in policy.awards if _sees_reasons(month, key))


def _sees_reasons(month: Month, key: str) -> bool:
    """The list with its reasons is for those who decide, and for auditors."""
    return web.viewer().may(Permission.CLOSING_READ) or _decides(month, key)


def _decides(month: Month, key: str) -> bool:
    """HR, and the second decider about an award for which somebody of HR is a candidate."""
    viewer = web.viewer()
    if viewer.reaches_all(Permission.AWARDS_WRITE):
        return True
    return viewer.hr is not None and any(
        viewer.decides_for_hr(None, each.employee_no) for each in propose(session(), month, key)
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the list in words."""

    line: Line
    values: list[str]
    reasons: list[str]


@rewards.route("/awards/<month:month>/<award>", methods=["GET", "POST"])
@web.requires(Permission.AWARDS_READ)
def award(month: Month, award: str) -> str | Redirect | tuple[str, int]:
    if not _sees_reasons(month, award):
        award_of(session(), month, award)
        return redirect(url_for("rewards.awards", month=month))
    if request.method == "POST":
        if not _decides(month, award):
            web.refuse(Permission.AWARDS_WRITE)
        return _confirm(month, award)
    return _award_page(month, award)


def _confirm(month: Month, key: str) -> Redirect | tuple[str, int]:
    try:
        with transaction():
            made = winners.confirm_winners(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                month=month,
                key=key,
                numbers=request.form.getlist("winners"),
                reason=request.form.get("reason", "")[:1000],
            )
        flash(ngettext("%(num)d winner is confirmed.", "%(num)d winners are confirmed.", len(made)))
        return redirect(url_for("rewards.award", month=month, award=key))
    except Forbidden:
        raise
    except Refused as refused:
        page = _award_page(month, key, refused.field or "", refused.message.render(_))
        return page, 400


def _award_page(month: Month, key: str, field: str = "", problem: str = "") -> str:
    found = award_list(session(), month, key)
    confirmed = list(queries.winners(session(), month, key))
    shown = [_shown(found, line) for line in found.lines]
    selected = {line.proposal.employee_no for line in found.lines if line.proposal.selected}
    ticked = set(request.form.getlist("winners")) if request.form else selected
    return render_template(
        "rewards/award.html",
        month=month,
        award=found.award,
        keys=[_key_text(found.facts, each) for each, _direction in found.award.rank_by],
        directions=[direction for _key, direction in found.award.rank_by],
        condition=words.say_condition(found.award.eligible, found.facts),
        quota=quota_text(found.award),
        currency=found.policy.currency,
        eligible=[each for each in shown if each.line.proposal.eligible],
        others=[each for each in shown if not each.line.proposal.eligible],
        confirmed=confirmed,
        names=names_by_id(session(), {each.employee_id for each in confirmed}),
        exported=_is_exported(confirmed),
        ticked=ticked,
        selected=selected,
        decides=_decides(month, key),
        is_candidate=winners.is_candidate(session(), web.viewer().employee_id, found.proposals),
        reason=request.form.get("reason", ""),
        field=field,
        problem=problem,
    )


def _is_exported(confirmed: list[AwardWinner]) -> bool:
    states = [session().get(MonthState, each.pay_month) for each in confirmed]
    return any(state is not None and state.exported_at is not None for state in states)


def _key_text(facts: Mapping[str, FactSpec], key: str) -> str:
    return _("Employed since") if key == "hire_date" else words.label(facts.get(key), key)


def _shown(found: AwardList, line: Line) -> Shown:
    values = [
        _value(found.facts.get(key), value)
        for (key, _direction), value in zip(found.award.rank_by, line.values)
    ]
    return Shown(line, values, reasons_text(line))


def _value(spec: FactSpec | None, value: float | date | None) -> str:
    """A value in a column of its kind: scores always with two decimals."""
    if value is None:
        return written.DASH
    if isinstance(value, date):
        return written.day(value)
    if spec is not None and spec.kind in ("mean", "score"):
        return written.number(value)
    return words.figure(value, spec)


def reasons_text(line: Line) -> list[str]:
    """Why somebody is not eligible, in the order of the reasons."""
    found = []
    for reason in line.proposal.reasons:
        if reason == "barred":
            found += [
                _("barred until %(month)s by %(rule)s", month=words.month_text(bar.until),
                  rule=bar.rule)
                for bar in line.bars
            ]  # fmt: skip
        elif reason == "condition":
            found += [
                _("not met: %(condition)s", condition=words.say_finding(each))
                for each in line.failing
                if each.held is False
            ]
        elif reason == "cooldown" and line.won and line.again:
            found.append(
                _("won in %(month)s, eligible again from %(again)s",
                  month=words.month_text(line.won), again=words.month_text(line.again))
            )  # fmt: skip
        elif reason == "status":
            text = words.statuses()[line.status]
            found.append(_("new hire") if line.status == "complete" else text)
        elif reason == "undecided":
            found += [
                _("cannot be decided: %(condition)s", condition=words.say_finding(each))
                for each in line.failing
                if each.held is None
            ]
    return found


@rewards.post("/awards/<month:month>/<award>/undo")
@web.requires(Permission.AWARDS_WRITE)
def undo_award(month: Month, award: str) -> Redirect:
    if not _decides(month, award):
        web.refuse(Permission.AWARDS_WRITE)
    return attempt(
        lambda: winners.undo_confirmation(
            session(),
            actor=web.current_actor(),
            now=web.now().moment,
            month=month,
            key=award,
            reason=request.form.get("reason", "")[:1000],
        ),
        _("The decision is taken back."),
        url_for("rewards.award", month=month, award=award),
    )


@rewards.get("/honours")
@web.requires(Permission.AWARDS_READ)
def honours() -> str | Response:
    policy = policy_or_none(session(), Month.of(web.today()))
    listed = policy.awards.items() if policy else ()
    names = {key: each.names.get(language()) for key, each in listed}
    listing = Listing(
        columns=[
            Column("month", _l("Month"), "month"),
            Column("award", _l("Award"), value=lambda row: names.get(row.award, row.award)),
            Column("employee_no", _l("Number")),
            Column("name", _l("Name")),
            Column("team", _l("Team")),
        ],
        order=["award", "employee_no", "id"],
        default="month",
        descending=True,
        search=["employee_no", "name"],
        filters=[Filter("award", _l("Award"), list(names.items()))],
    )
    return tables.respond(
        listing, queries.honours(web.today()), "rewards/honours.html", filename="honours"
    )
