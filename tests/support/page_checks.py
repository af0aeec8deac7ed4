"""What is wrong with a page as a browser shows it: width, words, accessibility, complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
HAN = re.compile(r"[\u3400-\u9fff]+")
# From three letters on: shorter ones are units and numbers of things. Capitals are codes.
LATIN = re.compile(r"[A-Za-z][A-Za-z'’]{2,}")
# Written so in Chinese too.
SAME_IN_CHINESE = frozenset(
    {
        *("Excel", "English", "Pingyou", "Chrome", "Linux", "pdf", "yaml"),
        # Kinds of files and names of maps.
        *(
            "aliases",
            "flask",
            "import",
            "map",
            "attlog",
            "punches",
            "asterisk",
            "calls",
            "chatwoot",
            "freshdesk",
            "zendesk",
        ),
    }
)
# Texts and attributes that are read, but for what is marked as data, and the choice of language.
_TEXTS = """() => {
  const found = [];
  const data = each => each.closest(
    '[translate=no], form.language, noscript, script, style, textarea, pre, code');
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    if (text && !data(walker.currentNode.parentElement)) found.push(text);
  }
  for (const each of document.querySelectorAll('*')) {
    if (data(each)) continue;
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      if (each.getAttribute(name)) found.push(each.getAttribute(name));
    }
  }
  return found;
}"""


@dataclass
class Complaints:
    """What a page's console said, refusals of its content security policy among it."""

    said: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> Complaints:
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        return self

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.said.append(f"{kind}: {text}")

    def take(self) -> list[str]:
        taken, self.said = self.said, []
        return taken


def too_wide(page: Page) -> Iterator[str]:
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if over > 0:
        yield f"{over} px wider than the window"


def inaccessible(page: Page) -> Iterator[str]:
    """Serious findings of axe-core, with the element that they are about."""
    for each in Axe().run(page).response["violations"]:
        if each["impact"] in SERIOUS:
            yield f"{each['id']} ({each['impact']}): {each['nodes'][0]['html'][:160]}"


def foreign_words(page: Page, language: str, data: str) -> Iterator[str]:
    """Words of the other language that do not stem from ``data``."""
    pattern, known = (HAN, frozenset()) if language == "en" else (LATIN, SAME_IN_CHINESE)
    for text in page.evaluate(_TEXTS):
        for word in pattern.findall(text):
            if word not in known and word not in data and not word.isupper():
                yield f"{word!r} in {text[:80]!r}"
