"""Pages as a test reads them: headings, tables, links and words of an HTML page."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from support.markup import VOID


@dataclass
class Table:
    """Cells as text with single spaces; ``heads`` are those of the first row of the head."""

    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def column(self, head: str) -> list[str]:
        at = self.heads.index(head)
        return [row[at] for row in self.rows if len(row) == len(self.heads)]


class Parsed(HTMLParser):
    """``words`` are the texts of the main part by the tag that they stand in.

    What is hidden from screen readers is left out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.links: list[str] = []
        self.words: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._cell: list[str] | None = None
        self._in_main = False
        self._hidden: int | None = None
        self.feed(html)
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def headings(self, tag: str = "h1") -> list[str]:
        return [text for each, text in self.words if each == tag]

    @property
    def text(self) -> str:
        return " ".join(text for _, text in self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._open.append(tag)
        self._in_main = self._in_main or tag == "main"
        if ("aria-hidden", "true") in attrs and self._hidden is None:
            self._hidden = len(self._open)
        if tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("td", "th"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        opened = self._open.pop()
        if opened == "path" and tag == "svg":  # an icon's path may close itself
            opened = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        if self._hidden is not None and len(self._open) < self._hidden:
            self._hidden = None
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1].rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        if tag == "thead":
            self.tables[-1].heads = self.tables[-1].rows.pop(0)
        self._in_main = self._in_main and tag != "main"

    def handle_data(self, data: str) -> None:
        if self._hidden is not None:
            return
        if self._cell is not None:
            self._cell.append(data)
        if self._in_main and data.strip() and self._open:
            self.words.append((self._open[-1], " ".join(data.split())))
