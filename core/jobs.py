"""Long work apart from the request that asked for it; the table ``jobs`` is the truth about it.

A job becomes ``done`` in the transaction of its work, so it is done once or not at all. Whoever
works at one holds a lock of the operating system on a file of its number: where the process dies,
the lock is free, and the next runner begins anew, ``TRIES`` times at most. How far a job is stands
in that file and not in the database, of which the work may be the one writer.

The thread of the web process is woken by the commit that asks, and by whoever looks at an
unfinished job, which is how work goes on after a restart.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import event, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import audit, clock
from core.actor import Actor
from core.background import Background
from core.db import db, one_at_a_time, transaction
from core.errors import N_, Conflict, Refused
from core.faults import OTHER, database_fault, disk_fault
from core.messages import Message
from core.models import Job

log = logging.getLogger(__name__)
TRIES = 3
UNFINISHED = ("queued", "running")
_ASKED = "job_asked"  # a note in ``session.info``: the transaction asks for work
STOPPED = N_("It was stopped %(times)s times before it was done.")
UNFORESEEN = N_("An error that was not foreseen; the log has it under %(error_id)s.")

Told = Callable[[str, int, int], None]
"""Told the name of a step, and the how manieth of how many it is."""

Work = Callable[["Task"], dict[str, Any]]
"""Does the job within the transaction that it is called in; returns its result as JSON."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the work is handed."""

    session: Session
    subject: str
    actor: Actor
    told: Told


@dataclass(frozen=True, slots=True)
class Progress:
    """``step`` is a name that the page words; ``number`` of ``of`` is under way."""

    step: str = ""
    number: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """0 to 1: steps that are behind."""
        return max(self.number - 1, 0) / self.of if self.of else 0.0


_works: dict[str, Work] = {}


def kind(name: str, work: Work) -> str:
    """Declare a kind of job; called where a module is imported."""
    _works[name] = work
    return name


def nobody_is_told(_step: str, _number: int, _of: int) -> None:
    """The ``Told`` of whoever does not watch."""


def ask(session: Session, *, actor: Actor, now: clock.Now, kind: str, subject: str) -> Job:
    """Queue a job. Raises ``Conflict`` while one of the kind about the subject is unfinished."""
    one_at_a_time(session, "jobs")
    if unfinished(session, kind, subject) is not None:
        raise Conflict(N_("This is being done already."))
    job = Job(
        kind=kind,
        subject=subject,
        actor=asdict(actor),
        asked_by=actor.label,
        asked_at=now.moment,
    )
    session.add(job)
    session.flush()
    audit.record(
        session, actor=actor, at=now.moment, action="job.asked", subject=f"job:{job.id}",
        after={"kind": kind, "about": subject},
    )  # fmt: skip
    session.info[_ASKED] = True
    return job


def unfinished(session: Session, kind: str, subject: str) -> Job | None:
    """The job of the kind about the subject that is queued or under way."""
    return session.scalar(
        select(Job).where(Job.kind == kind, Job.subject == subject, Job.state.in_(UNFINISHED))
    )


def progress(number: int) -> Progress:
    """How far a job is, as its worker last said."""
    try:
        return Progress(**json.loads(_file(number).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Progress()


def work_off(faults: list[Message] | None = None) -> int:
    """Do every job that waits or was left by a process that died; how many there were.

    One that fails in whatever way does not hold up the next. Files that a process left which died
    after its job had ended are removed. ``faults`` is told what the database or the disk refused.
    """
    found: list[Message] = [] if faults is None else faults
    waiting = db.session.scalars(select(Job.id).where(Job.state.in_(UNFINISHED))).all()
    db.session.rollback()
    return sum(_tried(number, found) for number in sorted({*waiting, *_left_files()}))


def _left_files() -> list[int]:
    place = _file(0).parent
    names = [path.name for path in place.iterdir()] if place.is_dir() else []
    return [int(name) for name in names if name.isdecimal()]


def _tried(number: int, faults: list[Message]) -> bool:
    try:
        return _work_at(number, faults)
    except (SQLAlchemyError, OSError) as error:
        _note_fault("job %d could not be worked at", number, error, faults)
    except Exception:
        log.exception("job %d could not be worked at", number)
    db.session.rollback()
    return False


def _note_fault(
    told: str, number: int, error: SQLAlchemyError | OSError, faults: list[Message]
) -> Message:
    """What the database or the disk refused; where in the code is told of what is no outage."""
    found = disk_fault(error) if isinstance(error, OSError) else database_fault(error)
    log.error(told, number, exc_info=error if found.msgid == OTHER else None)
    faults.append(found)
    return found


def _work_at(number: int, faults: list[Message]) -> bool:
    """Whether the job was this one's to do; another may hold it, or have ended it."""
    with _held(number) as mine:
        if not mine or not _begin(number):
            return False
        try:
            _do(number)
        except Refused as refused:
            _fail(number, refused.message)
        except (SQLAlchemyError, OSError) as error:
            _fail(number, _note_fault("job %d failed", number, error, faults))
        except Exception:
            error_id = uuid.uuid4().hex[:12]
            log.exception("job %d failed, error %s", number, error_id)
            _fail(number, Message(UNFORESEEN, {"error_id": error_id}))
        finally:
            db.session.remove()
    return True


def _begin(number: int) -> bool:
    """Note that it is under way, for the how manieth time; False where it has ended."""
    with transaction():
        one_at_a_time(db.session(), "jobs")
        job = db.session.get(Job, number)
        if job is None or job.state not in UNFINISHED:
            return False
        job.state, job.tries = "running", job.tries + 1
        given_up = job.tries > TRIES
    if given_up:
        _fail(number, Message(STOPPED, {"times": TRIES}))
    return not given_up


def _do(number: int) -> None:
    with transaction():
        session = db.session()
        job = session.get_one(Job, number)
        work, subject, actor = _works[job.kind], job.subject, Actor(**job.actor)
        result = work(Task(session, subject, actor, _telling(number)))
        job = session.get_one(Job, number)
        job.state, job.ended_at, job.result = "done", _now(), result


def _fail(number: int, reason: Message) -> None:
    """Note why it failed; one that is done stays so, whatever went wrong after its commit."""
    with transaction():
        db.session.execute(
            update(Job)
            .where(Job.id == number, Job.state.in_(UNFINISHED))
            .values(
                state="failed",
                ended_at=_now(),
                message=reason.msgid,
                params={name: str(value) for name, value in reason.params.items()},
            )
        )


def _now() -> Any:
    return clock.now(current_app.config["TIMEZONE"]).moment


def _file(number: int) -> Path:
    return Path(current_app.instance_path) / "jobs" / str(number)


def _telling(number: int) -> Told:
    path = _file(number)

    def told(step: str, at: int, of: int) -> None:
        # Written over, not exchanged: the lock is on this very file.
        text = json.dumps({"step": step, "number": at, "of": of})
        path.write_text(text, encoding="utf-8")

    return told


@contextmanager
def _held(number: int) -> Iterator[bool]:
    """Whether the lock of the job is ours; it ends with the process, however that ends."""
    path = _file(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    mine = False
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = _is_file(descriptor, path)
        except BlockingIOError:
            pass
        yield mine
    finally:
        if mine:
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _is_file(descriptor: int, path: Path) -> bool:
    """Whether it is still the file of that name: the one before may have ended, and removed it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def wake() -> None:
    """Let the thread of this process look for work; tests work off by hand."""
    runner: Background | None = current_app.extensions.get("jobs")
    if runner is not None:
        runner.call()


@event.listens_for(db.session, "after_commit")
def _after_commit(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_ASKED, False):
        wake()


@event.listens_for(db.session, "after_rollback")
def _after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_ASKED, None)
