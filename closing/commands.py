"""Commands of the close: init, policy, close, reopen, scorecards, simulate, awards, payroll."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flask_babel import gettext

from closing import awards, payroll, services, simulation
from closing.months import newest_closed, passed_over
from closing.policy_text import default_policy, dump, load_policy
from closing.reopening import reopen
from closing.tables import SCORECARD_COLUMNS, difference_table, scorecard_rows
from closing.versions import policy_version, publish_policy, versions
from core import keyring
from core.access import EXPORTED, note
from core.cli import (
    MONTH,
    Table,
    acting,
    delivering,
    keep_private,
    now,
    progress_bar,
    refusing,
    seal,
)
from core.db import db, transaction
from core.errors import N_
from core.migrating import upgrade
from core.values import Month
from staff.accounts.services import ensure_first_administrator

NOT_OVER = N_("%(month)s lasts until %(day)s: what comes in after the close is late.")
PASSED_OVER = N_("%(months)s stay open, and cannot be closed while %(month)s is.")


@click.command(
    "init",
    help=N_("Newest schema, a policy and an administrator where there is none; safe to repeat."),
)
@refusing
def init_command() -> None:
    keep_private()
    keyring.check(db.session())  # before anything is written
    db.session.rollback()
    upgrade()
    actor = acting(None)
    with transaction():
        if not versions(db.session()):
            publish_policy(db.session(), actor=actor, now=now().moment, policy=default_policy())
        password = ensure_first_administrator(db.session(), now())
    if password is not None:
        click.echo(f"administrator: admin\none-time password: {password}")


policy_group = click.Group("policy", help=N_("Check, load and print the policy."))


@policy_group.command("check", help=N_("Validate FILE; name the place of every problem."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@refusing
def check_policy(file: Path) -> None:
    policy = load_policy(file.read_bytes())
    click.echo(f"{file.name}: ok, in force from {policy.effective_from}")


@policy_group.command(
    "load", help=N_("Store FILE as a new version, in force from its effective_from.")
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def load_command(file: Path, login: str | None) -> None:
    policy = load_policy(file.read_bytes())
    with transaction():
        version = publish_policy(db.session(), actor=acting(login), now=now().moment, policy=policy)
    click.echo(f"version {version.number}, in force from {policy.effective_from}")


@policy_group.command("dump", help=N_("Print a version as YAML."))
@click.option("--version", "number", type=int, help=N_("The newest by default."))
@refusing
def dump_command(number: int | None) -> None:
    click.echo(dump(policy_version(db.session(), number).policy), nl=False)


@click.command("close", help=N_("Close MONTH, and say what it leaves out."))
@click.argument("month", type=MONTH)
@click.option("--dry-run", is_flag=True, help=N_("Say what would happen; store nothing."))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def close_command(month: Month, dry_run: bool, login: str | None) -> None:
    remarks = _remarks(month)
    db.session.rollback()  # the close begins anew
    if dry_run:
        services.check_closable(db.session(), month)
        computed = services.compute_open_month(db.session(), month, now=now().moment)
        omitted = [each.as_json() for each in computed.left_out]
        count, words = len(computed.result.cards), "would be closed"
        db.session.rollback()
    else:
        with progress_bar() as told, transaction():
            closing = services.close_month(
                db.session(),
                actor=acting(login),
                now=now().moment,
                month=month,
                seal=seal(),
                told=told,
            )
            omitted, revision = closing.left_out, closing.revision
        count, words = len(services.views_of(db.session(), month)), f"closed, revision {revision}"
    for remark in remarks:
        click.echo(remark, err=True)
    for each in omitted:
        click.echo(_omission(each))
    click.echo(f"{month} {words}: {count} scorecards")


def _remarks(month: Month) -> list[str]:
    """What is unusual about closing the month now, and no reason to refuse it."""
    found = []
    if now().wall.date() <= month.last_day:
        found.append(gettext(NOT_OVER, month=str(month), day=month.last_day.isoformat()))
    behind = passed_over(newest_closed(db.session()), month)
    if behind:
        found.append(gettext(PASSED_OVER, months=behind, month=str(month)))
    return found


def _omission(each: dict[str, Any]) -> str:
    details = "; ".join(" ".join(str(part) for part in item.values()) for item in each["items"])
    return f"left out: {each['kind']} {each['count']}" + (f" ({details})" if details else "")


@click.command(
    "reopen", help=N_("Reopen the newest closed month, or an older one with all later ones.")
)
@click.argument("month", type=MONTH)
@click.option("--reason", required=True)
@click.option("--cascade", is_flag=True, help=N_("Reopen all later months too."))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def reopen_command(month: Month, reason: str, cascade: bool, login: str | None) -> None:
    with transaction():
        opened = reopen(
            db.session(),
            actor=acting(login),
            now=now(),
            month=month,
            reason=reason,
            cascade=cascade,
            seal=seal(),
        )
    click.echo("reopened: " + ", ".join(str(each) for each in opened.months))
    if any(opened.late.values()):
        click.echo("late rows: " + ", ".join(f"{name} {n}" for name, n in opened.late.items()))


OUTPUT = click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))


@click.command("scorecards", help=N_("The scorecards of a closed MONTH."))
@click.argument("month", type=MONTH)
@click.option("--format", "kind", type=click.Choice(["json", "csv", "xlsx"]), default="json")
@click.option("--preview", is_flag=True, help=N_("Of an open month: what a close would give now."))
@OUTPUT
@refusing
def scorecards_command(month: Month, kind: str, preview: bool, output: Path | None) -> None:
    views = services.views_of(db.session(), month, preview=preview, now=now().moment)
    db.session.rollback()
    result: str | Table = (SCORECARD_COLUMNS, scorecard_rows(views))
    if kind == "json":
        result = _json([view.as_json() for view in views])
    _give_out(f"scorecards:{month}", kind, len(views), result, output)


@click.command(
    "simulate",
    help=N_(
        "Scorecards and pay of MONTH under another policy beside those in force; stores nothing."
    ),
)
@click.argument("month", type=MONTH)
@click.option("--policy", "file", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "kind", type=click.Choice(["table", "json"]), default="table")
@OUTPUT
@refusing
def simulate_command(month: Month, file: Path, kind: str, output: Path | None) -> None:
    policy = load_policy(file.read_bytes())
    found = simulation.simulate(db.session(), month, policy)
    db.session.rollback()
    result: str | Table = difference_table(found)
    if kind == "json":
        result = _json([each.as_json() for each in found])
    _give_out(f"simulation:{month}", kind, len(found), result, output)


@click.command(
    "awards", help=N_("The ranked proposal of AWARD in a closed MONTH, with the reasons.")
)
@click.argument("month", type=MONTH)
@click.argument("award")
@click.option("--format", "kind", type=click.Choice(["table", "json"]), default="table")
@OUTPUT
@refusing
def awards_command(month: Month, award: str, kind: str, output: Path | None) -> None:
    found = awards.propose(db.session(), month, award)
    db.session.rollback()
    rows = [
        f"{each.rank or '—':>4}  {each.employee_no}  "
        + ("selected" if each.selected else ", ".join(each.reasons))
        for each in found
    ]
    result = "\n".join(rows) + "\n"
    if kind == "json":
        result = _json([each.as_json() for each in found])
    _give_out(f"award:{month}:{award}", kind, len(found), result, output)


@click.command(
    "payroll",
    help=N_("Pay lines of a closed MONTH. A month whose pay lines went out cannot be reopened."),
)
@click.argument("month", type=MONTH)
@click.option("--format", "kind", type=click.Choice(["csv", "xlsx"]), default="csv")
@click.option("--as", "login", help=N_("Who acts."))
@OUTPUT
@refusing
def payroll_command(month: Month, kind: str, login: str | None, output: Path | None) -> None:
    with delivering(output) as put_out, transaction():
        payroll.mark_exported(db.session(), actor=acting(login), now=now().moment, month=month)
        rows = payroll.pay_lines(db.session(), month)  # as whoever it waited for left them
        # Written before the commit that tells of it, and there after it: a file that could not be
        # written was not exported, and none is there that the month does not know of.
        put_out((payroll.COLUMNS, [line.as_row() for line in rows]), kind)


def _give_out(what: str, kind: str, rows: int, result: str | Table, output: Path | None) -> None:
    """Personal data goes into a file or to a terminal, once the entry of it is stored; and none
    is stored of a file that cannot be written."""
    with delivering(output, at_once=False) as put_out:
        put_out(result, kind)
        note(acting(None), now().moment, EXPORTED, what, after={"format": kind, "rows": rows})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


COMMANDS = (
    init_command,
    policy_group,
    close_command,
    reopen_command,
    scorecards_command,
    simulate_command,
    awards_command,
    payroll_command,
)
