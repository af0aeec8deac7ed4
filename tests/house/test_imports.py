"""What the import contracts in pyproject.toml cannot say."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache

import pytest
from support.repository import ROOT, Module, modules

# Of the standard library, what asks the machine or the moment.
IMPURE = {
    *("asyncio", "getpass", "glob", "http", "io", "locale", "logging", "multiprocessing", "os"),
    *("pathlib", "platform", "random", "secrets", "shutil", "signal", "smtplib", "socket"),
    *("sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"),
}
ANSWERED = {
    ("rewards.conditions", "threading"),  # a lock: the interpreter's own parser is not safe
    ("evaluations.rounds.proposing", "random"),  # drawn by a seed that is handed in
}
READS = {"open", "print", "input", "exec", "eval", "__import__"}
CLOCKS = {"now", "today", "utcnow", "fromtimestamp"}


@cache
def listed() -> frozenset[str]:
    """The pure modules as the contract lists them."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    contracts = tomllib.loads(text)["tool"]["importlinter"]["contracts"]
    (pure,) = (contract for contract in contracts if contract.get("id") == "pure")
    return frozenset(pure["source_modules"])


def only_passes_on(name: str, pure: frozenset[str]) -> bool:
    """Whether a package's own module does nothing but import from pure modules."""
    package = modules().get(name)
    return (
        package is not None
        and package.path.name == "__init__.py"
        and all(
            isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.Expr)
            for node in package.tree.body
        )
        and all(
            i.partition(".")[0] in sys.stdlib_module_names
            or i in pure
            or i.rpartition(".")[0] in pure
            for i in package.imports()
        )
    )


def impurities(module: Module, pure: frozenset[str]) -> list[str]:
    """What a module does that a pure one does not."""
    found = []

    def known(name: str) -> bool:
        return name in pure or only_passes_on(name, pure)

    for name in module.imports():
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            if top in IMPURE and (module.name, top) not in ANSWERED:
                found.append(f"imports {name}")
        elif not known(name) and (name in modules() or not known(name.rpartition(".")[0])):
            found.append(f"imports {name}, which is not pure")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in READS:
                found.append(f"calls {called.id} in line {node.lineno}")
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
                found.append(f"reads a clock in line {node.lineno}")
    return found


def test_every_module_that_calls_itself_pure_is_in_the_contract() -> None:
    claimed = {
        name for name, module in modules().items() if re.search(r"\bPure\b", module.docstring)
    }
    assert claimed - listed() == set(), "add them to the contract `pure` in pyproject.toml"
    assert listed() - claimed == set(), "say Pure in their docstring, or take them from the list"


@pytest.mark.parametrize("name", sorted(listed()))
def test_a_pure_module_uses_only_the_standard_library_and_pure_modules(name: str) -> None:
    assert name in modules(), "the contract `pure` in pyproject.toml lists it"
    assert impurities(modules()[name], listed()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import flask",
        "from sqlalchemy import select",
        "from core.db import db",
        "from core import db",
        "import time",
        "from os import environ",
        "from datetime import date\nprint(date(2026, 1, 1))",
        "from datetime import date\nthen = date.today()",
        "def f():\n    from app import create_app",
    ],
)
def test_an_impurity_is_found(source: str) -> None:
    module = Module("core.planted", ROOT / "core/planted.py", ast.parse(source))
    assert impurities(module, frozenset({"core.values"})) != []


def test_nobody_imports_the_composition_root() -> None:
    importers = [
        name
        for name, module in modules().items()
        if "app" in {i.split(".")[0] for i in module.imports()}
    ]
    assert importers == []
