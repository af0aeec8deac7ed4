"""Commands in a process of their own, with the most memory that they took."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.centres import SECRET

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from flask.cli import ScriptInfo
from app import create_app
settings = json.loads(sys.argv[1])
app = create_app(settings)
app.cli.main(args=sys.argv[2:], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))
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
    out, told = folder / "stdout", folder / "stderr"
    with out.open("wb") as one, told.open("wb") as other:
        child = subprocess.Popen(
            [*before, sys.executable, "-c", program, json.dumps(settings), *words],
            cwd=ROOT,
            stdout=one,
            stderr=other,
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    with told.open(encoding="utf-8", errors="replace") as file:
        beginning = file.read(2000)
    with out.open(encoding="utf-8", errors="replace") as file:
        said = file.read(2000)
    return Measured(child.returncode, said, beginning, usage.ru_maxrss / 1024)
