"""A disk that is really full: told in one line, nothing half done, and done once there is room.

The disk is a small one in memory, mounted in a namespace of the command's own; where a machine does
not allow that, files that may not grow stand for it.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from support.centres import Examples, opened, unpacked
from support.measured import Measured, command

from core.backup.tables import tables_of

CENTRE, MONTH = "centre-a", "2026-10"
ROOM = 200 * 1024  # bytes that are left; every command needs more
# On a disk of its own size: the database and what is beside it, and back again afterwards.
MOUNTED = """
set -e
mount -t tmpfs -o size="$1" full "$2"
cp -r "$3"/. "$2"
shift 3
set +e
"$@"
status=$?
cp -r "$DISK"/. "$KEPT"
exit $status
"""


@pytest.fixture
def files(examples: Examples, tmp_path: Path) -> Path:
    """The folder of a closed centre: its database, checkpointed, and files to import."""
    url = examples.closed("sqlite", CENTRE)
    folder = tmp_path / "files"
    folder.mkdir()
    with sqlite3.connect(url.removeprefix("sqlite:///")) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(url.removeprefix("sqlite:///"), folder / "centre.db")
    lines = (unpacked(CENTRE) / "punches.csv").read_text("utf-8-sig").splitlines()
    number = lines[1].split(",")[0]
    rows = [
        f"{number},2026-11-{day:02} {n // 60:02}:{n % 60:02}"
        for day in range(1, 21)
        for n in range(1000)
    ]
    (folder / "more.csv").write_text("\n".join([lines[0], *rows]), encoding="utf-8")
    return folder


def rows_of(folder: Path) -> dict[str, list[bytes]]:
    with opened(url_of(folder)) as session:
        connection = session.connection()
        return {each.name: list(each.lines(connection)) for each in tables_of(connection)}


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'centre.db'}"


def words_of(what: str, folder: Path) -> list[str]:
    return {
        "import": ["import", "punches", f"{folder}/more.csv", "--clock", "2026-11-25 00:00"],
        "close": ["close", MONTH],
        "backup": ["backup", f"{folder}/copy.zip"],
        "payroll": ["payroll", MONTH, "-o", f"{folder}/pay.csv"],
    }[what]


def on_full_disk(folder: Path, words: Sequence[str], room: int, tmp_path: Path) -> Measured | None:
    """The command on a disk with so much room; None where no disk can be mounted."""
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    kept.mkdir()
    if subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "full", str(disk)], capture_output=True
    ).returncode:
        return None
    size = sum(-(-each.stat().st_size // 4096) * 4096 for each in folder.iterdir()) + room
    wrapped = ["env", f"DISK={disk}", f"KEPT={kept}", "unshare", "-rm", "sh", "-c", MOUNTED, "sh"]
    wrapped += [str(size), str(disk), str(folder)]
    took = command(url_of(disk), tmp_path, *words, before=wrapped)
    for each in kept.iterdir():
        shutil.copy(each, folder / each.name)
    return took


def check(took: Measured) -> None:
    assert took.status == 1, took
    (line,) = took.told.splitlines()
    assert "disk" in line
    assert took.out == ""


# A payroll of this centre fits into that room.
CASES = [
    *((what, room) for what in ("import", "close", "backup") for room in (0, ROOM)),
    ("payroll", 0),
]


def prepared(what: str, folder: Path, tmp_path: Path) -> list[str]:
    if what == "close":
        reopened = command(url_of(folder), tmp_path, "reopen", MONTH, "--reason", "to close it")
        assert reopened.status == 0, reopened
        with sqlite3.connect(folder / "centre.db") as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return words_of(what, folder)


@pytest.mark.long
@pytest.mark.parametrize(("what", "room"), CASES)
def test_a_full_disk_is_told_in_one_line_and_nothing_is_changed(
    what: str, room: int, files: Path, tmp_path: Path
) -> None:
    words = prepared(what, files, tmp_path)
    before = rows_of(files)
    on_disk = [each.replace(str(files), str(tmp_path / "disk")) for each in words]
    took = on_full_disk(files, on_disk, room, tmp_path)
    if took is None:
        pytest.skip("this machine mounts no disk for a test")
    check(took)
    left = {each.name for each in files.iterdir()}
    assert not [name for name in left if "copy.zip" in name or "pay.csv" in name]
    assert rows_of(files) == before
    assert command(url_of(files), tmp_path, *words).status == 0, "with room it is done"


@pytest.mark.long
@pytest.mark.parametrize("what", ["import", "close", "backup"])
def test_files_that_may_not_grow_are_told_in_one_line_and_nothing_is_changed(
    what: str, files: Path, tmp_path: Path
) -> None:
    words = prepared(what, files, tmp_path)
    before = rows_of(files)
    check(command(url_of(files), tmp_path, *words, limit=ROOM))
    assert not (files / "copy.zip").exists()
    assert rows_of(files) == before
    assert command(url_of(files), tmp_path, *words).status == 0, "with room it is done"
