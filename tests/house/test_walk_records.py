"""Every page and file of a single record, by its number: opened to whom the table lets see it.

Records of one team and of another in the centre of ``whole_centre``: an address is guessed easily.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from support.databases import KINDS, Databases
from support.walking import Walk, reaches, said, scopes, walking

from closing.appeals.models import Appeal, AppealLine
from core import web
from core.models import Attachment
from core.viewer import reading
from evaluations.checks.models import CheckSheet
from evaluations.complaints.models import ComplaintCase
from evaluations.models import Complaint, SpotCheck
from evaluations.monthly.models import EvaluationNote
from rewards.models import Incident, Task
from staff.attendance.models import AttendanceRequest
from staff.models import Employee

VIEWERS = ("agent", "colleague", "supervisor", "leader", "manager", "hr", "auditor", "admin")
# Whose records of the open month they are; those of the closed one are what auditors read.
OPEN = {"check_id", "complaint_id", "ref"}
# Routes about a record, by the part of their address that names it, read and written.
PAGES = {
    "incident_id": ("rewards.incident", "rewards.incident_file", "rewards.notice_pdf"),
    "task_id": ("rewards.task",),
    "appeal_id": ("appeals.appeal", "appeals.file"),
    "ref": ("attendance.request", "attendance.request_file"),
    "check_id": ("evaluations.check", "evaluations.check_file", "evaluations.change_check"),
    "complaint_id": (
        *("evaluations.complaint", "evaluations.complaint_file"),
        "evaluations.change_complaint",
    ),
}
ACTS = {
    "incident_id": (
        *("rewards.approve", "rewards.decline", "rewards.tell", "rewards.serve"),
        "rewards.add_files",
    ),
    "appeal_id": ("appeals.comment", "appeals.withdraw", "appeals.apply"),
    "line_id": ("appeals.decide", "appeals.done", "appeals.adjust_line"),
    "ref": ("attendance.decide",),
    "check_id": ("evaluations.remove_check", "evaluations.add_check_files"),
    "complaint_id": (
        *("evaluations.complaint_cause", "evaluations.complaint_decide"),
        *("evaluations.complaint_step", "evaluations.add_complaint_files"),
    ),
    "note_id": ("evaluations.share_note", "evaluations.remove_note"),
}
OTHERS = {"kind": "decided", "step": "plan_at"}


@pytest.fixture(scope="module", params=KINDS)
def walk(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Walk]:
    with walking(databases, request.param) as found:
        yield found


def records(walk: Walk, number: str) -> dict[str, int]:
    """Numbers of the records about somebody, by the part of the address that names them."""
    who = walk.one(select(Employee.id).where(Employee.employee_no == number))
    served = (Incident.employee_id == who) & Incident.served_on.is_not(None)
    line = select(AppealLine.id).join(Appeal, Appeal.id == AppealLine.appeal_id)
    check = select(CheckSheet.spot_check_id).join(
        SpotCheck, SpotCheck.id == CheckSheet.spot_check_id
    )
    case = select(ComplaintCase.complaint_id).join(
        Complaint, Complaint.id == ComplaintCase.complaint_id
    )
    note = select(EvaluationNote.id).where(
        EvaluationNote.employee_id == who, EvaluationNote.shared_at.is_(None)
    )
    return {
        "incident_id": walk.one(select(Incident.id).where(served)),
        "task_id": walk.one(select(Task.id).where(Task.employee_id == who).limit(1)),
        "appeal_id": walk.one(select(Appeal.id).where(Appeal.employee_id == who)),
        "line_id": walk.one(line.where(Appeal.employee_id == who).limit(1)),
        "ref": walk.one(
            select(AttendanceRequest.id).where(
                AttendanceRequest.employee_id == who, AttendanceRequest.kind == "correction"
            )
        ),
        "check_id": walk.one(check.where(SpotCheck.employee_id == who)),
        "complaint_id": walk.one(case.where(Complaint.employee_id == who)),
        "note_id": walk.one(note),
    }


def address(walk: Walk, endpoint: str, known: dict[str, int], method: str) -> str:
    """Of a route about these records; with the file that lies there, where it is about one."""
    values: dict[str, Any] = {}
    for name in walk.rules(method)[endpoint].arguments:
        if name in ("attachment_id", "file_id"):
            (part,) = known.keys() & walk.rules(method)[endpoint].arguments
            kind = "request" if part == "ref" else part.removesuffix("_id")
            subject = f"{kind}:{known[part]}"
            values[name] = walk.one(select(Attachment.id).where(Attachment.subject == subject))
        else:
            values[name] = known[name] if name in known else OTHERS[name]
    return walk.url(endpoint, **values)


def expected(walk: Walk, viewer: str, endpoint: str, number: str, *, closed: bool) -> int:
    permission = web.permission_of(walk.app, endpoint)
    assert permission is not None
    if reaches(viewer, permission, number, closed=closed):
        return 200
    read = reading(permission)
    if not scopes(viewer, permission):  # refused at the door, whatever the number
        return 403 if read is not None and scopes(viewer, read) else 404
    seen = read is not None and read != permission
    return 403 if seen and reaches(viewer, read, number, closed=closed) else 404  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["E0004", "E0009"])
def test_a_record_opens_to_whom_the_table_lets_see_it(walk: Walk, number: str) -> None:
    known, wrong = records(walk, number), []
    for part, endpoints in PAGES.items():
        for endpoint in endpoints:
            url = address(walk, endpoint, known, "GET")
            for viewer in VIEWERS:
                status = walk.clients[viewer].get(url).status_code
                right = expected(walk, viewer, endpoint, number, closed=part not in OPEN)
                if status != right:
                    wrong.append(f"{viewer} {url} {endpoint}: {status}, not {right}")
    assert wrong == []


def test_a_file_is_that_of_its_own_record_only(walk: Walk) -> None:
    """Not even who may see both records gets the file of one under the other's address."""
    own, foreign = records(walk, "E0004"), records(walk, "E0009")
    for endpoint in ("rewards.incident_file", "appeals.file", "evaluations.check_file"):
        url = address(walk, endpoint, own, "GET")
        answer = walk.clients["hr"].get(url)
        assert "E0004" in said(answer)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        parts = url.split("/")
        parts[-1] = address(walk, endpoint, foreign, "GET").split("/")[-1]
        assert walk.clients["hr"].get("/".join(parts)).status_code == 404


@pytest.mark.parametrize("number", ["E0004", "E0009"])
def test_nobody_acts_on_a_record_out_of_reach_nor_on_what_is_about_themselves(
    walk: Walk, number: str
) -> None:
    """With a token that is right. Whoever may act is asked for a form that is whole: not here."""
    known, wrong = records(walk, number), []
    for part, endpoints in ACTS.items():
        for endpoint in endpoints:
            url = address(walk, endpoint, known, "POST")
            for viewer in VIEWERS:
                right = expected(walk, viewer, endpoint, number, closed=part not in OPEN)
                if right == 200:
                    continue
                status = walk.post(viewer, url).status_code
                if part == "note_id" and status in (403, 404):
                    continue  # a private note is nobody's but its writer's
                if status != right:
                    wrong.append(f"{viewer} {url} {endpoint}: {status}, not {right}")
    assert wrong == []


def test_a_private_note_is_its_writers_alone(walk: Walk) -> None:
    known = records(walk, "E0004")
    for endpoint in ACTS["note_id"]:
        url = address(walk, endpoint, known, "POST")
        for viewer in ("manager", "hr", "leader"):
            assert walk.post(viewer, url).status_code in (403, 404), (viewer, endpoint)
