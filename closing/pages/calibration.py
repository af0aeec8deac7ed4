"""Calibration: teams and supervisors compared before the close, and what was changed by it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import Response, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from closing import calibration_queries as queries
from closing.calibration import FEWEST
from closing.calibration_queries import Before, Compared, Key
from closing.catalogue import fact_catalogue
from closing.kept_preview import PreviewCard, Summary, kept_summary, summary
from closing.months import current_closing
from closing.pages import words
from closing.pages.blueprints import closing
from closing.pages.common import link, names_by_id, session
from closing.services import required_policy
from core import charts, web
from core.permissions import Permission
from core.values import Month

BY = ("supervisor", "team")
MOST_BARS = 16


@dataclass(frozen=True, slots=True)
class Scene:
    """The preview and the month before, as far as the viewer may give evaluations back."""

    by: str
    people: frozenset[int]
    cards: list[PreviewCard]
    before: list[Before]


@closing.get("/closing/<month:month>/calibration")
@web.requires(Permission.EVALUATIONS_RETURN)
def calibration(month: Month) -> str | Redirect:
    if current_closing(session(), month) is not None:
        return redirect(url_for("scorecards.month_list", month=month))
    now, policy = web.now().moment, required_policy(session(), month).policy
    computed = kept_summary(session(), month, now)
    if computed is None:
        if not request.args.get("figures"):
            return render_template("closing/calibration_wait.html", month=month)
        computed = summary(session(), month, now)
    scene = _scene(month, computed)
    templates = {card.employee_id: card.template for card in scene.cards}
    checks = queries.spot_checks(session(), month, templates)
    groups = queries.compared(scene.cards, scene.before, checks, scene.by)
    names = _names(groups, scene)
    chosen = request.args.get("group", "")
    return render_template(
        "closing/calibration.html",
        month=month,
        by=scene.by,
        groups=sorted(groups, key=lambda each: names[each.key]),
        names=names,
        chart=_bars(groups, names),
        members=[card for card in scene.cards if chosen and _text(_key(card, scene.by)) == chosen],
        totals={each.employee_id: each.total for each in scene.before},
        chosen=chosen,
        text=_text,
        grades=policy.grades,
        fewest=FEWEST,
        changes=queries.changed(session(), month, scene.people),
        label=lambda metric: words.label(fact_catalogue(policy).get(metric), metric),
        at=computed.at,
        month_page=link("closing.month", month=month),
    )


@closing.get("/closing/<month:month>/calibration.svg")
@web.requires(Permission.EVALUATIONS_RETURN)
def calibration_chart(month: Month) -> Response:
    """Drawn of a kept preview only: the page has computed it a moment ago."""
    if current_closing(session(), month) is not None:
        abort(404)
    required_policy(session(), month)
    scene = _scene(month, summary(session(), month, web.now().moment))
    groups = queries.compared(scene.cards, scene.before, (), scene.by)
    drawn = _bars(groups, _names(groups, scene))
    if drawn is None:
        abort(404)
    return charts.respond(charts.bars, drawn)


def _scene(month: Month, computed: Summary) -> Scene:
    by = request.args.get("by", "")
    people = queries.in_scope(session(), web.viewer(), web.today())
    return Scene(
        by if by in BY else BY[0],
        people,
        [card for card in computed.cards if card.employee_id in people],
        queries.month_before(session(), month, people),
    )


def _key(card: PreviewCard, by: str) -> Key:
    return card.team if by == "team" else card.supervisor_id


def _text(key: Key) -> str:
    """How a group stands in an address."""
    return "-" if key is None else str(key)


def _names(groups: Collection[Compared], scene: Scene) -> dict[Key, str]:
    if scene.by == "team":
        return {each.key: str(each.key) if each.key else _("Without a team") for each in groups}
    ids = [each.key for each in groups if isinstance(each.key, int)]
    known = names_by_id(session(), ids)
    names: dict[Key, str] = {each: f"{known[each][1]} {known[each][0]}" for each in ids}
    return names | {None: _("Without a supervisor")}


def _bars(groups: Collection[Compared], names: dict[Key, str]) -> charts.Bars | None:
    """Mean totals of the groups that are large enough, highest first; None for fewer than two."""
    known = sorted(
        ((names[each.key], each.now.mean) for each in groups if each.now.mean is not None),
        key=lambda pair: (-pair[1], pair[0]),
    )[:MOST_BARS]
    if len(known) < 2:
        return None
    most, least = known[0][1], known[-1][1]
    title = _(
        "Mean totals lie between %(least)s and %(most)s",
        least=f"{least:.1f}",
        most=f"{most:.1f}",
    )
    labels = tuple(name.split("/")[-1].rsplit(" ", 1)[0] for name, _value in known)
    return charts.Bars(title, labels, tuple(round(mean, 1) for _name, mean in known))
