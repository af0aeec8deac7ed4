"""One mapping of a document, read strictly. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Final, TypeVar

from core.documents.problems import N_, DocumentError, Problem, join, short
from core.documents.values import (
    CODE,
    KEY_PATTERNS,
    Complaint,
    out_of_range,
    unknown_option,
    wrong_key,
    wrong_number,
    wrong_text,
)
from core.values import Month, Names

T = TypeVar("T")


class _Required:
    """The default of a key that must be there."""


REQUIRED: Final = _Required()


class Section:
    """One mapping of a document, and the place where it stands."""

    def __init__(
        self,
        value: object,
        place: str = "",
        problems: list[Problem] | None = None,
    ) -> None:
        self.place = place
        self.problems: list[Problem] = [] if problems is None else problems
        self._asked: dict[str, None] = {}
        self._broken = not isinstance(value, Mapping)
        self._values: dict[str, object] = {}
        if isinstance(value, Mapping):
            for key, each in value.items():
                if isinstance(key, str):
                    self._values[key] = each
                else:
                    self._add(join(place, key), wrong_key(key))
        else:
            self._add(place, N_("must be a mapping of keys to values"))

    # What was found

    def problem(self, key: str, message: str, /, **params: object) -> None:
        """Note a problem at ``key`` (of this very section where the key is empty)."""
        self._add(join(self.place, key) if key else self.place, message, params)

    def fine(self, *keys: str) -> bool:
        """Whether nothing was found so far at or below these keys (anywhere here, without keys)."""
        places = [join(self.place, key) for key in keys] or [self.place]
        return not any(_within(each.place, place) for each in self.problems for place in places)

    def done(self) -> None:
        """Report the keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                guess = get_close_matches(key, self._asked, 1)
                if guess:
                    message = N_('is not a known key; did you mean "%(guess)s"?')
                    self.problem(key, message, guess=guess[0])
                else:
                    self.problem(key, N_("is not a known key"))

    def finish(self) -> None:
        """Report unknown keys, and raise :class:`DocumentError` where anything was found."""
        self.done()
        if self.problems:
            raise DocumentError(self.problems)

    def one_of(
        self,
        key: str,
        value: str,
        options: Collection[str],
        unknown: str = N_('"%(value)s" is not known here'),
    ) -> None:
        """Note a problem unless the value is an option; propose the nearest, or list the few."""
        self._complain(key, unknown_option(value, options, unknown))

    # What stands there

    def has(self, key: str) -> bool:
        """Whether something other than null stands at the key."""
        return self._values.get(key) is not None

    def free_keys(self) -> Iterator[str]:
        """The keys of a mapping whose keys are free, each taken as known."""
        for key in self._values:
            self._asked[key] = None
            yield key

    def raw(self, key: str, default: object = REQUIRED) -> object:
        """The value as it stands, or None where it is absent (noted, where it is required)."""
        self._asked[key] = None
        value = self._values.get(key)
        if value is None and default is REQUIRED and not self._broken:
            self.problem(key, N_("is missing"))
        return value

    def section(self, key: str, *, optional: bool = False) -> Section:
        """The mapping at the key; an optional one that is absent reads as empty."""
        value = self.raw(key, None if optional else REQUIRED)
        place = join(self.place, key)
        below = Section({} if value is None else value, place, self.problems)
        below._broken = below._broken or (value is None and not optional)
        return below

    def entries(
        self,
        key: str,
        *,
        pattern: re.Pattern[str] = CODE,
        optional: bool = False,
    ) -> Iterator[tuple[str, Section]]:
        """The mappings of a mapping with free keys (rules by code), in the document's order."""
        parent = self.section(key, optional=optional)
        for name in parent.free_keys():
            if not pattern.fullmatch(name):
                parent.problem(name, KEY_PATTERNS[pattern])
            yield name, Section(parent._values[name], join(parent.place, name), self.problems)
        if not optional and not parent._values and not parent._broken and parent.fine():
            parent.problem("", N_("must not be empty"))

    def sections(self, key: str) -> Iterator[tuple[int, Section]]:
        """The mappings of a list that must not be empty."""
        for index, value in enumerate(self._list(key, REQUIRED, may_be_empty=False)):
            yield index, Section(value, f"{join(self.place, key)}[{index}]", self.problems)

    # Scalars

    def text(self, key: str, *, default: str | _Required = REQUIRED) -> str:
        """A text that is not blank; read ``has`` first where absent and empty must differ."""
        value = self.raw(key, default)
        if value is None:
            return default if isinstance(default, str) else ""
        return self._text(key, value)

    def matching(
        self,
        key: str,
        pattern: re.Pattern[str],
        message: str,
        default: str | _Required = REQUIRED,
    ) -> str:
        """A text of a given form."""
        value = self.text(key, default=default)
        if value and not pattern.fullmatch(value):
            self.problem(key, message)
        return value

    def choice(
        self,
        key: str,
        options: Collection[str],
        *,
        default: str | _Required = REQUIRED,
    ) -> str:
        """A text that is one of the options."""
        value = self.text(key, default=default)
        if value and value != default:
            self.one_of(key, value, options)
        return value

    def names(self) -> Names:
        """The labels ``zh`` and ``en`` that stand in this section."""
        return Names(zh=self.text("zh"), en=self.text("en"))

    def month(self, key: str) -> Month:
        value = self.raw(key)
        if isinstance(value, str):
            try:
                return Month.parse(value)
            except ValueError:
                pass
        if value is not None:
            self.problem(
                key, N_("must be a month such as 2026-10, not %(value)s"), value=str(value)
            )
        return Month(1, 1)

    def flag(self, key: str, *, default: bool | _Required = REQUIRED) -> bool:
        value = self.raw(key, default)
        if value is None:
            return default is True
        if not isinstance(value, bool):
            self.problem(key, N_("must be true or false"))
        return value is True

    def number(
        self,
        key: str,
        *,
        low: float | None = None,
        high: float | None = None,
        above: float | None = None,
        default: float | _Required = REQUIRED,
    ) -> float:
        """A finite number from ``low`` to ``high``, greater than ``above``; kept as written."""
        value = self.raw(key, default)
        if value is None:
            return default if isinstance(default, int | float) else 0
        return self._number(key, value, low, high, above)

    def whole(
        self,
        key: str,
        *,
        low: int = 0,
        high: int | None = None,
        default: int | _Required = REQUIRED,
    ) -> int:
        """A whole number; 3.0 is one."""
        return self._whole(key, self.number(key, low=low, high=high, default=default))

    # Lists of scalars

    def texts(
        self, key: str, *, default: tuple[str, ...] | _Required = REQUIRED
    ) -> tuple[str, ...]:
        """Different texts, at least one."""
        return self._each(key, default, self._text)

    def choices(
        self,
        key: str,
        options: Collection[str],
        *,
        default: tuple[str, ...] | _Required = REQUIRED,
    ) -> tuple[str, ...]:
        """Different texts out of the options; the list may be empty."""

        def read(place: str, value: object) -> str:
            text = self._text(place, value)
            if text:
                self.one_of(place, text, options)
            return text

        return self._each(key, default, read, may_be_empty=True)

    def wholes(self, key: str, *, low: int, high: int) -> tuple[int, ...]:
        """Different whole numbers, none where the key is absent."""

        def read(place: str, value: object) -> int:
            return self._whole(place, self._number(place, value, low, high, None))

        return self._each(key, (), read, may_be_empty=True)

    def numbers(self, key: str, *, above: float, high: float) -> tuple[float, ...]:
        """Numbers that may repeat, none where the key is absent."""
        items = self._list(key, (), may_be_empty=True)
        return tuple(
            self._number(f"{key}[{index}]", value, None, high, above)
            for index, value in enumerate(items)
        )

    # Checks of one value

    def _add(self, place: str, message: str, params: Mapping[str, object] | None = None) -> None:
        self.problems.append(Problem(place, message, params or {}))

    def _complain(self, key: str, complaint: Complaint | None) -> bool:
        if complaint is not None:
            self._add(join(self.place, key), *complaint)
        return complaint is not None

    def _text(self, key: str, value: object) -> str:
        self._complain(key, wrong_text(value))
        return value if isinstance(value, str) else ""

    def _number(
        self,
        key: str,
        value: object,
        low: float | None,
        high: float | None,
        above: float | None,
    ) -> float:
        if self._complain(key, wrong_number(value)) or not isinstance(value, int | float):
            return low or 0
        self._complain(key, out_of_range(value, low, high, above))
        return value

    def _whole(self, key: str, value: float) -> int:
        if value != int(value):
            self.problem(key, N_("must be a whole number"))
        return int(value)

    def _list(self, key: str, default: object, *, may_be_empty: bool) -> list[object]:
        value = self.raw(key, default)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            self.problem(key, N_("must be a list"))
            return []
        if not value and not may_be_empty:
            self.problem(key, N_("must not be empty"))
        return list(value)

    def _each(
        self,
        key: str,
        default: tuple[T, ...] | _Required,
        read: Callable[[str, object], T],
        *,
        may_be_empty: bool = False,
    ) -> tuple[T, ...]:
        items = self._list(key, default, may_be_empty=may_be_empty)
        if not self.has(key):
            return default if isinstance(default, tuple) else ()
        result: list[T] = []
        for index, item in enumerate(items):
            place = f"{key}[{index}]"
            value = read(place, item)
            if value in result and self.fine(place):
                self.problem(place, N_('"%(value)s" stands here twice'), value=short(value))
            result.append(value)
        return tuple(result)


def _within(place: str, outer: str) -> bool:
    return place == outer or outer == "" or place.startswith((f"{outer}.", f"{outer}["))
