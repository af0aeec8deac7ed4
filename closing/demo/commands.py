"""``flask demo`` fills an empty database; ``flask start`` shows what there is, and serves."""

from __future__ import annotations

import sys
import tempfile
from itertools import count
from pathlib import Path

import click
from flask import current_app
from rich.console import Console
from sqlalchemy.orm import Session

from closing.demo.people import FEWEST, MOST
from closing.demo.services import (
    LAST_MONTH,
    Size,
    Telling,
    create_demo,
    is_empty,
    sign_ins,
)
from closing.demo.tables import best_table, sign_in_table
from closing.months import newest_closed
from closing.services import views_of
from core import serving
from core.cli import MONTH, acting, keep_private, now, progress_bar, refusing, seal
from core.db import db, transaction
from core.messages import N_
from core.values import Month

MOST_MONTHS = 24


@click.command(
    "demo",
    help=N_("Fill an empty database with a made-up centre and close all months but the last."),
)
@click.option("--staff", type=click.IntRange(FEWEST, MOST), default=60, show_default=True)
@click.option("--months", type=click.IntRange(1, MOST_MONTHS), default=6, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--until", type=MONTH, default=str(LAST_MONTH), show_default=True, help=N_("Stays open.")
)
@click.option("--if-empty", is_flag=True, help=N_("Do nothing where there are employees."))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def demo_command(
    staff: int, months: int, seed: int, until: Month, if_empty: bool, login: str | None
) -> None:
    if if_empty and not is_empty(db.session()):
        return
    size = Size(staff, months, seed, until)
    numbers = count(1)
    with tempfile.TemporaryDirectory(prefix="pingyou-") as folder, progress_bar() as told:
        telling = Telling(
            actor=acting(login),
            now=now(),
            zone=current_app.config["TIMEZONE"],
            seal=seal(),
            folder=Path(folder),
            step=lambda month: told(str(month), next(numbers), months),
        )
        with transaction():
            made = create_demo(db.session(), size, telling)
    if not if_empty:  # there ``flask start`` follows, which shows them
        _console().print(sign_in_table(made))


@click.command(
    "start",
    help=N_("Show the best of the newest closed month, then serve on 127.0.0.1, port PORT."),
)
@click.pass_context
@refusing
def start_command(context: click.Context) -> None:
    keep_private()
    serving.free_port()  # first: tables before a refusal would hide it
    show(db.session(), _console())
    db.session.remove()
    db.engine.dispose()
    context.invoke(serving.start)


def show(session: Session, console: Console) -> None:
    """The top ten of the newest closed month, and the sign-ins of a demo."""
    month = newest_closed(session)
    if month is not None:
        console.print(best_table(month, views_of(session, month)))
    known = sign_ins(session)
    if known:
        console.print(sign_in_table(known))


def _console() -> Console:
    """Standard output; wide enough to break no row where it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else 120)
