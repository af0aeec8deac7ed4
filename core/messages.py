"""Messages that are written where something goes wrong, translated where they are shown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.documents import N_

__all__ = ["N_", "Message", "Refused", "message"]


@dataclass(frozen=True, slots=True)
class Message:
    """``msgid`` is English and the key of its translation; ``params`` are filled in by ``%``."""

    msgid: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def render(self, gettext: Callable[[str], str] = str) -> str:
        return gettext(self.msgid) % self.params

    def without(self) -> Message:
        """The same without what it repeats of a secret cell."""
        return Message(self.msgid, dict.fromkeys(self.params, "…"))

    def __str__(self) -> str:
        return self.render()


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
