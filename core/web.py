"""What routes stand on: permissions at the door, who is looking, which month, the places.

Every view is marked by ``requires`` or ``public`` under its route; one that is neither answers
nobody, and ``check_endpoints`` refuses to start with it. How to write a page: docs/development.md.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from core import clock
from core.access import note_refusal
from core.actor import Actor
from core.db import db
from core.errors import Refused
from core.i18n import init_i18n
from core.models import MonthState
from core.pages.assets import init_assets
from core.pages.characters import check_address, check_body
from core.pages.compression import init_compression
from core.pages.converters import CONVERTERS
from core.pages.errors import init_errors
from core.pages.filters import init_filters
from core.pages.headers import init_headers
from core.permissions import Permission
from core.values import Month
from core.viewer import Viewer, reading

SIGN_IN = "accounts.sign_in"
PASSWORD = "accounts.password"
FACTOR = "accounts.factor"
DEPUTIES = "accounts.deputies"
MARK = "pingyou_access"
View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()
login = LoginManager()


def requires(permission: Permission, *, first_password: bool = False) -> Callable[[View], View]:
    """Let in who holds ``permission`` in some scope; how far it reaches is the query's affair.

    Anonymous readers are sent to sign in and come back. Others get 403 where they may see what they
    may not do, 404 where they may not even see it. ``first_password`` also lets in those who still
    have to replace a password that they were given, or to set up a second factor.
    """

    def mark(view: View) -> View:
        setattr(view, MARK, (permission, first_password))
        return view

    return mark


def public(view: View) -> View:
    """Let everybody in, signed in or not."""
    setattr(view, MARK, None)
    return view


def viewer() -> Viewer:
    """Who is looking; 401 where nobody is signed in (cannot happen behind ``requires``)."""
    found = viewer_or_none()
    if found is None:
        abort(401)
    return found


def viewer_or_none() -> Viewer | None:
    found: Viewer | None = getattr(current_user, "viewer", None)
    return found


def current_actor() -> Actor:
    """The viewer as the one who acts, for services: for somebody away, if they stand in for one.

    Whatever is about one's own account one does as oneself.
    """
    who, origin = viewer(), request.remote_addr or ""
    if who.behalf is None:
        return Actor(who.label, who.employee_id, who.account_id, origin)
    if request.endpoint and permission_of(current_app, request.endpoint) == Permission.SELF:
        return Actor(who.own_label, who.employee_id, who.account_id, origin)
    return Actor(who.label, who.employee_id, who.account_id, origin, who.behalf.employee_id)


def now() -> clock.Now:
    """The moment of this request: the same all through it."""
    if "now" not in g:
        g.now = clock.now(current_app.config["TIMEZONE"])
    moment: clock.Now = g.now
    return moment


def today() -> date:
    return now().wall.date()


def selected_month() -> Month:
    """The month that the page is about: from the path, else ``?month=``, else the newest closed.

    Where none is closed yet, the month before the current one.
    """
    if "month" not in g:
        g.month = _month_of_address() or _newest_closed() or Month.of(today()).plus(-1)
    month: Month = g.month
    return month


def select_month(month: Month) -> None:
    """Tell the month that a page is about where its address does not."""
    g.month = month


def _month_of_address() -> Month | None:
    given = (request.view_args or {}).get("month")
    if isinstance(given, Month):
        return given
    try:
        return Month.parse(request.args.get("month", ""))
    except ValueError:
        return None


def _newest_closed() -> Month | None:
    return db.session.scalar(select(func.max(MonthState.month)).where(MonthState.state == "closed"))


def here(**changes: object) -> str:
    """This address with some of its parts changed; None takes one out."""
    values: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    values.update(changes)
    kept = {key: value for key, value in values.items() if value not in (None, "", [])}
    return url_for(request.endpoint or "", **kept)


def here_in_month(month: Month) -> str:
    """This page in another month; the month is in the path where the page has it there."""
    return here(month=str(month), page=None)


def return_path() -> str:
    """The address to come back to after a form that could stand on any page."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def safe_next(target: str | None) -> str | None:
    """``target`` if it is a path of this site, else None: nobody is sent elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(character) < 32 for character in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def refuse(permission: Permission) -> NoReturn:
    """Abort with what one without ``permission`` is told: 403 where they may read, else 404."""
    who = viewer()
    read = reading(permission)
    g.refused = f"{permission} {request.path}"
    abort(403 if read is not None and read != permission and who.may(read) else 404)


def to_own(endpoint: str, **values: Any) -> Response:
    """To a page about whoever looks, by their own number; 404 for one who is no employee.

    A deputy has nothing of their own open: they are told so, where they can end acting.
    """
    who = viewer()
    if who.employee_id is None:
        abort(404)
    if who.behalf is None:
        return redirect(url_for(endpoint, employee_no=who.own_label, **values))
    flash(
        gettext(
            "You act for %(name)s. Act as yourself again to open what is your own.",
            name=who.behalf.name,
        ),
        "error",
    )
    return redirect(url_for(DEPUTIES))


def check_endpoints(app: Flask) -> None:
    """Raise ``RuntimeError`` naming the endpoints that are marked by neither decorator."""
    bare = [
        name
        for name, view in app.view_functions.items()
        if not _is_file(name) and not hasattr(view, MARK)
    ]
    if bare:
        raise RuntimeError(f"endpoints without a permission: {', '.join(sorted(bare))}")


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """What an endpoint requires; None where it is public. For the test of every route."""
    mark = getattr(app.view_functions[endpoint], MARK, None)
    return mark[0] if mark else None


def _is_file(endpoint: str) -> bool:
    return endpoint.rpartition(".")[2] == "static"


def _guard() -> Response | None:
    """Before every request: the one place where permissions are enforced."""
    endpoint = request.endpoint
    if endpoint is None or _is_file(endpoint):
        return None
    view = current_app.view_functions[endpoint]
    if not hasattr(view, MARK):
        abort(404)
    mark = getattr(view, MARK)
    if mark is None:
        return None
    permission, first_password = mark
    who = viewer_or_none()
    if who is None:
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for(SIGN_IN, next=wanted if wanted != "/" else None))
    if who.unfinished and not first_password:
        return redirect(url_for(PASSWORD if who.must_change else FACTOR))
    if not who.may(permission):
        refuse(permission)
    return None


def _note_refusals(response: Response) -> Response:
    """After every request: somebody who is signed in was told 403 or 404 by one of our views.

    A mistyped number is among them, for it cannot be told from a number that was tried.
    """
    endpoint = request.endpoint
    if response.status_code not in (403, 404) or not endpoint or _is_file(endpoint):
        return response
    if viewer_or_none() is None:
        return response
    subject = g.get("refused") or f"{request.method} {request.path}"
    try:
        note_refusal(current_actor(), now().moment, subject)
    except (Refused, SQLAlchemyError):
        current_app.logger.exception("a refusal could not be written into the audit trail")
    return response


def init_web(app: Flask) -> None:
    """Everything that pages need, before the blueprints are registered."""
    if app.config["PROXIES"]:
        # Only as many as there are: whatever stands before them the browser itself has sent.
        count = app.config["PROXIES"]
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    app.after_request(_note_refusals)
    check_address(app)
    app.before_request(_guard)  # first: an expired session is sent to sign in, not told 400
    app.url_map.converters.update(CONVERTERS)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    login.init_app(app)
    csrf.init_app(app)
    check_body(app)
    init_i18n(app)
    init_compression(app)
    init_headers(app)
    init_errors(app)
    init_filters(app)
    init_assets(app)
    app.jinja_env.globals.update(
        viewer=viewer_or_none,
        selected_month=selected_month,
        here=here,
        here_in_month=here_in_month,
        return_path=return_path,
        today=today,
        P=Permission,
    )
