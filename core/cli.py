"""What commands share: months as arguments, who acts, refusals, and where results go.

Exit status 0 is done, 1 refused with a reason on standard error, 2 wrong usage.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from core import clock, keyring
from core.actor import SYSTEM, Actor
from core.db import db
from core.documents import DocumentError
from core.drafted import drafted, put
from core.errors import Refused
from core.faults import database_fault, disk_fault
from core.files.writing import write_csv, write_xlsx
from core.private import tighten
from core.values import Month

P = ParamSpec("P")
R = TypeVar("R")


class MonthParameter(click.ParamType[Month]):
    name = "month"

    def convert(self, value: Any, param: Any, ctx: Any) -> Month:
        try:
            return value if isinstance(value, Month) else Month.parse(value)
        except ValueError:
            self.fail(gettext("not a month (YYYY-MM): %(value)s", value=value), param, ctx)


MONTH = MonthParameter()


def refusing(function: Callable[P, R]) -> Callable[P, R]:
    """Turn domain errors into a reason on standard error and exit status 1."""

    @with_appcontext
    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Refused as error:
            raise click.ClickException(error.message.render(gettext)) from error
        except DocumentError as error:
            lines = [problem.render(gettext) for problem in error.problems]
            raise click.ClickException("\n".join(lines)) from error
        except OSError as error:
            raise click.ClickException(disk_fault(error).render(gettext)) from error
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise click.ClickException(database_fault(error).render(gettext)) from error

    return wrapper


def now() -> clock.Now:
    return clock.now(current_app.config["TIMEZONE"])


def acting(login: str | None) -> Actor:
    """The actor of a command: ``system``, or whoever ``--as`` names."""
    if login is None:
        return SYSTEM
    find: Callable[[str], Actor] = current_app.extensions["find_actor"]
    return find(login)


def seal() -> Callable[[str], str]:
    """Digests reviews of closed rounds with a key that the master key opens."""
    return keyring.sealing(db.session(), "reviews")


def keep_private() -> None:
    """Tighten what lies on the disk, and tell of what was open to others."""
    config = current_app.config
    instance = Path(current_app.instance_path)
    for path in tighten(instance, config["SQLALCHEMY_DATABASE_URI"]):
        click.echo(
            gettext("%(path)s was open to others; it is its owner's alone now", path=path), err=True
        )


Table = tuple[Sequence[str], Sequence[Sequence[Any]]]


def deliver(result: str | Table, output: Path | None, kind: str = "csv") -> None:
    """Write a result to the file, or to standard output."""
    with delivering(output) as put_out:
        put_out(result, kind)


@contextmanager
def delivering(
    output: Path | None, *, at_once: bool = True
) -> Iterator[Callable[[str | Table, str], None]]:
    """Writes a result; a file stands under its name once all that is within has gone well.

    So is standard output written then: whoever reads it may take their time, and keep nobody from
    the database meanwhile. A pipe is written at once, for what it does not take was not given; or
    with standard output, where nothing may go out that is not noted.
    """
    with ExitStack() as drafts:
        made: list[tuple[Path, Path]] = []
        told: list[bytes] = []
        piped: list[tuple[Path, bytes]] = []

        def put_out(result: str | Table, kind: str) -> None:
            data = _written(result, kind)
            if output is None:
                told.append(data)
            elif output.exists() and not output.is_file():  # a pipe, a terminal
                if at_once:
                    _pipe(output, data)
                else:
                    piped.append((output, data))
            else:
                path = output.resolve()
                made.append((drafts.enter_context(drafted(path, data)), path))

        yield put_out
        for draft, path in made:
            put(draft, path)
        for pipe, data in piped:
            _pipe(pipe, data)
        for data in told:
            sys.stdout.buffer.write(data)
            sys.stdout.flush()


def _pipe(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        error.filename = str(path)  # which writing does not tell
        raise


def _written(result: str | Table, kind: str) -> bytes:
    if isinstance(result, str):
        return result.encode()
    columns, rows = result
    return write_xlsx(columns, rows) if kind == "xlsx" else write_csv(columns, rows)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, told the step and the how manieth of how many it is.

    Nothing is shown where standard error goes elsewhere.
    """
    from rich.console import Console  # no worker shows any
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    shown = sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("")

        def told(step: str, number: int, of: int) -> None:
            bar.update(task, description=step, completed=number - 1, total=of)

        yield told
