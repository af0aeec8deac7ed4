"""What is wrong with a document, and where: translatable, and collected rather than raised.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


def N_(message: str) -> str:
    """Mark a message for extraction where it is written; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place such as ``templates.agent.lines[2].target``.

    ``message`` is English and the msgid of its translation; ``params`` are filled in by ``%``.
    The place is empty where the document as a whole is meant.
    """

    place: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, gettext: Callable[[str], str] = str) -> str:
        """The message alone, for a page that shows it beside the field."""
        return gettext(self.message) % self.params

    def render(self, gettext: Callable[[str], str] = str) -> str:
        """The place and the message, for a list or a terminal."""
        return f"{self.place}: {self.text(gettext)}" if self.place else self.text(gettext)


class DocumentError(Exception):
    """A document was refused; ``problems`` holds everything found, in the order of reading."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.render() for problem in problems))


def join(place: str, key: object) -> str:
    return f"{place}.{key}" if place else str(key)


def short(value: object) -> str:
    """A value as messages quote it: at most 60 characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
