"""``flask audit``: whether the trail is whole, its head, and contents blanked for erasure."""

from __future__ import annotations

import click

from closing.verification import verify
from core import audit
from core.audit_subjects import entries_about
from core.cli import acting, now, refusing
from core.db import db, transaction
from core.errors import N_, Refused


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
            self.fail(f"not a head (N:HASH): {value}", param, ctx)
        return int(number), mac


audit_group = click.Group("audit", help="The audit trail.")


@audit_group.command("verify")
@click.option("--head", "heads", type=Head(), multiple=True, help="A head noted before (N:HASH).")
@refusing
def verify_command(heads: tuple[tuple[int, str], ...]) -> None:
    """Walk the audit trail and the closed months; name the first broken link."""
    session, found = db.session(), audit.Trail()
    problems = list(verify(session, found))
    problems += [
        f"head {number}: the trail does not contain it (cut off or replaced)"
        for number, mac in heads
        if not audit.has(session, number, mac)
    ]
    number, mac = audit.head(session)
    if problems:
        raise click.ClickException("\n".join(problems))
    blanked = f", {found.blanked} blanked" if found.blanked else ""
    click.echo("the audit trail and the closed months are whole")
    click.echo(f"{found.length} entries{blanked}; head {number}:{mac}", err=True)


@audit_group.command("head")
@refusing
def head_command() -> None:
    """Print number and hash of the newest entry, to be noted elsewhere."""
    number, mac = audit.head(db.session())
    click.echo(f"{number}:{mac}")


@audit_group.command("blank")
@click.option("--subject", required=True, help="employee:E0007, or a subject as it stands there.")
@click.option("--reason", required=True, help="Why; kept in the trail.")
@click.option("--as", "login", help="Who acts.")
@refusing
def blank_command(subject: str, reason: str, login: str | None) -> None:
    """Blank the contents of the entries about SUBJECT; the chain stays whole. Cannot be undone."""
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
    click.echo(f"blanked: {count} entries")
