"""A spreadsheet that is not XLSX is first read by a process of its own with no more memory than
it may have.

The library unpacks it when it is opened, and ends the process where it finds no room: a file of a
few kilobytes can ask for gigabytes.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import python_calamine

from core.messages import N_, Refused

MOST = 400 * 1024 * 1024  # bytes
_SECONDS = 120
_PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from python_calamine import CalamineWorkbook
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, OSError, ValueError):
    pass
for row in CalamineWorkbook.from_path(sys.argv[3]).get_sheet_by_index(0).iter_rows():
    pass
"""


def probe(path: Path) -> None:
    """Raises ``Refused`` where the file takes too much; other faults show when it is read."""
    stat = path.stat()
    if not _fits(path, stat.st_mtime_ns, stat.st_size):
        raise Refused(N_("the spreadsheet unpacks to more than it may"))


@lru_cache(maxsize=1)  # a file is opened several times in a row
def _fits(path: Path, _changed: int, _size: int) -> bool:
    library = Path(python_calamine.__file__).parents[1]
    words = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(library), str(MOST), str(path)]
    try:
        ended = subprocess.run(words, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode in (0, 1) and b"MemoryError" not in ended.stderr
