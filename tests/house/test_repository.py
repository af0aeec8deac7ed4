"""Habits of the repository that no other tool watches."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from support.repository import ROOT, shown, tracked_files

LARGEST_FILE = 1_000_000  # bytes
LONGEST_MODULE = 350  # lines; about 300 is the aim
LONGEST_FUNCTION = 50  # lines; about 40 is the aim
# The longer ones have an answer: one column, section, check or field a line, in one order.
ANSWERED = {
    "closing/pages/left_out_words.py omission": 52,  # a sentence for every kind
    "staff/attendance/days.py person_days": 64,  # half of it says what has to be handed in
}

# Spelled so that this file does not hold what it looks for.
ELSEWHERE = re.compile(
    r"py[p]i\.org|python[h]osted|np[m]js|deb\.debian[.]org|pypi[.]tuna|mirrors[.]"
    r"|(?<![\w.])/(?:ro[o]t|ho[m]e|op[t]|wor[k]|tm[p])/\w"
)
LEFT_OVER = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b")
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def texts() -> dict[Path, str]:
    """The tracked files that are text."""
    found = {}
    for path in tracked_files():
        try:
            found[path] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def places(pattern: re.Pattern[str], files: dict[Path, str]) -> list[str]:
    """``file:line: match`` of every occurrence."""
    return [
        f"{shown(path)}:{number}: {match[0]}"
        for path, text in files.items()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def slug(heading: str) -> str:
    """The anchor that a heading gets."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def broken_links(path: Path, text: str) -> list[str]:
    """The links of a Markdown file to files or headings that do not exist."""
    broken = []
    for link in LINK.findall(FENCED.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists():
            broken.append(link)
        elif anchor and target.suffix == ".md":
            headings = HEADING.findall(FENCED.sub("", target.read_text(encoding="utf-8")))
            if anchor not in map(slug, headings):
                broken.append(link)
    return broken


def python_files() -> list[Path]:
    """Tracked modules, without migrations, which are long by nature."""
    return [
        path
        for path in tracked_files()
        if path.suffix == ".py" and "migrations" not in path.relative_to(ROOT).parts
    ]


def test_no_file_names_a_registry_or_a_folder_of_some_machine() -> None:
    assert places(ELSEWHERE, texts()) == []


@pytest.mark.parametrize(
    "planted",
    ["--index-url https://py" + "pi.org/simple", "see /tm" + "p/notes", "'/ho" + "me/li/pingyou'"],
)
def test_a_planted_host_or_path_is_found(planted: str) -> None:
    assert ELSEWHERE.search(planted)


def test_nothing_was_left_for_later() -> None:
    assert places(LEFT_OVER, texts()) == []


def test_no_file_is_large() -> None:
    large = [shown(path) for path in tracked_files() if path.stat().st_size > LARGEST_FILE]
    assert large == []


def test_modules_stay_short_enough_to_be_read() -> None:
    lengths = {
        shown(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files()
        if path.relative_to(ROOT).parts[0] != "tests"
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_functions_stay_short_enough_to_be_read() -> None:
    long = []
    for path in python_files():
        if path.relative_to(ROOT).parts[0] == "tests":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > ANSWERED.get(f"{shown(path)} {node.name}", LONGEST_FUNCTION):
                    long.append(f"{shown(path)}:{node.lineno} {node.name} ({lines})")
    assert long == []


def test_folders_of_tests_are_not_packages() -> None:
    # They would shadow the packages of the same names.
    assert [shown(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


@pytest.mark.parametrize(
    "path", [path for path in tracked_files() if path.suffix == ".md"], ids=shown
)
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    assert broken_links(path, path.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# One thing\n\n[good](#one-thing) [gone](gone.md) [lost](#two)\n", "utf-8")
    assert broken_links(path, path.read_text(encoding="utf-8")) == ["gone.md", "#two"]


def pins(name: str) -> dict[str, str]:
    """Package and version of every line of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^\]]*\])?==(\S+)", text, re.MULTILINE))


def test_lock_files_hold_what_the_project_asks_for_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {re.split(r"[\[<>=]", line)[0].lower() for line in project["dependencies"]}
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert asked - set(runtime) == set(), "run make lock"
    assert set(runtime.items()) - set(development.items()) == set(), "run make lock"
    assert "psycopg" not in runtime  # LGPL: an extra
    assert "psycopg" in development


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_hold_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]
