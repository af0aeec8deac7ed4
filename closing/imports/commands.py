"""``flask import KIND FILE``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask_babel import gettext

from closing.imports.foreign import import_foreign
from closing.imports.mappings import load_mapping
from closing.imports.registry import KINDS, recognised_file
from closing.imports.reports import ImportReport, refused_rows
from closing.imports.services import import_file
from closing.services import sections_of
from core import clock
from core.cli import acting, deliver, refusing, seal
from core.db import db, transaction, wall_time
from core.errors import N_, Refused
from core.imports.cells import Bad, moment
from core.imports.kinds import Problem
from core.imports.mapping import ON_UNKNOWN, OUTSIDE, PERIOD, FileMapping, recognised
from core.imports.moments import DMY, MDY, YMD
from staff.attendance.punch_files import SOURCE
from staff.attendance.services import refresh_days

ORDERS = {"year-first": YMD, "day-first": DMY, "month-first": MDY}


class WallTime(click.ParamType[datetime]):
    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return wall_time(moment(str(value).strip()))
        except Bad as bad:
            self.fail(bad.message.render(gettext), param, ctx)


@click.command("import", help=N_("Import FILE, which holds rows of KIND."))
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "map_name", metavar="MAP", help=N_("How to read another program's file."))
@click.option("--dates", type=click.Choice(list(ORDERS)), help=N_("What its dates begin with."))
@click.option("--period", metavar="MONTH", help=N_("Month or year of its dates without a year."))
@click.option("--on-unknown", type=click.Choice(ON_UNKNOWN), help=N_("Rows of unknown people."))
@click.option("--outside", type=click.Choice(OUTSIDE), help=N_("Punches of visits (外出打卡)."))
@click.option(
    "--partial", is_flag=True, help=N_("Take the good rows, write the bad ones beside FILE.")
)
@click.option("--dry-run", is_flag=True, help=N_("Say what would happen; store nothing."))
@click.option("--clock", "at", type=WallTime(), help=N_("Local time; later times are bad rows."))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def import_command(
    kind: str,
    file: Path,
    map_name: str | None,
    partial: bool,
    dry_run: bool,
    at: datetime | None,
    login: str | None,
    **told: str | None,
) -> None:
    present = clock.now(current_app.config["TIMEZONE"])
    with transaction():
        how: dict[str, Any] = {
            "kind": kind,
            "path": file,
            "clock": at or present.wall,
            "seal": seal(),
            "actor": acting(login),
            "now": present.moment,
            "partial": partial,
            "dry_run": dry_run,
        }
        mapping = _mapping(map_name, told, how)
        report = _by_map(mapping, how) if mapping else import_file(db.session(), **how)
        beside = file.with_name(f"{file.stem}.refused.csv")
        in_part = report.refused and partial and not dry_run
        if in_part:  # before the commit: bad rows are never only in the past
            deliver(refused_rows(report, file, lambda said: said.render(gettext)), beside)
    _tell(report)  # whoever reads it may take their time: others write meanwhile
    if in_part:
        click.echo(gettext("bad rows are in %(file)s", file=beside), err=True)
    if report.stored:
        with transaction():
            refresh_days(db.session(), sections_of(db.session()))
    if report.refused and not partial:
        click.echo(gettext("nothing was stored: the file has bad rows"), err=True)
    click.echo(report.summary)
    if report.refused and not partial:
        raise SystemExit(1)


def _mapping(
    name: str | None, options: Mapping[str, str | None], how: dict[str, Any]
) -> FileMapping | None:
    """The map that is asked for, or of a file that is recognised, with what else is told."""
    told: dict[str, Any] = {key: ORDERS.get(each, each) for key, each in options.items() if each}
    if not PERIOD.fullmatch(told.get("period", "2026")):
        raise Refused(N_("--period is a month such as 2026-10, or a year"))
    if name:
        found = load_mapping(name, db.session(), how["clock"], how["kind"])
        if "outside" in told and not found.recognised:
            raise Refused(N_("--outside is for files that are recognised by their content"))
        return replace(found, **told)
    if not told:
        return None
    if recognised_file(how["kind"], how["path"]) is None:
        raise Refused(
            N_("--dates, --period, --outside and --on-unknown are for files that are recognised by"
               " their content; this one is not")
        )  # fmt: skip
    return recognised(how["kind"], source=SOURCE, **told)


def _by_map(mapping: FileMapping, how: dict[str, Any]) -> ImportReport:
    """Import a file in other columns."""
    home = ZoneInfo(current_app.config["TIMEZONE"])
    return import_foreign(db.session(), mapping=mapping, home=home, **how)


def _tell(report: ImportReport) -> None:
    """Everything but the result goes to standard error."""
    if report.unknown:
        names = ", ".join(report.unknown)
        click.echo(gettext("unknown columns, ignored: %(names)s", names=names), err=True)
    for note in report.notes:
        click.echo(note.render(gettext), err=True)
    for problem in report.warnings:
        click.echo(gettext("warning: %(text)s", text=_line(problem)), err=True)
    for line in report.late if report.traced else ():
        where = gettext("row %(row)s", row=line.number)
        text = gettext("late, month %(month)s is closed", month=str(line.month))
        click.echo(f"{where}: {text}", err=True)
    for problem in report.problems:
        click.echo(_line(problem), err=True)
    for hint in _hints(report):
        click.echo(hint, err=True)


def _hints(report: ImportReport) -> Iterator[str]:
    """What may be told of a file that leaves something open."""
    asked = report.question
    if asked is not None:
        ways = {order: word for word, order in ORDERS.items()}
        days = "; ".join(f"--dates {ways[order]}: {day}" for order, day in asked.readings.items())
        yield gettext(
            '"%(cell)s" can be read in several ways, say in which: %(days)s',
            cell=asked.cell,
            days=days,
        )
    if report.asks_period:
        yield gettext(
            "nothing in the file says of which month or year its days are: --period 2026-10"
        )
    if report.nobody:
        names = ", ".join(report.nobody[:10]) + (" …" if len(report.nobody) > 10 else "")
        yield gettext(
            "not known: %(names)s; --on-unknown set_aside keeps their rows until somebody is mapped"
            " (flask import aliases)",
            names=names,
        )


def _line(problem: Problem) -> str:
    """``row 7, column hire_date: reason``."""
    where = gettext("row %(row)s", row=problem.row)
    if problem.column:
        where = gettext("row %(row)s, column %(column)s", row=problem.row, column=problem.column)
    return f"{where}: {problem.message.render(gettext)}"
