"""Positions in the reader's words: those that the product's own policy knows, others as written."""

from __future__ import annotations

from flask_babel import gettext as _


def names() -> dict[str, str]:
    """Positions of the policy that comes with the product."""
    return {
        "presales_agent": _("Pre-sales agent"),
        "senior_presales_agent": _("Senior pre-sales agent"),
        "agent": _("Agent"),
        "senior_agent": _("Senior agent"),
        "technical_support": _("Technical support"),
        "supervisor": _("Supervisor"),
        "manager": _("Manager"),
        "hr": _("HR"),
    }


def name(position: str) -> str:
    return names().get(position, position)
