"""What stands in the addresses of pages: months, and numbers of rows."""

from __future__ import annotations

from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from core.values import Month

LARGEST_KEY = 2**31 - 1


def key(text: str) -> int:
    """A number that a row may have; raises ``ValueError`` for what no column can hold."""
    found = int(text)
    if not 0 <= found <= LARGEST_KEY:
        raise ValueError(text)
    return found


class KeyConverter(IntegerConverter):
    """``<int:id>`` in a route; what cannot be the number of a row is no page."""

    def to_python(self, value: str) -> int:
        try:
            return key(value)
        except ValueError as error:
            raise ValidationError from error


class MonthConverter(BaseConverter):
    """``<month:month>`` in a route: ``2026-10`` as a ``Month``."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> Month:
        try:
            return Month.parse(value)
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: Month | str) -> str:
        return str(value)


CONVERTERS = {"month": MonthConverter, "int": KeyConverter}
