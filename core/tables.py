"""Lists: sorted, filtered, paged and exported from one description and the address.

A route describes its list once (``Listing``), hands over a query or rows, and gets a page to
render, or the file where the address says ``format=csv`` or ``xlsx``::

    return tables.respond(LISTING, query, "staff/people.html", filename="people")

Nothing of the address is trusted: unknown columns, directions, values and pages fall back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, render_template, request
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Select, func, or_, select

from core import web
from core.access import note
from core.columns import Column as Column
from core.db import db
from core.files.writing import write_csv, write_xlsx
from core.pages import filters as written
from core.values import Names

ROWS = 50
FORMATS = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
}


@dataclass(frozen=True)
class Filter:
    """A choice in the bar above a list; ``choices`` are (value, label) and nothing else counts.

    A row is kept where its ``key`` equals the value, read by ``read``; otherwise say ``where``,
    which makes the SQL condition from the list's columns and a value (lists from the database),
    or ``keep``, which decides on a row in memory.
    """

    key: str
    label: Any
    choices: Sequence[tuple[str, Any]]
    read: Callable[[str], Any] = str
    where: Callable[[Any, str], ColumnElement[bool]] | None = None
    keep: Callable[[Any, str], bool] | None = None


@dataclass(frozen=True)
class Listing:
    """``search`` names the fields of a row that the search looks into.

    ``order`` names those that end every ordering, so that it is total: the employee number, the id.
    ``default`` is the column sorted by at first.
    """

    columns: Sequence[Column]
    order: Sequence[str]
    default: str = ""
    descending: bool = False
    search: Sequence[str] = ()
    filters: Sequence[Filter] = ()
    rows: int = ROWS


@dataclass
class Page:
    """What the macros of templates/components/tables.html show."""

    listing: Listing
    sort: str
    descending: bool
    q: str
    chosen: dict[str, str]
    number: int = 1
    total: int = 0
    rows: Sequence[Any] = field(default_factory=list)

    @property
    def columns(self) -> Sequence[Column]:
        return self.listing.columns

    @property
    def filters(self) -> Sequence[Filter]:
        return self.listing.filters

    @property
    def searchable(self) -> bool:
        return bool(self.listing.search)

    def options(self, of: Filter) -> Markup:
        """The choices of a filter as options of a select: written here, for a large centre has
        hundreds of teams, which take a template as long as the rest of the page."""
        chosen = self.chosen.get(of.key)
        return Markup(
            "".join(
                f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
                f"{escape(label)}</option>"
                for value, label in of.choices
            )
        )

    @property
    def whole(self) -> bool:
        """Whether no row is filtered away."""
        return not self.chosen and not self.q

    @property
    def pages(self) -> int:
        return max(1, math.ceil(self.total / self.listing.rows))

    @property
    def kept(self) -> dict[str, str]:
        """What else the address says, for the form of the filters to keep."""
        own = {"q", "page", "format", *(each.key for each in self.filters)}
        return {key: value for key, value in request.args.items() if key not in own}

    @property
    def cleared(self) -> str:
        return web.here(q=None, page=None, **{each.key: None for each in self.filters})

    def sort_url(self, column: Column) -> str:
        """The address sorted by a column: numbers fall first, texts rise; again turns around."""
        falling = not self.descending if self.sort == column.key else column.numeric
        return web.here(sort=column.key, dir="desc" if falling else "asc", page=None)


def respond(
    listing: Listing,
    source: Select[Any] | Sequence[Any],
    template: str,
    *,
    filename: str,
    whole: int | None = None,
    **context: Any,
) -> str | Response:
    """The page, as ``page`` in ``template``; or the whole filtered list as a file.

    ``source`` is a select of labelled columns, already limited to what the viewer may see (by
    ``visible_employees``), or a sequence of objects in memory. Fields are named by those labels.
    ``whole`` is how many rows a select has without filters, where that is known: it is not counted.
    """
    page = _asked(listing)
    form = request.args.get("format", "")
    everything = form in FORMATS
    if isinstance(source, Select):
        _from_database(page, source, everything, whole)
    else:
        _from_memory(page, source, everything)
    if everything:
        return _file(page, form, filename)
    return render_template(template, page=page, **context)


def fetched(
    listing: Listing,
    source: Select[Any],
    *,
    whole: int | None = None,
    ids: Sequence[int] | None = None,
) -> Page:
    """One page of rows, for a route that makes more of them than a list. One statement, as a rule.

    ``whole`` is how many rows there are without filters, and ``ids`` are all of theirs in the
    order of the list, where that is known. Otherwise rows have a column ``everything`` beside those
    of ``source``: how many there are on all pages.
    """
    whole = len(ids) if ids is not None else whole
    page = _asked(listing)
    if whole is not None and page.whole:
        page.number = page.number if (page.number - 1) * listing.rows < whole else 1
        if ids is not None:
            start = (page.number - 1) * listing.rows
            source = source.where(
                source.selected_columns["id"].in_(ids[start : start + listing.rows])
            )
            page.total, page.rows = whole, db.session.execute(_ordered(page, source)).all()
            return page
        _from_database(page, source, everything=False, whole=whole)
        return page
    ordered = _ordered(page, source).add_columns(func.count().over().label("everything"))
    size = listing.rows
    found = db.session.execute(ordered.limit(size).offset((page.number - 1) * size)).all()
    if not found and page.number > 1:  # further than there are pages
        page.number = 1
        found = db.session.execute(ordered.limit(size)).all()
    page.rows, page.total = found, found[0].everything if found else 0
    return page


def _asked(listing: Listing) -> Page:
    args = request.args
    sortable = {column.key for column in listing.columns if column.sortable}
    sort = args.get("sort", "")
    known = sort in sortable
    descending = args.get("dir") == "desc" if known else listing.descending
    chosen = {
        each.key: args[each.key]
        for each in listing.filters
        if args.get(each.key) in {value for value, _ in each.choices}
    }
    number = args.get("page", "1")
    page = Page(listing, sort if known else listing.default, descending, "", chosen)
    page.q = args.get("q", "").strip()[:100] if listing.search else ""
    page.number = max(1, int(number)) if number.isdecimal() and len(number) < 7 else 1
    return page


def contains(columns: Sequence[Any], text: str) -> ColumnElement[bool]:
    """Whether one of the columns contains the text, in any case; ``%`` and ``_`` are themselves."""
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


@dataclass(frozen=True, slots=True)
class Ordered:
    """A whole list in its order; ``whole`` says that nothing is filtered away."""

    query: Select[Any]
    sort: str
    descending: bool
    whole: bool


def asked(listing: Listing, source: Select[Any]) -> Ordered:
    """The whole list as the address filters and sorts it: for a page that walks through it."""
    page = _asked(listing)
    return Ordered(_ordered(page, source), page.sort, page.descending, page.whole)


def _ordered(page: Page, source: Select[Any]) -> Select[Any]:
    fields = source.order_by(None).subquery("listed")
    query = select(*fields.c).where(*_conditions(page, fields.c))
    orders: list[Any] = [fields.c[name].asc() for name in page.listing.order]
    if page.sort in fields.c:
        by = fields.c[page.sort]
        orders.insert(0, (by.desc() if page.descending else by.asc()).nulls_last())
    return query.order_by(*orders)


def _from_database(
    page: Page, source: Select[Any], everything: bool, whole: int | None = None
) -> None:
    query = ordered = _ordered(page, source)
    if not everything:
        if whole is None or not page.whole:
            counted = query.order_by(None).subquery()
            whole = db.session.scalar(select(func.count()).select_from(counted)) or 0
        page.total = whole
        page.number = min(page.number, page.pages)
        size = page.listing.rows
        ordered = ordered.limit(size).offset((page.number - 1) * size)
    page.rows = db.session.execute(ordered).all()


def _conditions(page: Page, fields: Any) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for each in page.filters:
        if each.key in page.chosen:
            value = page.chosen[each.key]
            where = (
                each.where(fields, value) if each.where else fields[each.key] == each.read(value)
            )
            conditions.append(where)
    if page.q:
        conditions.append(contains([fields[name] for name in page.listing.search], page.q))
    return conditions


def _from_memory(page: Page, source: Sequence[Any], everything: bool) -> None:
    rows = [row for row in source if _kept(page, row)]
    rows.sort(key=lambda row: tuple(getattr(row, name) for name in page.listing.order))
    column = next((each for each in page.columns if each.key == page.sort), None)
    if column is not None:
        present = [row for row in rows if column.of(row) is not None]
        present.sort(key=lambda row: _comparable(column.of(row)), reverse=page.descending)
        rows = present + [row for row in rows if column.of(row) is None]
    page.total = len(rows)
    page.number = min(page.number, page.pages)
    start = (page.number - 1) * page.listing.rows
    page.rows = rows if everything else rows[start : start + page.listing.rows]


def _kept(page: Page, row: Any) -> bool:
    for each in page.filters:
        if each.key in page.chosen:
            value = page.chosen[each.key]
            keep = (
                each.keep(row, value) if each.keep else getattr(row, each.key) == each.read(value)
            )
            if not keep:
                return False
    needle = page.q.casefold()
    texts = (str(getattr(row, name)) for name in page.listing.search)
    return not needle or any(needle in text.casefold() for text in texts)


def _comparable(value: Any) -> Any:
    return written.names(value) if isinstance(value, Names) else value


def _file(page: Page, form: str, filename: str) -> Response:
    """The list as a file; that it was taken goes into the audit trail."""
    subject = f"{filename}.{form} {request.full_path}".rstrip("?")[:200]
    note(web.current_actor(), web.now().moment, "export", subject, after=len(page.rows))
    mimetype, write = FORMATS[form]
    header = [str(column.label) for column in page.columns]
    body = write(
        header, ([_written(column.cell(row)) for column in page.columns] for row in page.rows)
    )
    return attachment(body, f"{filename}.{form}", mimetype)


def _written(value: Any) -> Any:
    """Moments by the organisation's clock, as the page shows them; spreadsheets know no zones."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(ZoneInfo(current_app.config["TIMEZONE"])).replace(tzinfo=None)
    return value


def attachment(body: bytes, filename: str, mimetype: str) -> Response:
    """A file to save; ``filename`` is ASCII."""
    response = Response(body, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response
