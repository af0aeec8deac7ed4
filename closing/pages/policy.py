"""Versions of the policy: read, checked, tried on a closed month, published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing.cards import CardView
from closing.consultations import record_of
from closing.months import closed_months
from closing.pages.blueprints import policy
from closing.pages.common import session
from closing.pages.forms import PolicyForm
from closing.policy import Policy
from closing.policy_text import dump, load_policy
from closing.simulation import Difference, simulate
from closing.versions import (
    check_publishable,
    policy_in_force,
    policy_version,
    publish_policy,
    versions,
)
from core import tables, web
from core.db import transaction
from core.documents import DocumentError
from core.errors import NotFound, Refused
from core.pages import filters as written
from core.permissions import Permission
from core.values import Month

LARGEST = 1_000_000
SHOWN = 300


@policy.get("/")
@web.requires(Permission.CLOSING_READ)
def versions_list() -> str:
    current = policy_in_force(session(), Month.of(web.today()))
    return render_template(
        "policy/versions.html",
        versions=versions(session()),
        current=current.number if current else None,
    )


@policy.get("/<int:number>")
@web.requires(Permission.CLOSING_READ)
def version(number: int) -> str:
    found = policy_version(session(), number)
    row = next(each for each in versions(session()) if each.number == number)
    return render_template(
        "policy/version.html",
        row=row,
        policy=found.policy,
        text=dump(found.policy),
        record=record_of(session(), found.id),
    )


@policy.get("/<int:number>.yaml")
@web.requires(Permission.CLOSING_READ)
def download(number: int) -> Response:
    found = policy_version(session(), number)
    return tables.attachment(
        dump(found.policy).encode(), f"policy-{number}.yaml", "application/yaml"
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A month under the typed policy beside what is in force."""

    month: Month
    changed: list[Difference]
    same: int
    money: Decimal
    before: Decimal
    after: Decimal


@policy.route("/new", methods=["GET", "POST"])
@web.requires(Permission.RULES_WRITE)
def new() -> str | Redirect | tuple[str, int]:
    form = PolicyForm()
    months = list(reversed(closed_months(session())))
    form.month.choices = [(str(month), written.month(month)) for month in months]
    if not form.is_submitted():
        form.text.data = _start()
        return _page(form)
    form.validate()
    problems: list[tuple[str, str]] = []
    parsed = None
    try:
        parsed = load_policy(_text_of(form))
    except DocumentError as error:
        problems = [(problem.place, problem.text(_)) for problem in error.problems]
    if parsed is None:
        return _page(form, problems=problems), 400
    action = request.form.get("action", "check")
    if action == "publish":
        return _publish(form, parsed)
    trial = _try(parsed, form, months) if action == "try" else None
    try:
        if not _is_newest(parsed):
            check_publishable(session(), parsed)
    except Refused as refused:
        problems = [("effective_from", refused.message.render(_))]
    return _page(form, parsed=parsed, trial=trial, problems=problems)


def _is_newest(parsed: Policy) -> bool:
    return any(each.hash == parsed.hash for each in versions(session())[:1])


def _start() -> str:
    """The text to begin with: the newest version, or the one that the address names."""
    given = request.args.get("from", "")
    number = int(given) if given.isdecimal() and len(given) < 7 else None
    try:
        return dump(policy_version(session(), number).policy)
    except NotFound:
        return ""


def _text_of(form: PolicyForm) -> bytes | str:
    """What is to be checked. A file goes into the text, where it can be edited."""
    upload = form.file.data
    if upload and upload.filename:
        data: bytes = upload.stream.read(LARGEST + 1)
        try:
            form.text.data = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data
    form.text.data = (form.text.data or "").replace("\r\n", "\n")
    text: str = form.text.data
    return text


def _publish(form: PolicyForm, parsed: Policy) -> Redirect | tuple[str, int]:
    try:
        with transaction():
            made = publish_policy(
                session(),
                actor=web.current_actor(),
                now=web.now().moment,
                policy=parsed,
                newest=_shown_newest(),
            )
        flash(
            _(
                "Version %(number)d is in force from %(month)s.",
                number=made.number,
                month=written.month(parsed.effective_from),
            )
        )
        return redirect(url_for("policy.version", number=made.number))
    except Refused as refused:
        problems = [("effective_from", refused.message.render(_))]
        return _page(form, parsed=parsed, problems=problems), 400


def _shown_newest() -> int | None:
    """The newest version when the page was shown."""
    given = request.form.get("newest", "")
    return int(given) if given.isdecimal() and 0 < len(given) < 7 and int(given) else None


def _try(parsed: Policy, form: PolicyForm, months: list[Month]) -> Trial | None:
    month = next((each for each in months if str(each) == form.month.data), None)
    if month is None:
        return None
    found = simulate(session(), month, parsed)
    session().rollback()
    changed = [each for each in found if each.differs]
    return Trial(
        month=month,
        changed=changed,
        same=len(found) - len(changed),
        money=sum((each.money for each in found), Decimal("0.00")),
        before=_paid(each.before for each in found),
        after=_paid(each.after for each in found),
    )


def _paid(views: Iterable[CardView | None]) -> Decimal:
    return sum(
        (view.pay.payout - view.pay.wage_deduction for view in views if view), Decimal("0.00")
    )


def _page(
    form: PolicyForm,
    *,
    parsed: Policy | None = None,
    trial: Trial | None = None,
    problems: list[tuple[str, str]] | None = None,
) -> str:
    newest: Any = next(iter(versions(session())), None)
    return render_template(
        "policy/new.html",
        form=form,
        parsed=parsed,
        trial=trial,
        problems=problems or [],
        unchanged=parsed is not None and _is_newest(parsed),
        next_number=(newest.number if newest else 0) + 1,
        shown=SHOWN,
    )
