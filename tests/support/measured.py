"""Commands in a process of their own, with the most memory that they took."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.centres import SECRET

ROOT = Path(__file__).parents[2]
# The peak is asked of the process itself: what the system tells of an ended one has the size of
# the process that started it in it.
PROGRAM = """
import atexit, json, sys
from flask.cli import ScriptInfo
def tell():
    with open("/proc/self/status") as status, open(sys.argv[2], "w") as peak:
        peak.writelines(line for line in status if line.startswith("VmHWM"))
atexit.register(tell)
from app import create_app
settings = json.loads(sys.argv[1])
app = create_app(settings)
app.cli.main(args=sys.argv[3:], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))
"""


@dataclass(frozen=True)
class Measured:
    """``megabytes`` is the peak of resident memory; ``told`` the beginning of standard error."""

    status: int
    out: str
    told: str
    megabytes: float


def command(
    url: str,
    folder: Path,
    *words: str,
    limit: int | None = None,
    before: Sequence[str] = (),
) -> Measured:
    """``flask WORDS`` in English; no file that it writes may grow beyond ``limit`` bytes.

    ``before`` is a command that is given the whole command as its last words.
    """
    settings = {
        "DATABASE_URL": url,
        "INSTANCE": str(folder / "instance"),
        "PINGYOU_KEY": base64.b64encode(SECRET).decode(),
        "PINGYOU_LANGUAGE": "en",
    }
    program = PROGRAM
    if limit is not None:
        program = (
            "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n{PROGRAM}"
        )
    out, told, peak = folder / "stdout", folder / "stderr", folder / "peak"
    with out.open("wb") as one, told.open("wb") as other:
        ended = subprocess.run(
            [*before, sys.executable, "-c", program, json.dumps(settings), str(peak), *words],
            cwd=ROOT,
            stdout=one,
            stderr=other,
            check=False,
        )
    with told.open(encoding="utf-8", errors="replace") as file:
        beginning = file.read(2000)
    with out.open(encoding="utf-8", errors="replace") as file:
        said = file.read(2000)
    words_of_peak = peak.read_text().split() if peak.exists() else []
    # Not a number, where the disk was too full to write it down: more than any bound.
    megabytes = int(words_of_peak[1]) / 1024 if words_of_peak else float("nan")
    return Measured(ended.returncode, said, beginning, megabytes)
