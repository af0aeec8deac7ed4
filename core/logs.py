"""What may stand in logs: ids, places in the code, kinds of errors. No names, no values.

Messages of exceptions repeat what was being handled (a row that the database refused, a cell that
could not be read), so tracebacks are written without them. Those about the code itself stay.
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from flask import Flask

# Their messages speak of names in the code.
_TELL = (ImportError, AttributeError, NameError, AssertionError)
_Info = tuple[type[BaseException], BaseException, TracebackType | None]


class Discreet(logging.Filter):
    """Writes the traceback of a record before any handler does."""

    def filter(self, record: logging.LogRecord) -> bool:
        info = record.exc_info
        if isinstance(info, tuple) and info[0] is not None and not record.exc_text:
            record.exc_text = told((info[0], info[1], info[2]))
        return True


def told(info: _Info) -> str:
    """A traceback, the causes first, as Python writes it but without messages."""
    parts: list[str] = []
    error: BaseException | None = info[1]
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        said = f": {error}" if isinstance(error, _TELL) else ""
        frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
        parts.append(f"{frames}\n{name}{said}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nafter which:\n".join(reversed(parts))


def init_logs(app: Flask) -> None:
    app.logger.addFilter(Discreet())
