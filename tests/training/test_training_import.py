"""Files of courses and training records."""

from __future__ import annotations

import pytest
from support.importing import Files

COURSES = "course_code,name,category,positions,due_days,valid_months,hours,pass_mark,metrics"
TRAINING = "employee_no,course_code,date,mandatory,status,hours,score,passed"
COURSE = "CONF,保密培训,confidentiality,agent;supervisor,30,12,2,60,csat;qa_score"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("CONF,保密,,,-1,,,,", "due_days"),
        ("CONF,保密,,,,0,,,", "valid_months"),
        ("CONF,保密,,,,,-1,,", "hours"),
        ("CONF,保密,,,,,,101,", "pass_mark"),
        ("CONF,保密,,,,,,,happiness", "metrics"),
        ("CONF,,,,,,,,", "name"),
        (",保密,,,,,,,", "course_code"),
    ],
)
def test_a_bad_course_names_its_column(files: Files, row: str, column: str) -> None:
    report = files.add("courses", COURSES, row)
    assert [problem.column for problem in report.problems] == [column]


def test_a_course_changes_by_its_code(files: Files) -> None:
    files.good("courses", COURSES, COURSE)
    assert files.good("courses", COURSES, COURSE).counts["same"] == 1
    assert files.good("courses", COURSES, COURSE.replace(",60,", ",70,")).counts["changed"] == 1
    assert files.rows("SELECT pass_mark, positions, metrics FROM courses") == [
        (70.0, "agent;supervisor", "csat;qa_score")
    ]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("E9,CONF,2026-10-12,1,attended,,,", "employee_no"),
        ("E1,NONE,2026-10-12,1,attended,,,", "course_code"),
        ("E1,CONF,2026-11-03,1,attended,,,", "date"),
        ("E1,CONF,2025-01-05,1,attended,,,", "date"),
        ("E1,CONF,2026-10-12,1,absent,,,", "status"),
        ("E1,CONF,2026-10-12,1,attended,,101,", "score"),
        ("E1,CONF,2026-10-12,1,attended,-1,,", "hours"),
        ("E1,CONF,2026-10-12,1,attended,,,perhaps", "passed"),
        ("E1,CONF,2026-10-12,1,,,,", "status"),
    ],
)
def test_a_bad_record_names_its_column(files: Files, row: str, column: str) -> None:
    files.people("E1")
    files.good("courses", COURSES, COURSE)
    report = files.add("training", TRAINING, row)
    assert [problem.column for problem in report.problems] == [column]


def test_what_a_record_does_not_say_is_absent(files: Files) -> None:
    files.people("E1")
    files.good("courses", COURSES, COURSE)
    files.good(
        "training",
        TRAINING,
        "E1,CONF,2026-10-12,是,已参加,,,",
        "E1,CONF,2026-10-13,0,missed,1.5,60,0",
    )
    query = "SELECT mandatory, status, hours, score, passed FROM training_records ORDER BY day"
    assert files.rows(query) == [(1, "attended", None, None, None), (0, "missed", 1.5, 60.0, 0)]
