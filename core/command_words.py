"""The command line in the language of the installation: helps, and the words of click itself.

What Flask says of its own commands, and the head of ``flask --help``, stay English.
"""

from __future__ import annotations

import copy
import gettext as system
import os
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import gettext
from sqlalchemy.exc import SQLAlchemyError

from core.faults import database_fault
from core.i18n import LOCALES
from core.messages import N_

# Click looks these up in the catalogue of the domain "messages", which is ours.
CLICK = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Positional arguments"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing parameter"),
    N_("Missing command."),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is not readable."),
    N_("{name} {filename!r} is not writable."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("Choose from:\n\t{choices}"),
    N_("Option {name!r} does not take a value."),
    N_("Show this message and exit."),
    N_("default: {default}"),
    N_("Aborted!"),
)
LANGUAGE = "LANGUAGE"


class Commands(AppGroup):
    """Our commands, each with its helps in the language of the installation."""

    def __init__(self, app: Flask) -> None:
        super().__init__(name=app.name)
        self._app = app

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        system.bindtextdomain("messages", self._app.config["BABEL_TRANSLATION_DIRECTORIES"])
        os.environ[LANGUAGE] = LOCALES[self._app.config["LANGUAGE"]]
        if found is None:
            return None
        with self._app.app_context():
            made = worded(found)
        made.invoke = self._telling(made.invoke)  # type: ignore[assignment, method-assign]
        return made

    def _telling(self, invoke: Callable[[click.Context], Any]) -> Callable[[click.Context], Any]:
        """What commands of Flask's own do not tell of the database is told as ours tell it."""

        def telling(ctx: click.Context) -> Any:
            try:
                return invoke(ctx)
            except SQLAlchemyError as error:
                with self._app.app_context():
                    raise click.ClickException(database_fault(error).render(gettext)) from error

        return telling

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """As tests run it: the language of one application is not that of the next."""
        before = os.environ.get(LANGUAGE)
        try:
            return super().main(*args, **kwargs)
        finally:
            os.environ.pop(LANGUAGE, None)
            if before is not None:
                os.environ[LANGUAGE] = before


def worded(command: click.Command) -> click.Command:
    """A copy of the command whose helps are translated, and those of what it holds."""
    made = copy.copy(command)
    made.help = gettext(made.help) if made.help else made.help
    made.params = [_parameter(each) for each in command.params]
    if isinstance(made, click.Group):
        made.commands = {name: worded(each) for name, each in made.commands.items()}
    return made


def _parameter(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option) or not parameter.help:
        return parameter
    made = copy.copy(parameter)
    made.help = gettext(parameter.help)
    return made
