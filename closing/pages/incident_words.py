"""Incidents, their procedure, tasks and files of persons, in the reader's words."""

from __future__ import annotations

from flask_babel import gettext

from closing.policy import Policy
from core.i18n import language


def _(text: str) -> str:
    return str(gettext(text))


def stages() -> dict[str, str]:
    """Where a penalty stands in its procedure."""
    return {
        "recorded": _("The person is not told yet"),
        "told": _("The statement is awaited"),
        "silent": _("No statement came in time"),
        "heard": _("The statement is there"),
        "decided": _("Not served yet"),
        "served": _("Served"),
        "final": _("Final"),
        "ended": "—",
    }


def task_states() -> dict[str, tuple[str, str]]:
    """A state in words, and the kind of its badge."""
    return {
        "open": (_("To be done"), "warn"),
        "done": (_("Done"), "good"),
        "dropped": (_("Dropped"), "plain"),
    }


def file_kinds() -> dict[str, str]:
    """What the file of a person holds."""
    return {
        "incident": _("Incident or merit"),
        "rule": _("Consequence"),
        "task": _("Follow-up task"),
        "award": _("Award"),
    }


def rule_text(code: str, policy: Policy | None) -> str:
    """A rule's code and name."""
    rule = policy.rules.get(code) if policy else None
    return f"{code} {rule.names.get(language())}" if rule else code
