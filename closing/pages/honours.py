"""The wall of honours, the list behind it, and certificates."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from closing.pages import certificate as certificates_
from closing.pages.blueprints import rewards
from closing.pages.common import session
from core import tables, web
from core.access import EXPORTED, note
from core.i18n import LOCALES, language
from core.permissions import Permission
from core.tables import Column, Filter, Listing
from core.values import Month, Names
from rewards import announcements
from rewards.models import AwardDecision, AwardWinner


@rewards.get("/honours")
@web.requires(Permission.AWARDS_READ)
def honours() -> str:
    """The winners of a year, the newest month first; the newest year where none is asked for."""
    today = web.today()
    years = announcements.years_of_honours(session(), today)
    year = request.args.get("year", type=int) or (years[0] if years else today.year)
    year = min(max(year, 1), 9999)
    rows = session().execute(
        announcements.honours(today)
        .where(AwardWinner.month >= Month(year, 1), AwardWinner.month <= Month(year, 12))
        .order_by(AwardWinner.month.desc(), AwardWinner.award, AwardWinner.id)
    )
    return render_template(
        "rewards/honours.html",
        years=years,
        year=year,
        months=_by_month(list(rows)),
        awaited=[
            (each, Names(**each.names).get(language()))
            for each in announcements.awaited(session(), today)
        ],
        today=today,
        me=web.viewer().employee_id if web.viewer().behalf is None else None,
        all_certificates=web.viewer().reaches_all(Permission.AWARDS_WRITE),
    )


def _by_month(rows: list[Any]) -> list[tuple[Month, list[tuple[Names, list[Any]]]]]:
    return [
        (
            month,
            [
                (Names(**winners[0].names), winners)
                for _key, group in groupby(of_month, key=lambda row: row.award)
                if (winners := list(group))
            ],
        )
        for month, of_month in groupby(rows, key=lambda row: row.month)
    ]


@rewards.get("/honours/list")
@web.requires(Permission.AWARDS_READ)
def honours_list() -> str | Response:
    today = web.today()
    found = session().execute(
        select(AwardDecision.award, AwardDecision.names)
        .where(announcements.is_final(today))
        .order_by(AwardDecision.id)
    )
    names = {key: Names(**value).get(language()) for key, value in found}
    listing = Listing(
        columns=[
            Column("month", _l("Month"), "month"),
            Column("award", _l("Award"), value=lambda row: Names(**row.names).get(language())),
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
    source = announcements.honours(today)
    return tables.respond(listing, source, "rewards/honours_list.html", filename="honours")


@rewards.get("/certificates/<int:winner_id>.pdf")
@web.requires(Permission.AWARDS_READ)
def certificate(winner_id: int) -> Response:
    """One's own, or anybody's for HR, once the award is final."""
    query = announcements.honours(web.today()).where(AwardWinner.id == winner_id)
    row = session().execute(query).one_or_none()
    if row is None:
        abort(404)
    viewer = web.viewer()
    own = viewer.behalf is None and viewer.is_person(row.employee_id)
    if not own and not viewer.reaches_all(Permission.AWARDS_WRITE):
        abort(403)
    return _pdf([row], f"certificate-{row.month}-{row.employee_no}.pdf")


@rewards.get("/certificates/<month:month>.pdf")
@web.requires(Permission.AWARDS_WRITE)
def certificates(month: Month) -> Response:
    """Every certificate of a month in one document."""
    if not web.viewer().reaches_all(Permission.AWARDS_WRITE):
        web.refuse(Permission.AWARDS_WRITE)
    rows = session().execute(
        announcements.honours(web.today())
        .where(AwardWinner.month == month)
        .order_by(AwardWinner.award, AwardWinner.id)
    )
    return _pdf(list(rows) or abort(404), f"certificates-{month}.pdf")


def _pdf(rows: list[Any], filename: str) -> Response:
    chosen = request.args.get("lang", language())
    content = certificates_.pdf_of(rows, locale=LOCALES.get(chosen, LOCALES["zh"]))
    note(web.current_actor(), web.now().moment, EXPORTED, filename)
    return tables.attachment(content, filename, "application/pdf")
