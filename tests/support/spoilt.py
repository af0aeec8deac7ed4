"""A copy of the packages and their tests, into which faults are put one at a time."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from support.repository import PACKAGES, ROOT


@dataclass(frozen=True)
class Fault:
    """``old`` stands once in the module; ``new`` takes its place."""

    name: str
    path: str
    old: str
    new: str


def copy_to(folder: Path) -> Path:
    """The packages and their tests, where they can be spoilt; without the tests of this house.

    Compiled, so that a run compiles again only the module that does not hash to what it did.
    """
    leave_out = shutil.ignore_patterns("__pycache__", "house")
    for name in (*PACKAGES, "tests", "migrations", "templates", "static", "translations"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
    for name in ("app.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return folder


def gone(faults: Iterable[Fault]) -> list[str]:
    """The faults that name a place which is not there, or not once."""
    return [
        each.name
        for each in faults
        if (ROOT / each.path).read_text(encoding="utf-8").count(each.old) != 1
    ]


@contextmanager
def spoilt(folder: Path, fault: Fault) -> Iterator[None]:
    """The copy with the fault in it."""
    path = folder / fault.path
    text = path.read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, "the fault names a place that is no longer there"
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def run(folder: Path, only: str, *tests: str) -> subprocess.CompletedProcess[str]:
    """Status 0: all passed; 1: something failed, and nothing worse happened."""
    words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain"]
    words += ["-m", "not long", "-k", only]
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *words, *tests],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
