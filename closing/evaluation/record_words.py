"""What checks and complaints are called on pages, in the reader's language."""

from __future__ import annotations

from flask_babel import gettext as _

from evaluations.complaints.clocks import CLASSES

CHANNELS = ("TEL", "CHAT", "WEB", "APP", "MAIL", "SHOP", "SOC", "REG")


def answers() -> dict[str, str]:
    return {
        "yes": _("met"),
        "partly": _("partly met"),
        "no": _("not met"),
        "na": _("does not apply"),
    }


def bonus_answers() -> dict[str, str]:
    return {"yes": _("earned"), "no": _("not earned")}


def fatal_answers() -> dict[str, str]:
    return {"yes": _("kept"), "no": _("violated"), "na": _("does not apply")}


def answers_of(kind: str) -> dict[str, str]:
    """Words for the answers to an item of this kind."""
    return {"bonus": bonus_answers, "fatal": fatal_answers}.get(kind, answers)()


def item_kinds() -> dict[str, str]:
    return {"scored": _("scored"), "fatal": _("fatal"), "bonus": _("bonus")}


def channels() -> dict[str, str]:
    return {
        "TEL": _("telephone"),
        "CHAT": _("online chat"),
        "WEB": _("website"),
        "APP": _("app"),
        "MAIL": _("e-mail"),
        "SHOP": _("in person"),
        "SOC": _("social media"),
        "REG": _("authorities"),
    }


def classes() -> dict[str, str]:
    return {
        "product": _("product"),
        "service": _("service"),
        "logistics": _("logistics"),
        "other": _("other"),
    }


def subclasses() -> dict[str, str]:
    return {
        "defect": _("defect"),
        "malfunction": _("malfunction"),
        "wrong_specification": _("wrong specification"),
        "attitude": _("attitude"),
        "slow_response": _("slow response"),
        "cumbersome": _("cumbersome procedure"),
        "late": _("late delivery"),
        "damaged": _("damaged goods"),
        "wrong_goods": _("wrong goods"),
        "missing_goods": _("missing goods"),
        "billing": _("billing"),
        "data_leak": _("data leak"),
    }


def class_text(category: str | None, subclass: str | None) -> str | None:
    """The class with its subclass; what files call it stays as it is."""
    if category is None:
        return None
    name = classes().get(category, category)
    return f"{name} · {subclasses().get(subclass, subclass)}" if subclass else name


def class_choices() -> dict[str, list[tuple[str, str]]]:
    """Subclasses under their class; the class alone stands first."""
    names, parts = classes(), subclasses()
    found: dict[str, list[tuple[str, str]]] = {"": [("", _("Choose a class"))]}
    for category, within in CLASSES.items():
        general = _("%(name)s (in general)", name=names[category])
        found[names[category]] = [
            (f"{category}:", general),
            *((f"{category}:{each}", parts[each]) for each in within),
        ]
    return found


def severities() -> dict[str, str]:
    return {"ordinary": _("ordinary"), "major": _("major")}


def steps() -> dict[str, str]:
    return {
        "details_asked_at": _("Missing details asked for"),
        "contacted_at": _("Customer contacted"),
        "plan_at": _("First plan given"),
        "escalated_at": _("Reported up"),
        "started_at": _("Handling started"),
        "progress_at": _("Progress told to the customer"),
        "closed_at": _("Complaint closed"),
    }


def clock_states() -> dict[str, tuple[str, str]]:
    """Words and the kind of badge."""
    return {
        "met": (_("in time"), "good"),
        "late": (_("done too late"), "warn"),
        "running": (_("running"), "plain"),
        "overdue": (_("overdue"), "bad"),
        "missed": (_("never done"), "bad"),
    }


def states() -> dict[str, tuple[str, str]]:
    return {
        "open": (_("open"), "plain"),
        "overdue": (_("overdue"), "bad"),
        "closed": (_("settled"), "good"),
    }


def responsibilities() -> dict[str, str]:
    return {
        "open": _("Not decided"),
        "yes": _("Counted as somebody's"),
        "no": _("Counted as nobody's"),
    }


def span(seconds: int) -> str:
    """A time that is left or gone by, in the two largest units."""
    minutes = max(seconds, 0) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return str(_("%(days)d d %(hours)d h", days=days, hours=hours))
    if hours:
        return str(_("%(hours)d h %(minutes)d min", hours=hours, minutes=rest))
    return str(_("%(minutes)d min", minutes=rest))
