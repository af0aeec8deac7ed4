"""Pages as tests read them: parsed, with their heading, text, tables, links and fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"))


@dataclass
class Markup(HTMLParser):
    """``rows`` are the cells of every table row as texts; ``fields`` name to value."""

    text: str = ""
    heading: str = ""
    rows: list[list[str]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    ticked: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, dict[str, str]]] = []
        self._said: list[tuple[str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "tr":
            self.rows.append([])
        if tag in ("h1", "td", "th", "a", "textarea"):
            self._said.append((tag, []))
        if tag == "form" and "action" in values:
            self.actions.append(values["action"])
        if tag == "input":
            self._input(values)
        if tag not in VOID:
            self._open.append((tag, values))

    def _input(self, values: dict[str, str]) -> None:
        if values.get("type") == "checkbox":
            self.boxes.append(values.get("value", ""))
            if "checked" in values:
                self.ticked.append(values.get("value", ""))
        elif "name" in values:
            self.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, values = self._open.pop()
            if name == tag:
                break
        else:
            return
        if self._said and self._said[-1][0] == tag:
            said = "".join(self._said.pop()[1])
            words = " ".join(said.split())
            if tag == "h1":
                self.heading = words
            elif tag in ("td", "th") and self.rows:
                self.rows[-1].append(words)
            elif tag == "a":
                self.links[words] = values.get("href", "")
            elif tag == "textarea":
                self.fields[values.get("name", "")] = said.removeprefix("\r\n").removeprefix("\n")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] in ("script", "style", "title"):
            return
        self.text += data
        for _tag, said in self._said:
            said.append(data)

    @property
    def words(self) -> str:
        """The whole text with single spaces."""
        return " ".join(self.text.split())

    def row(self, *parts: str) -> list[str]:
        """The only table row that holds every part."""
        found = [row for row in self.rows if all(part in " | ".join(row) for part in parts)]
        assert len(found) == 1, (parts, found)
        return found[0]


def markup(response: Any) -> Markup:
    """The page of a response."""
    parsed = Markup()
    parsed.feed(response.get_data(as_text=True))
    parsed.close()
    return parsed


class _Filled(HTMLParser):
    """What a browser would send of every form of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, str] = {}
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._area, self.fields[name] = name, ""
        elif tag == "option" and self._select is not None:
            if "selected" in values or self._select not in self.fields:
                self.fields[self._select] = values.get("value", "")
        elif tag == "input" and name:
            self._input(name, values)

    def _input(self, name: str, values: dict[str, str]) -> None:
        if values.get("type") not in ("checkbox", "radio") or "checked" in values:
            self.fields[name] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area] += data


def fields_of(page: str) -> dict[str, str]:
    """What is filled in on a page, by name of field, as a browser would send it."""
    filled = _Filled()
    filled.feed(page)
    filled.close()
    return filled.fields
