"""What is told of changed rows and kept of them: written out before others have to wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from core.imports.rows import Record, chunks, texts_of
from core.pressing import press, release

if TYPE_CHECKING:
    from core.imports.kinds import Line

BLOCK = 1000  # rows that are pressed together
MOST = 64 * 1024 * 1024  # bytes that may lie in memory; of the rest it is written out when asked

Entry = tuple[str, str]  # subject and content of an entry of the audit trail
Tell = Callable[[Record, Record], Entry]
Text = tuple[int, str, str]  # id, before and after


class Changed:
    """The changed rows of a file. Iterated over, they give the entries that ``tell`` makes."""

    def __init__(self, lines: Sequence[Line], tell: Tell | None = None) -> None:
        self.lines = lines
        self.fields: set[str] = set()
        self._tell = tell
        self._entries: list[bytes] = []
        self._texts: list[bytes] = []
        held = 0
        for part in chunks(lines, BLOCK):
            entries, texts = self._told(part, tell if held < MOST else None)
            if entries:
                self._entries.append(press(entries))
                self._texts.append(press(texts))
                held += len(self._entries[-1]) + len(self._texts[-1])

    def _told(self, lines: Sequence[Line], tell: Tell | None) -> tuple[list[Entry], list[Text]]:
        entries: list[Entry] = []
        texts: list[Text] = []
        for line in lines:
            before, after = line.before or {}, line.record
            self.fields.update(name for name in after if after[name] != before.get(name))
            if tell is not None:
                entries.append(tell(before, after))
                texts.append((line.known_id or 0, *texts_of(before, after)))
        return entries, texts

    def rows(self) -> Iterator[tuple[int, Record]]:
        """Id and new record of each."""
        return ((line.known_id or 0, line.record) for line in self.lines)

    def __iter__(self) -> Iterator[Entry]:
        for block in self._entries:
            yield from ((subject, content) for subject, content in release(block))
        if self._tell is not None:
            for line in self._rest:
                yield self._tell(line.before or {}, line.record)

    def texts(self) -> Iterator[Text]:
        """What stood there and what stands there now, as it is kept."""
        for block in self._texts:
            yield from ((key, before, after) for key, before, after in release(block))
        for line in self._rest:
            yield (line.known_id or 0, *texts_of(line.before or {}, line.record))

    @property
    def _rest(self) -> Sequence[Line]:
        return self.lines[len(self._entries) * BLOCK :]
