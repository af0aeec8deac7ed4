"""Composition root: settings, extensions, blueprints, commands, the error table.

Nobody imports this module; ``flask`` finds it by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask

import closing.appeals.models
import closing.commands
import closing.models
import core.models
import evaluations.checks.models
import evaluations.complaints.models
import evaluations.models
import evaluations.monthly.models
import evaluations.rounds.models
import evaluations.scorecards.models
import rewards.models
import staff.attendance.models
import staff.models
import training.models
from closing.attendance.pages import attendance as attendance_pages
from closing.audit_commands import audit_group
from closing.backup_commands import backup_command, restore_command
from closing.demo.commands import demo_command, start_command
from closing.evaluation.pages import evaluations as evaluation_pages
from closing.imports.commands import import_command
from closing.imports.routes import imports
from closing.pages.routes import BLUEPRINTS as closing_pages
from closing.publication_clock import init_publication
from closing.rounds.hr_routes import reviews as review_pages
from closing.training.pages import training as training_pages
from core import keyring, migrating, web
from core.command_words import Commands
from core.db import db
from core.job_commands import init_jobs
from core.key_commands import key_group
from core.logs import init_logs
from core.mailing import init_mail
from core.secrets import BadKey
from core.settings import settings
from core.upkeep import init_upkeep
from reports.routes import BLUEPRINTS as report_pages
from staff.accounts.identity import init_accounts
from staff.accounts.pages import BLUEPRINTS as account_pages
from staff.accounts.services import acting
from staff.inbox_routes import inbox
from staff.naming import init_naming
from staff.routes import staff as staff_pages

ROOT = Path(__file__).parent


def create_app(given: Mapping[str, Any] | None = None) -> Flask:
    """The application; ``given`` overrides settings from the environment (tests)."""
    given = given or {}
    instance = Path(given.get("INSTANCE", ROOT / "instance"))
    app = Flask(__name__, instance_path=str(instance.resolve()))
    app.config.update(_settings(instance.resolve(), given))
    app.cli = Commands(app)
    db.init_app(app)
    migrating.install(app)
    keyring.install(app.config["MASTER_KEYS"], app)
    init_logs(app)
    web.init_web(app)
    init_accounts(app)
    init_naming(app)
    init_mail(app)
    init_jobs(app)
    init_publication(app)
    init_upkeep(app)
    own = (staff_pages, inbox, imports, evaluation_pages, attendance_pages, training_pages)
    for blueprint in (*report_pages, *account_pages, *own, *closing_pages, review_pages):
        app.register_blueprint(blueprint)
    web.check_endpoints(app)
    app.extensions["find_actor"] = lambda login: acting(db.session(), login)
    for command in (
        import_command,
        demo_command,
        start_command,
        *closing.commands.COMMANDS,
        audit_group,
        backup_command,
        restore_command,
        key_group,
    ):
        app.cli.add_command(command)
    return app


def _settings(instance: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """A setting or a key that cannot be is told in a line to whoever started the application."""
    try:
        return settings(instance, given)
    except (ValueError, BadKey) as error:
        if given:
            raise
        sys.exit(f"Error: {error}")
