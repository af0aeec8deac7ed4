"""Who does long work: the thread of the web process, and a command."""

from __future__ import annotations

import click
from flask import Flask
from flask_babel import gettext

from core.background import Background
from core.cli import refusing
from core.jobs import work_off
from core.messages import N_, Message

jobs_group = click.Group("jobs", help=N_("Long work that was asked for in the browser."))


@jobs_group.command("work", help=N_("Do the jobs that wait, and those that were interrupted."))
@refusing
def work_command() -> None:
    faults: list[Message] = []
    count = work_off(faults)
    if faults:  # each once, for one disk may have failed many jobs
        told = dict.fromkeys(each.render(gettext) for each in faults)
        raise click.ClickException("\n".join(told))
    click.echo(gettext("jobs worked at: %(count)d", count=count))


def init_jobs(app: Flask) -> None:
    """Jobs of requests are worked off by themselves; in tests only when they are told to."""
    app.cli.add_command(jobs_group)
    if not app.config["TESTING"]:
        app.extensions["jobs"] = Background(app, "jobs", work_off, "jobs could not be worked off")
