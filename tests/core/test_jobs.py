"""Long work: done once or not at all, taken up again where a process died, told as it goes."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from support.centres import application

from core import jobs
from core.actor import Actor
from core.clock import Now
from core.db import db, transaction
from core.errors import Conflict, Refused
from core.models import AuditEntry, Job, Setting

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOW = Now(AT, AT.replace(tzinfo=None))
ACTOR = Actor("E0002", employee_id=2, account_id=5, origin="127.0.0.1")
Does = Callable[[jobs.Task], dict[str, Any]]


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    made = application(database_url)
    made.instance_path = str(tmp_path)
    made.config["TIMEZONE"] = "Asia/Shanghai"
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@contextmanager
def doing(work: Does) -> Iterator[None]:
    jobs.kind("test", work)
    try:
        yield
    finally:
        jobs._works.pop("test")


def asked(subject: str = "month:2026-10") -> int:
    with transaction():
        job = jobs.ask(db.session(), actor=ACTOR, now=NOW, kind="test", subject=subject)
        return job.id


def found(number: int) -> Job:
    db.session.expire_all()
    return db.session.get_one(Job, number)


def writing(task: jobs.Task) -> dict[str, Any]:
    task.told("first", 1, 2)
    task.session.add(Setting(key=f"done {task.subject}", value=task.actor.label))
    return {"seen": jobs.progress(1).number}


def test_a_job_is_done_with_its_work_and_keeps_who_asked(app: Flask) -> None:
    number = asked()
    with doing(writing):
        assert jobs.work_off() == 1
        assert jobs.work_off() == 0
    job = found(number)
    assert (job.state, job.tries, job.result, job.asked_by) == ("done", 1, {"seen": 1}, "E0002")
    assert db.session.get_one(Setting, "done month:2026-10").value == "E0002"
    assert not (Path(app.instance_path) / "jobs" / str(number)).exists()
    assert db.session.scalars(select(AuditEntry.action)).all() == ["job.asked"]


def test_a_job_that_is_refused_changes_nothing_and_says_why(app: Flask) -> None:
    def refused(task: jobs.Task) -> dict[str, Any]:
        writing(task)
        task.session.flush()
        raise Refused("%(month)s is closed already.", month="2026-10")

    number = asked()
    with doing(refused):
        jobs.work_off()
    job = found(number)
    assert (job.state, job.message) == ("failed", "%(month)s is closed already.")
    assert job.params == {"month": "2026-10"}
    assert db.session.get(Setting, "done month:2026-10") is None


def test_an_unforeseen_error_ends_the_job_under_a_number_of_the_log(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(task: jobs.Task) -> dict[str, Any]:
        raise RuntimeError("secret of the inside")

    number = asked()
    with doing(broken):
        jobs.work_off()
    job = found(number)
    assert job.state == "failed"
    assert job.params is not None
    assert job.params["error_id"] in caplog.text
    assert "secret" not in f"{job.message}{job.params}"


def test_one_job_of_a_kind_about_a_subject_at_a_time(app: Flask) -> None:
    asked()
    with pytest.raises(Conflict):
        asked()
    asked("month:2026-11")
    with doing(writing):
        assert jobs.work_off() == 2
    asked()


def test_what_a_dead_process_left_is_begun_anew_but_not_for_ever(app: Flask) -> None:
    number = asked()
    for _ in range(jobs.TRIES):
        assert jobs._begin(number)  # and died after that: its lock is free, the state says running
    with doing(writing):
        jobs.work_off()
    job = found(number)
    assert (job.state, job.message) == ("failed", jobs.STOPPED)


def test_a_job_whose_worker_lives_is_left_to_it(app: Flask) -> None:
    number = asked()
    path = Path(app.instance_path) / "jobs" / str(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held, doing(writing):
        fcntl.flock(held, fcntl.LOCK_EX)
        assert jobs.work_off() == 0
        assert found(number).state == "queued"


def test_a_job_that_is_done_stays_so_whatever_goes_wrong_after_its_commit(app: Flask) -> None:
    number = asked()

    def broken(_session: Any) -> None:
        raise RuntimeError("after the commit")

    def breaking(task: jobs.Task) -> dict[str, Any]:
        event.listen(task.session, "after_commit", broken, once=True)
        return {}

    with doing(breaking):
        jobs.work_off()
    job = found(number)
    assert (job.state, job.message) == ("done", None)


def test_one_that_cannot_even_be_begun_does_not_hold_up_the_next(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stuck, other = asked(), asked("month:2026-11")
    begin = jobs._begin

    def refusing(number: int) -> bool:
        if number == stuck:
            raise OSError("disk full")
        return begin(number)

    monkeypatch.setattr(jobs, "_begin", refusing)
    with doing(writing):
        assert jobs.work_off() == 1
    assert (found(stuck).state, found(other).state) == ("queued", "done")
    assert f"job {stuck} could not be worked at" in caplog.text


def test_files_of_jobs_that_have_ended_do_not_stay(app: Flask) -> None:
    number = asked()
    with doing(writing):
        jobs.work_off()
    place = Path(app.instance_path) / "jobs"
    (place / str(number)).touch()  # its process died after the commit
    assert jobs.work_off() == 0
    assert list(place.iterdir()) == []


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asked()
    lock = fcntl.flock

    def slowly(descriptor: int, how: int) -> None:
        (Path(app.instance_path) / "jobs" / str(number)).unlink()  # by who held it until now
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", slowly)
    with doing(writing):
        assert jobs.work_off() == 0
    assert found(number).state == "queued"


def test_the_thread_is_woken_by_the_commit_and_by_no_savepoint(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(jobs, "wake", lambda: woken.append(True))
    with transaction():
        jobs.ask(db.session(), actor=ACTOR, now=NOW, kind="test", subject="month:2026-10")
        db.session.begin_nested().commit()
        db.session.begin_nested().rollback()
        assert woken == []
    assert woken == [True]


def test_progress_is_a_share_of_the_steps_behind() -> None:
    at_third = jobs.Progress("scores", 3, 5)
    assert at_third.share == pytest.approx(0.4)
    assert replace(at_third, of=0).share == 0
