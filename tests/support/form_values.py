"""What a browser would send of a form that nobody touched."""

from __future__ import annotations

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


class _Reader(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__(convert_charrefs=True)
        self.action = action
        self.values: MultiDict[str, str] = MultiDict()
        self.inside = False
        self.select: tuple[str, list[tuple[str, bool]]] | None = None
        self.area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.inside = said.get("action") == self.action
        if not self.inside:
            return
        if tag == "input" and "name" in said:
            picked = said.get("type") not in ("checkbox", "radio") or "checked" in said
            if picked:
                self.values.add(said["name"], said.get("value", ""))
        elif tag == "select":
            self.select = (said["name"], [])
        elif tag == "option" and self.select:
            self.select[1].append((said.get("value", ""), "selected" in said))
        elif tag == "textarea":
            self.area = (said["name"], [])

    def handle_data(self, data: str) -> None:
        if self.area:
            self.area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select" and self.select:
            name, options = self.select
            chosen = [value for value, selected in options if selected]
            if options:
                self.values.add(name, chosen[0] if chosen else options[0][0])
            self.select = None
        elif tag == "textarea" and self.area:
            self.values.add(self.area[0], "".join(self.area[1]).removeprefix("\n"))
            self.area = None


def form_values(html: str, action: str) -> MultiDict[str, str]:
    """The fields of the form with that action, as they stand."""
    reader = _Reader(action)
    reader.feed(html)
    assert reader.values, f"no form {action}"
    return reader.values
