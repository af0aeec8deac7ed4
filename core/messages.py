"""Messages that are written where something goes wrong, translated where they are shown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.documents import N_

__all__ = ["N_", "Message", "Refused", "Said", "message"]


@dataclass(frozen=True, slots=True)
class Message:
    """``msgid`` is English and the key of its translation; ``params`` are filled in by ``%``."""

    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def render(self, gettext: Callable[[str], str] = str) -> str:
        told = {
            name: value.message.render(gettext) if isinstance(value, Said) else value
            for name, value in self.params.items()
        }
        return gettext(self.msgid) % told

    def without(self) -> Message:
        """The same without what it repeats of a secret cell."""
        return Message(self.msgid, dict.fromkeys(self.params, "…"))

    def __str__(self) -> str:
        return self.render()


class Said(str):
    """A sentence in English that ``message`` tells in another language."""

    message: Message

    def __new__(cls, msgid: str, **params: Any) -> Said:
        made = super().__new__(cls, msgid % params)
        made.message = Message(msgid, params)
        return made


def message(msgid: str, **params: Any) -> Message:
    return Message(msgid, params)


class Refused(Exception):
    """Something as a whole was refused, and nothing was done; ``message`` says why.

    ``field`` names the field of a form that the message belongs beside, where there is one.
    """

    def __init__(self, msgid: str, /, *, field: str | None = None, **params: Any) -> None:
        self.message = Message(msgid, params)
        self.field = field
        super().__init__(str(self.message))
