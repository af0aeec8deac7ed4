"""Files of other programs: by a map into our columns, people by their names elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.centres import seal
from support.importing import CLOCK, NOW, Files, reasons

from closing.imports.foreign import import_foreign
from closing.imports.mappings import load_mapping, shipped_maps
from closing.imports.reports import ImportReport, refused_rows
from closing.imports.taking_back import undo_import
from core.actor import SYSTEM
from core.db import transaction, wall_time
from core.documents import DocumentError
from core.files.writing import write_xlsx
from core.messages import Refused
from core.values import Fact, Month
from evaluations.fact_queries import ticket_facts
from evaluations.policy import TicketsSection

DATA = Path(__file__).parents[1] / "data"
SHANGHAI = ZoneInfo("Asia/Shanghai")

ZENDESK_DATA = """
kind: tickets
source: desk
timezone: Asia/Shanghai
on_unknown: {on_unknown}
columns:
  ticket_id: Ticket ID
  agent: Agent Assigned
  created_at: Created Date
  first_response_at: {{from: Created Date, plus: Response Time (hours), unit: hours}}
  resolved_at: Resolved Date
  channel: {{value: ticket}}
  category: Issue Type
"""

MASTER = """
kind: employees
source: master
dates: month/day/year
columns:
  employee_no: agent_id
  name: agent_name
  team: {join: [location, team], with: /}
  position: {value: agent}
  hire_date: joining_date
"""


class Foreign:
    def __init__(self, files: Files) -> None:
        self.files = files

    def take(self, kind: str, path: Path, mapping: str, **how: Any) -> ImportReport:
        """Import by a map: the name of a shipped one, or its text."""
        if "\n" in mapping:
            name = str(self.files.write(mapping, "map.yaml"))
        else:
            name = mapping
        with transaction():
            return import_foreign(
                self.files.session,
                kind=kind,
                path=path,
                mapping=load_mapping(name, self.files.session, CLOCK),
                home=SHANGHAI,
                clock=CLOCK,
                seal=seal,
                actor=SYSTEM,
                now=NOW,
                **how,
            )

    def add(self, kind: str, mapping: str, lines: Sequence[str], **how: Any) -> ImportReport:
        return self.take(kind, self.files.write("\n".join(lines) + "\n"), mapping, **how)


@pytest.fixture
def foreign(files: Files) -> Foreign:
    return Foreign(files)


def notes(report: ImportReport) -> list[str]:
    return [str(note) for note in report.notes]


EVENTS = """
kind: tickets
source: shop
timezone: UTC
newest_by: updated
leave_out:
  - {column: state, values: [spam]}
columns:
  ticket_id: {join: [shop, nr], with: "-"}
  agent: who
  created_at: opened
  satisfaction: {from: stars, values: {"*": bad, "*****": good, none: ""}}
"""
HEADER = "shop,nr,who,opened,stars,state,updated"


def test_the_newest_of_several_rows_counts_and_every_row_is_told(foreign: Foreign) -> None:
    foreign.files.people("E1")
    report = foreign.add(
        "tickets",
        EVENTS,
        [
            HEADER,
            "tao,1,E1,2026-10-01T16:30:00Z,*****,open,2026-10-03 10:00",
            "tao,1,E1,2026-10-01T16:30:00Z,*,closed,2026-10-04 10:00",
            "tao,1,E1,2026-10-01T16:30:00Z,none,open,2026-10-02 10:00",
            "tao,2,E1,2026-10-01T16:30:00+08:00,none,open,2026-10-02 10:00",
            "tao,3,E1,2026-10-01T16:30:00Z,none,Spam,2026-10-02 10:00",
        ],
    )
    assert reasons(report) == []
    assert report.summary == "new 2, changed 0, same 3, late 0, refused 0"
    assert notes(report) == ["left out by the map: 1 rows", "older rows of a record: 2"]
    rows = foreign.files.rows("SELECT ticket_id, created_at, satisfaction FROM tickets ORDER BY 1")
    assert [(key, str(wall_time(at)), mood) for key, at, mood in rows] == [
        ("tao-1", "2026-10-02 00:30:00", "bad"),
        ("tao-2", "2026-10-01 16:30:00", None),
    ]


@pytest.mark.parametrize(
    ("rows", "kept", "left_out"),
    [
        (["open 02", "spam 03"], None, 1),  # taken back since
        (["spam 03", "open 02"], None, 1),
        (["open 02", "spam 03", "open 04"], "*", 0),  # and taken up again
        (["open 02", "spam "], "*", 1),  # of an unknown day
        (["open 03", "spam 03"], None, 1),  # equally new: the last counts
        (["spam 03", "spam 02", "open 01"], None, 1),
    ],
)
def test_a_record_whose_newest_row_is_left_out_is_left_out(
    foreign: Foreign, rows: list[str], kept: str | None, left_out: int
) -> None:
    foreign.files.people("E1")
    lines = []
    for number, row in enumerate(rows):
        state, day = row.split(" ")
        who, stars = ("", "?") if state == "spam" else ("E1", "*" * (5 if number == 0 else 1))
        updated = f"2026-10-{day} 10:00" if day else ""
        lines.append(f"tao,1,{who},2026-10-01T16:30:00Z,{stars},{state},{updated}")
    report = foreign.add("tickets", EVENTS, [HEADER, *lines])
    assert reasons(report) == []
    assert report.counts == {
        **dict.fromkeys(("changed", "late", "refused"), 0),
        "new": int(kept is not None),
        "same": len(rows) - (kept is not None),
    }
    told = [f"left out by the map: {left_out} rows"] * bool(left_out)
    assert [each for each in notes(report) if each.startswith("left out")] == told


SKIPPING = EVENTS.replace(
    "columns:\n", "skip_rows:\n  - {column: event, values: [note]}\ncolumns:\n"
)


def test_rows_to_skip_are_looked_at_before_the_newest_is_chosen(foreign: Foreign) -> None:
    """An internal note is the newest row of its ticket, and says nothing of it."""
    foreign.files.people("E1")
    rows = [
        "tao,1,E1,2026-10-01T16:30:00Z,*,open,2026-10-03,reply",
        "tao,1,,soon,?,spam,2026-10-05,Note",
        "tao,2,E1,2026-10-01T16:30:00Z,*,open,2026-10-03,reply",
        "tao,2,,,,spam,2026-10-05,reply",
        "tao,3,,,,,,note",
    ]
    report = foreign.add("tickets", SKIPPING, [f"{HEADER},event", *rows])
    assert reasons(report) == []
    assert report.summary == "new 1, changed 0, same 4, late 0, refused 0"
    assert notes(report) == [
        "left out by the map: 1 rows",
        "skipped by the map: 2 rows",
        "older rows of a record: 1",
    ]
    assert foreign.files.rows("SELECT ticket_id FROM tickets") == [("tao-1",)]


def test_a_mistake_in_a_map_is_named_with_file_and_line(foreign: Foreign) -> None:
    def told(text: str) -> list[str]:
        with pytest.raises(DocumentError) as refused:
            foreign.add("tickets", text, [HEADER])
        folder = f"{foreign.files.folder}/"
        return [each.render().removeprefix(folder) for each in refused.value.problems]

    wrong = EVENTS.replace("values: [spam]", "empty: often").replace("agent: who", "agnt: who")
    assert [each.split(" is ")[0].split(" must ")[0] for each in told(wrong)] == [
        "map.yaml:7: leave_out[0].empty:",
        'map.yaml:10: columns.agnt: "agnt"',
    ]
    assert told(EVENTS.replace("source: shop\n", "")) == ["map.yaml: source: is missing"]
    assert told(EVENTS.replace("]}", "}", 1))[0].startswith(
        "map.yaml: cannot be read as YAML: line"
    )


DAYS = """
kind: tickets
source: sheet
timezone: UTC
columns:
  ticket_id: Id
  agent: Who
  created_at: Opened
  {later}
"""


@pytest.mark.parametrize(
    ("later", "last", "expected"),
    [
        ("resolved_at: Solved", "00:00:00", [("2026-10-01 00:00:00", "2026-10-02 00:00:00", 1)]),
        ("resolved_at: Solved", "00:01:00", [("2026-10-01 08:00:00", "2026-10-02 08:00:00", None)]),
        (
            "resolved_at: {from: Opened, plus: Hours, unit: hours}",
            "00:00:00",
            [("2026-10-01 08:00:00", "2026-10-01 13:00:00", None)],
        ),
    ],
)
def test_times_that_are_all_midnight_are_days(
    foreign: Foreign, later: str, last: str, expected: list[tuple[str, str, int | None]]
) -> None:
    foreign.files.people("E1")
    rows = ["1,E1,2026-10-01 00:00:00,2026-10-02 00:00:00,5", f"2,E1,2026-10-03 {last},,"]
    report = foreign.add("tickets", DAYS.format(later=later), ["Id,Who,Opened,Solved,Hours", *rows])
    days = ["days without times: 2 rows, which give no rates of hours and minutes"]
    assert (reasons(report), notes(report)) == ([], days if expected[0][2] else [])
    query = "SELECT created_at, resolved_at, days_only FROM tickets WHERE ticket_id = '1'"
    found = foreign.files.rows(query)
    assert [
        (str(wall_time(one)), str(wall_time(two)), mark) for one, two, mark in found
    ] == expected


def test_our_own_columns_are_times_even_where_all_are_midnight(files: Files) -> None:
    """A file of a few may well be so; whoever knows only days says it in ``days_only``."""
    files.people("E1")
    rows = [f"T{day},E1,2026-10-0{day} 00:00,2026-10-0{day} 00:00" for day in (1, 2)]
    report = files.good("tickets", "ticket_id,agent,created_at,resolved_at", *rows)
    assert [each.row for each in report.warnings] == [2]
    assert files.rows("SELECT DISTINCT days_only FROM tickets") == [(None,)]
    head = "complaint_no,received_at,severity,contacted_at"
    rows = [f"C{day},2026-10-0{day} 00:00,major,2026-10-0{day} 00:00" for day in (1, 2)]
    files.good("complaints", head, *rows)
    days = [f"E1,2026-10-0{day} 00:00" for day in (1, 2, 3)]
    files.good("punches", "employee_no,timestamp", *days)
    with pytest.raises(Refused, match="results of days without times"):
        files.add("punches", "编号,日期时间", *days)


def test_rows_without_an_identity_are_no_versions_of_each_other(foreign: Foreign) -> None:
    foreign.files.people("E1")
    rows = [
        "tao,,E1,2026-10-01 10:00,none,open,2026-10-02",
        "tao,,E1,2026-10-01 11:00,none,open,2026-10-03",
        "tao,1,E1,2026-10-01 10:00,*,open,2026-10-03",
        "tao,1,E1,2026-10-01 10:00,*****,open,2026-10-03",
    ]
    report = foreign.add("tickets", EVENTS, [HEADER, *rows], partial=True)
    assert report.summary == "new 1, changed 0, same 1, late 0, refused 2"
    assert [each.row for each in report.problems] == [2, 3]
    assert notes(report) == [
        "older rows of a record: 1",
        "as new as another row of its record, with other values: 1; the last counts",
    ]
    assert foreign.files.one("SELECT satisfaction FROM tickets") == "good"


SPANS = """
kind: tickets
source: desk
columns:
  ticket_id: Id
  agent: Who
  created_at: Opened
  first_response_at: {from: Opened, plus: Wait, unit: minutes}
  resolved_at: Solved
  reopened: Reopens
"""


def test_dates_that_are_numbers_of_days_are_read_and_counted(foreign: Foreign) -> None:
    foreign.files.people("E1")
    rows = ["1,E1,46308.371527777,5,46308.5,0", "2,E1,2026-10-13 09:00,,,0", "3,E1,46308.375,,,0"]
    report = foreign.add("tickets", SPANS, ["Id,Who,Opened,Wait,Solved,Reopens", *rows])
    assert reasons(report) == []
    assert notes(report) == ["4 dates are numbers of days, as spreadsheets count them"]
    query = "SELECT created_at, first_response_at, resolved_at FROM tickets WHERE ticket_id = '1'"
    assert [str(wall_time(each))[11:] for each in foreign.files.rows(query)[0]] == [
        *("08:55:00", "09:00:00", "12:00:00")
    ]


def test_counts_dashes_and_long_numbers_as_others_write_them(foreign: Foreign) -> None:
    foreign.files.people("E1")
    opened = "2026-10-01 09:00"
    rows: list[list[object]] = [
        [1234567890123456, "E1", opened, "1,440", "2026-10-02 10:00", 12],
        ["2", "E1", opened, "--", "-", 0],
        [1234567890123456789, "E1", opened, "5", "", 0],
    ]
    content = write_xlsx(["Id", "Who", "Opened", "Wait", "Solved", "Reopens"], rows)
    report = foreign.take("tickets", foreign.files.write(content), SPANS, partial=True)
    assert [each.split(":")[0] for each in reasons(report)] == ["row 4, column ticket_id"]
    query = "SELECT ticket_id, first_response_at - created_at, reopened FROM tickets ORDER BY 1"
    assert foreign.files.rows(query) == [("1234567890123456", 86400, 1), ("2", None, 0)]


def test_what_cannot_be_translated_is_refused_with_its_reason(foreign: Foreign) -> None:
    foreign.files.people("E1")
    report = foreign.add(
        "tickets",
        EVENTS,
        [
            HEADER,
            "tao,1,E1,03/04/2026 10:00,none,open,2026-10-02",
            "tao,2,E1,2026-10-01 10:00,fair,open,2026-10-02",
            "tao,,E1,2026-10-01 10:00,none,open,2026-10-02",
            "tao,4,E9,2026-10-01 10:00,none,open,2026-10-02",
            "tao,5,E1,2026-10-01 10:00,none,open,soon",
            "tao,6,E1",
        ],
        partial=True,
    )
    assert reasons(report) == [
        'row 2, column created_at: "03/04/2026 10:00" may begin with the day or with the month:'
        " say which (dates)",
        'row 3, column satisfaction: "fair" is not among the values of the map',
        "row 4, column ticket_id: a part of it is empty: shop, nr",
        'row 5, column agent: nobody is known as "E9" (shop)',
        'row 6: "soon" is no date or time',
        "row 7: has 3 cells, the header 7",
    ]
    assert report.summary == "new 0, changed 0, same 0, late 0, refused 6"


ASIDE = EVENTS.replace("newest_by: updated", "on_unknown: set_aside")


def test_rows_of_unknown_people_wait_until_somebody_is_mapped(foreign: Foreign) -> None:
    files = foreign.files
    files.people("E1", "E2")
    lines = [
        HEADER,
        "tao,1,旺旺:小满,2026-10-01 02:00,none,open,",
        "tao,2,旺旺:小满,2026-10-20 02:00,none,open,",
        "tao,3,E1,2026-10-20 02:00,none,open,",
    ]
    for outcome in ("new 1, changed 0, same 0", "new 0, changed 0, same 1"):
        report = foreign.add("tickets", ASIDE, lines)
        assert report.summary == f"{outcome}, late 2, refused 0"
        assert notes(report) == ["set aside until somebody is mapped: 2 rows of 旺旺:小满"]
    assert files.rows("SELECT count(*) FROM unmapped_rows") == [(2,)]
    header = "source,external_id,employee_no,from,to"
    files.good("aliases", header, "other,旺旺:小满,E2,,", "shop,旺旺:小满,E1,2026-10-15,")
    query = """SELECT ticket_id, employee_no FROM tickets
        JOIN employees e ON e.id = employee_id ORDER BY 1"""
    assert files.rows(query) == [("tao-2", "E1"), ("tao-3", "E1")]
    files.good("aliases", header, "shop,旺旺:小满,E2,2026-01-01,2026-10-14")
    assert files.rows(query) == [("tao-1", "E2"), ("tao-2", "E1"), ("tao-3", "E1")]
    assert files.rows("SELECT DISTINCT state FROM unmapped_rows") == [("applied",)]
    assert foreign.add("tickets", ASIDE, lines).counts["same"] == 3
    taken = files.one("SELECT max(taken_by) FROM unmapped_rows")
    with transaction():
        undo_import(files.session, batch_id=taken, clock=CLOCK, seal=seal, actor=SYSTEM, now=NOW)
    assert files.rows(query) == [("tao-2", "E1"), ("tao-3", "E1")]
    found = files.rows("SELECT state, taken_by IS NULL FROM unmapped_rows ORDER BY state")
    assert [(state, bool(none)) for state, none in found] == [("applied", False), ("waiting", True)]


def test_days_without_times_give_no_rate_of_hours(foreign: Foreign) -> None:
    files = foreign.files
    files.people("E1")
    mapping = EVENTS.replace(
        "  satisfaction:", "  first_response_at: answered\n  resolved_at: solved\n  satisfaction:"
    )
    report = foreign.add(
        "tickets",
        mapping,
        [
            f"{HEADER},answered,solved",
            "tao,1,E1,2026-10-01,*****,open,2026-10-03,2026-10-01,2026-10-02",
            "tao,2,E1,2026-10-01 12:00,*,open,2026-10-03,2026-10-01 12:05,2026-10-02",
            "tao,3,E1,2026-10-01 02:00,*,open,2026-10-03,2026-10-01 02:10,2026-10-01 04:00",
        ],
    )
    assert reasons(report) == []
    assert notes(report) == ["days without times: 2 rows, which give no rates of hours and minutes"]
    [who] = files.rows("SELECT id FROM employees")
    section = TicketsSection(response_minutes=(5,), resolution_hours=(24,))
    facts = ticket_facts(files.session, Month(2026, 10), section, 2**33)[who[0]]
    assert (facts["contacts_handled"].value, facts["csat"].n) == (3, 3)
    assert facts["first_response_minutes"] == Fact(10.0, 1, "tickets")
    assert facts["resolution_rate_24h"] == Fact(1.0, 1, "tickets")
    assert facts["reopen_rate"].n == 3


def test_a_name_elsewhere_belongs_to_one_person_at_a_time(files: Files) -> None:
    files.people("E1", "E2")
    header = "source,external_id,employee_no,from,to"
    files.good("aliases", header, "shop,小满,E1,2026-01-01,2026-06-30")
    report = files.add("aliases", header, "shop,小满,E2,2026-06-30,", "shop,小满,E2,2026-07-01,")
    assert reasons(report) == ["row 2, column external_id: belongs to somebody else at that time"]
    report = files.add("aliases", header, "shop,小满,E2,2026-07-01,2026-06-01")
    assert reasons(report) == ["row 2, column to: lies before from"]


def test_a_name_that_two_people_have_is_not_guessed(foreign: Foreign) -> None:
    foreign.files.people("E1", "E2")
    row = "tao,1,柳青禾,2026-10-01 02:00,none,open,2026-10-02"
    report = foreign.add("tickets", EVENTS, [HEADER, row])
    assert reasons(report) == ['row 2, column agent: "柳青禾" may be E1, E2']


def test_nothing_of_a_dry_run_or_a_refused_file_stays(foreign: Foreign) -> None:
    mapping = EVENTS.replace("newest_by: updated", "on_unknown: create")
    good = [HEADER, "tao,1,Ann,2026-10-01 02:00,none,open,"]
    bad = [*good, "tao,2,Ann,2026-10-01 02:00,fair,open,"]
    assert notes(foreign.add("tickets", mapping, good, dry_run=True)) == ["new people: Ann"]
    assert foreign.add("tickets", mapping, bad).counts["refused"] == 1
    assert foreign.files.rows("SELECT count(*) FROM employees") == [(0,)]
    assert foreign.add("tickets", mapping, bad, partial=True).counts["new"] == 1
    assert foreign.files.rows("SELECT employee_no, name, hire_date FROM employees") == [
        ("Ann", "Ann", "2026-10-01")
    ]
    by_name = mapping.replace("columns:", "agents: [external]\ncolumns:")
    with pytest.raises(Refused, match="the map does not look for numbers: Ann"):
        foreign.add("tickets", by_name, good)


def test_agents_with_american_dates_become_employees(foreign: Foreign) -> None:
    report = foreign.take("employees", DATA / "agent_master.csv", MASTER)
    assert reasons(report) == []
    assert report.summary == "new 150, changed 0, same 0, late 0, refused 0"
    query = """SELECT hire_date, path FROM employees e JOIN assignments a ON a.employee_id = e.id
        JOIN teams t ON t.id = team_id WHERE employee_no = 'AG001'"""
    assert foreign.files.rows(query) == [("2025-04-09", "Pune/Payment Support")]


@pytest.mark.parametrize(
    ("on_unknown", "summary"),
    [
        ("refuse", "new 0, changed 0, same 0, late 0, refused 50"),
        ("set_aside", "new 0, changed 0, same 0, late 50, refused 0"),
        ("create", "new 50, changed 0, same 0, late 0, refused 0"),
    ],
)
def test_tickets_of_agents_by_first_name(foreign: Foreign, on_unknown: str, summary: str) -> None:
    mapping = ZENDESK_DATA.format(on_unknown=on_unknown)
    report = foreign.take("tickets", DATA / "zendesk_tickets.csv", mapping)
    assert report.summary == summary
    if on_unknown == "create":
        query = "SELECT first_response_at - created_at FROM tickets WHERE ticket_id='TICKET-1001'"
        assert foreign.files.rows(query) == [(6 * 3600,)]
        assert foreign.files.rows("SELECT count(*) FROM employees") == [(5,)]


def test_a_map_for_another_kind_or_without_its_columns_is_refused(foreign: Foreign) -> None:
    with pytest.raises(Refused, match="the map is for tickets, not for punches"):
        foreign.add("punches", EVENTS, [HEADER])
    with pytest.raises(Refused, match="missing column: nr, stars"):
        foreign.add("tickets", EVENTS, ["shop,who,opened,state,updated"])
    with pytest.raises(Refused, match="is no file and no map of ours"):
        foreign.add("tickets", "nobody", [HEADER])


SUMMARIES = {
    "asterisk": "new 2, changed 0, same 2, late 1, refused 0",
    "calls": "new 2, changed 0, same 2, late 1, refused 0",
    "chatwoot": "new 2, changed 0, same 1, late 0, refused 0",
    "freshdesk": "new 2, changed 0, same 1, late 0, refused 0",
    "zendesk": "new 2, changed 0, same 3, late 1, refused 0",
}


def two_agents(files: Files) -> None:
    files.people("8001", email="8001@example.com")
    files.people("8002", email="8002@example.com")


@pytest.mark.parametrize("name", shipped_maps())
def test_every_shipped_map_reads_its_sample(foreign: Foreign, name: str) -> None:
    two_agents(foreign.files)
    report = foreign.take("tickets", DATA / "foreign" / f"{name}.csv", name)
    assert reasons(report) == []
    assert report.summary == SUMMARIES[name]


def test_a_call_that_nobody_answered_is_no_contact_of_the_agent(foreign: Foreign) -> None:
    two_agents(foreign.files)
    foreign.take("tickets", DATA / "foreign" / "calls.csv", "calls")
    rows = foreign.files.rows(
        """SELECT employee_no, first_response_at - created_at FROM tickets
        JOIN employees e ON e.id = employee_id ORDER BY 1"""
    )
    assert rows == [("8001", 12), ("8002", 11)]


@pytest.mark.parametrize("fields", [16, 17, 18, 21])
def test_a_list_of_calls_without_a_head_row(foreign: Foreign, fields: int) -> None:
    """Asterisk writes up to five fields more where it is told to; a head row changes nothing."""
    two_agents(foreign.files)
    rows = list(csv.reader((DATA / "foreign" / "asterisk.csv").read_text().splitlines()))
    cut = [[*row, "x", "y", "z"][:fields] for row in rows]
    cut.insert(2, [*cut[0][:9], "soon", *cut[0][10:]])
    report = foreign.take("tickets", written(foreign, cut), "asterisk", partial=True)
    assert report.summary == "new 2, changed 0, same 2, late 1, refused 1"
    assert reasons(report) == ['row 3, column created_at: "soon" is no date or time']
    head, bad = refused_rows(report, foreign.files.folder / "calls.csv")
    assert (head[9], bad[0][9], bad[0][2]) == ("start", "soon", "8001")
    named = load_mapping("asterisk", foreign.files.session, CLOCK).head[:fields]
    if fields < 19:
        again = foreign.take("tickets", written(foreign, [named, *cut]), "asterisk", partial=True)
        assert again.summary == "new 0, changed 0, same 4, late 1, refused 1"
    with pytest.raises(
        Refused, match="missing column: start, dstchannel, answer, end, disposition"
    ):
        foreign.take("tickets", written(foreign, [each[:5] for each in rows]), "asterisk")


def written(foreign: Foreign, rows: Sequence[Sequence[str]]) -> Path:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return foreign.files.write(stream.getvalue(), "calls.csv")


def test_times_of_the_sources_zone_become_ours(foreign: Foreign) -> None:
    two_agents(foreign.files)
    foreign.take("tickets", DATA / "foreign" / "chatwoot.csv", "chatwoot")
    months = foreign.files.rows("SELECT month, satisfaction FROM tickets ORDER BY created_at")
    assert months == [("2026-10", "5"), ("2026-11", "2")]
