"""Every text has its Chinese, and the catalogue is what the code says now."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from flask_babel import force_locale, gettext
from support.site import Site

from core.i18n import compile_catalogues

ROOT = Path(__file__).parents[2]
CHINESE = ROOT / "translations/zh_Hans_CN/LC_MESSAGES/messages.po"
PLACE = re.compile(r"%\((\w+)\)([-0-9.]*[a-z])")


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def forms(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make translations` would collect now, by the words that its recipe names."""
    recipe = re.search(
        r"extract -F pyproject\.toml ((?:-k \S+ )+)", (ROOT / "Makefile").read_text()
    )
    assert recipe is not None
    target = tmp_path_factory.mktemp("texts") / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
    command += ["-F", "pyproject.toml", *recipe[1].split(), "-o", str(target), "."]
    subprocess.run(command, cwd=ROOT, check=True)
    return read(target)


def test_the_catalogue_holds_the_texts_of_code_and_templates(extracted: Catalog) -> None:
    now = {str(message.id) for message in extracted if message.id}
    held = {str(message.id) for message in read(CHINESE) if message.id}
    assert sorted(now - held) == [], "run `make translations`"
    assert sorted(held - now) == [], "run `make translations`"


def test_every_text_has_its_chinese() -> None:
    bare = [
        message.id for message in read(CHINESE) if message.id and not all(forms(message.string))
    ]
    fuzzy = [message.id for message in read(CHINESE) if message.id and message.fuzzy]
    assert bare == []
    assert fuzzy == []


def test_translations_keep_the_places_of_their_texts() -> None:
    for message in read(CHINESE):
        if not message.id:
            continue
        wanted = set(PLACE.findall(forms(message.id)[-1]))
        for text in filter(None, forms(message.string)):
            assert set(PLACE.findall(text)) == wanted, message.id


class AnyPlace(dict[str, int]):
    def __missing__(self, _name: str) -> int:
        return 1


def test_a_text_of_a_template_has_no_bare_percent_sign() -> None:
    """Templates fill in every text, also one without places: a bare % would break the page."""
    for message in read(CHINESE):
        if any(place.startswith("templates/") for place, _ in message.locations):
            for text in (*forms(message.id), *forms(message.string)):
                assert text % AnyPlace()


def test_a_catalogue_is_compiled_when_it_is_newer_than_what_was_compiled(tmp_path: Path) -> None:
    folder = tmp_path / "zh_Hans_CN" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "messages.po"
    source.write_text('msgid ""\nmsgstr ""\n\nmsgid "Name"\nmsgstr "姓名"\n', encoding="utf-8")
    compile_catalogues(tmp_path)
    compiled = folder / "messages.mo"
    assert "姓名".encode() in compiled.read_bytes()
    compiled.write_bytes(b"kept")
    compile_catalogues(tmp_path)
    assert compiled.read_bytes() == b"kept"
    assert sorted(path.name for path in folder.iterdir()) == ["messages.mo", "messages.po"]


def test_a_fresh_application_speaks_chinese(site: Site) -> None:
    with site.app.test_request_context(), force_locale("zh_Hans_CN"):
        assert gettext("Sign in") == "登录"
    assert "<h1>登录</h1>" in site.client().get("/sign-in").get_data(as_text=True)
