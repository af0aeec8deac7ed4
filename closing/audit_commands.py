"""``flask audit``: whether the trail is whole, its head, and contents blanked for erasure."""

from __future__ import annotations

import click
from flask_babel import gettext

from closing.verification import verify
from core import audit
from core.audit_subjects import entries_about
from core.cli import acting, now, refusing
from core.db import db, transaction
from core.errors import N_, Refused
from core.messages import Said


class Head(click.ParamType[tuple[int, str]]):
    """``N:HASH`` as ``flask audit head`` prints it."""

    name = "head"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[int, str]:
        number, _, mac = str(value).strip().partition(":")
        if not number.isdecimal() or not mac:
            self.fail(gettext("not a head (N:HASH): %(value)s", value=value), param, ctx)
        return int(number), mac


audit_group = click.Group("audit", help=N_("The audit trail."))


@audit_group.command(
    "verify", help=N_("Walk the audit trail and the closed months; name the first broken link.")
)
@click.option(
    "--head", "heads", type=Head(), multiple=True, help=N_("A head noted before (N:HASH).")
)
@refusing
def verify_command(heads: tuple[tuple[int, str], ...]) -> None:
    session, found = db.session(), audit.Trail()
    problems = list(verify(session, found))
    problems += [
        Said(
            N_("head %(number)s: the trail does not contain it (cut off or replaced)"),
            number=number,
        )
        for number, mac in heads
        if not audit.has(session, number, mac)
    ]
    number, mac = audit.head(session)
    if problems:
        raise click.ClickException("\n".join(each.message.render(gettext) for each in problems))
    click.echo(gettext("the audit trail and the closed months are whole"))
    entries = gettext("%(count)s entries", count=found.length)
    if found.blanked:
        entries += gettext(", %(count)s blanked", count=found.blanked)
    click.echo(f"{entries}; head {number}:{mac}", err=True)


@audit_group.command(
    "head", help=N_("Print number and hash of the newest entry, to be noted elsewhere.")
)
@refusing
def head_command() -> None:
    number, mac = audit.head(db.session())
    click.echo(f"{number}:{mac}")


@audit_group.command(
    "blank",
    help=N_(
        "Blank the contents of the entries about SUBJECT; the chain stays whole. Cannot be undone."
    ),
)
@click.option(
    "--subject", required=True, help=N_("employee:E0007, or a subject as it stands there.")
)
@click.option("--reason", required=True, help=N_("Why; kept in the trail."))
@click.option("--as", "login", help=N_("Who acts."))
@refusing
def blank_command(subject: str, reason: str, login: str | None) -> None:
    if not reason.strip():
        raise Refused(N_("A reason is needed."), field="reason")
    with transaction():
        session = db.session()
        count = audit.blank(
            session,
            actor=acting(login),
            at=now().moment,
            numbers=entries_about(session, subject.strip()),
            reason=reason.strip(),
            subject=subject.strip(),
        )
    click.echo(gettext("blanked: %(count)s entries", count=count))
