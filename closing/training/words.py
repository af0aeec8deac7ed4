"""Training in the reader's words."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext


def _(text: str, **values: Any) -> str:
    return str(gettext(text, **values))


def states() -> dict[str, tuple[str, str]]:
    """How somebody stands with a mandatory course, and the kind of its badge."""
    return {
        "overdue": (_("Overdue"), "bad"),
        "soon": (_("Due within 30 days"), "warn"),
        "open": (_("Not passed yet"), "plain"),
        "passed": (_("Passed"), "good"),
    }


def statuses() -> dict[str, str]:
    return {"attended": _("attended"), "missed": _("missed"), "excused": _("excused")}


def categories() -> dict[str, str]:
    return {
        "product": _("Product knowledge"),
        "communication": _("Communication"),
        "problem_solving": _("Problem solving"),
        "complaint_handling": _("Complaint handling"),
        "etiquette": _("Service etiquette"),
        "tools": _("Tools"),
        "confidentiality": _("Information security and confidentiality"),
        "ethics": _("Professional ethics"),
    }


def category(key: str | None) -> str:
    return categories().get(key or "", key or "—")


def yes_no(value: bool | None) -> str | None:
    return None if value is None else _("yes") if value else _("no")
