"""What is unfinished: it lies beside its place, and what was left of a killed writer goes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.drafted import drafted, drafting, put, sweep

HOLDS = ("a", "b")
# Writes without end; says so once what is unfinished is there.
WRITER = """
import sys
from pathlib import Path
from core.drafted import drafted, drafting

path = Path(sys.argv[2])
with drafted(path, b"half") if sys.argv[1] == "file" else drafting(path, ("a", "b")) as draft:
    if draft.is_dir():
        (draft / "a").write_text("half")
    print(draft, flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_writer_left_goes_and_what_one_still_writes_stays(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "pay.csv"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, kind, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    try:
        left = Path(writer.stdout.readline().strip())
        sweep(path, HOLDS)
        assert names(tmp_path) == {left.name}
        with drafted(path, b"whole") as draft:
            put(draft, path)
        assert names(tmp_path) == {left.name, path.name}
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdin.close()
        writer.stdout.close()
    sweep(tmp_path / "pay.cs", HOLDS)
    assert names(tmp_path) == {left.name, path.name}
    with drafted(path, b"again") as draft:
        if kind == "file":
            assert names(tmp_path) == {draft.name, path.name}
        put(draft, path)
    sweep(path, HOLDS)
    assert names(tmp_path) == {path.name}
    assert path.read_bytes() == b"again"


def test_nothing_goes_that_is_not_known_to_be_ours(tmp_path: Path) -> None:
    path = tmp_path / "pay.csv"
    for name in ("pay.csv.01234567", ".pay.csv", ".pay.csv.0123456", ".pay.csv.0123456G"):
        (tmp_path / name).touch()
    (tmp_path / ".payXcsv.01234567").touch()
    (tmp_path / ".pay.csv.aaaaaaaa").symlink_to(tmp_path / ".pay.csv")
    mixed = tmp_path / ".pay.csv.bbbbbbbb"
    mixed.mkdir()
    (mixed / "a").touch()
    (mixed / "letters").touch()
    before = names(tmp_path)
    sweep(path, HOLDS)
    assert names(tmp_path) == before
    assert names(mixed) == {"a", "letters"}


def test_a_folder_goes_with_what_was_made_in_it_and_says_where_it_could_not_be(
    tmp_path: Path,
) -> None:
    path = tmp_path / "copy.zip"
    with drafting(path, HOLDS) as folder:
        (folder / "a").touch()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert names(tmp_path) == set()
    path.touch()
    with pytest.raises(NotADirectoryError) as raised, drafting(path / "inner", HOLDS):
        pass
    assert raised.value.filename in (str(path), str(path / "inner"))
