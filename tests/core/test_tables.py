"""Lists: what the address says is done, what it must not say is ignored."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import pytest
import python_calamine
from factories import people
from flask.testing import FlaskClient
from sqlalchemy import select
from support.site import Site

from core import tables, web
from core.models import AuditEntry
from core.tables import Column, Filter, Listing


@pytest.fixture
def client(site: Site) -> FlaskClient:
    with site.session() as session:
        accounts = people.centre(session)
        for number in range(20, 80):
            people.employee(
                session, f"E{number:04d}", name=f"Grey {number}", team_path="Centre/Two"
            )
        people.employee(session, "E0090", name="100%_sure", position=None, team_path=None)
    return site.signed_in(accounts["hr"])


def rows(client: FlaskClient, query: str) -> list[list[str]]:
    text = client.get(f"/staff/?format=csv&{query}").data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


def test_a_list_shows_fifty_rows_and_says_how_many_there_are(client: FlaskClient) -> None:
    first = client.get("/staff/").get_data(as_text=True)
    second = client.get("/staff/?page=2").get_data(as_text=True)
    assert first.count("<tr>") == 51
    assert second.count("<tr>") == 19
    assert "E0090" not in first
    assert "E0090" in second


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "1e9", "9" * 30, "²"])
def test_a_page_that_does_not_exist_is_the_nearest_that_does(
    client: FlaskClient, page: str
) -> None:
    assert client.get(f"/staff/?page={page}").status_code == 200


def test_sorting_goes_both_ways_with_absent_values_last(client: FlaskClient) -> None:
    up = [row[2] for row in rows(client, "sort=position")]
    down = [row[2] for row in rows(client, "sort=position&dir=desc")]
    assert up[0] == "agent"
    assert down[0] == "supervisor"
    assert up[-1] == down[-1] == ""


@pytest.mark.parametrize("query", ["sort=password", "sort=name;drop", "dir=up", "team=Nope"])
def test_what_is_not_offered_is_ignored(client: FlaskClient, query: str) -> None:
    assert rows(client, query) == rows(client, "")


def test_search_takes_signs_of_patterns_as_they_are(client: FlaskClient) -> None:
    assert [row[0] for row in rows(client, "q=%25_")] == ["E0090"]
    assert [row[0] for row in rows(client, "q=GREY+21")] == ["E0021"]
    assert rows(client, "q=nobody") == []


def test_a_team_means_those_below_it_too(client: FlaskClient) -> None:
    assert len(rows(client, "team=Centre/Two")) == 61
    assert len(rows(client, "team=Centre")) == 65


def test_an_export_holds_exactly_what_is_filtered_and_is_audited(
    site: Site, client: FlaskClient
) -> None:
    answer = client.get("/staff/?format=xlsx&q=grey&sort=name&dir=desc")
    assert "attachment" in answer.headers["Content-Disposition"]
    book = python_calamine.load_workbook(io.BytesIO(answer.data))
    names = [row[1] for row in book.get_sheet_by_index(0).to_python()[1:]]
    assert names == [f"Grey {number}" for number in range(79, 19, -1)]
    with site.session() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.actor, entry.action) == ("E0003", "export")
        assert entry.payload is not None
        assert '"after": 60' in entry.payload


def test_an_export_reaches_no_further_than_the_page(site: Site, client: FlaskClient) -> None:
    from staff.models import Account

    with site.session() as session:
        account = session.get_one(Account, 4)
    assert [row[0] for row in rows(site.signed_in(account), "")] == ["E0004"]


def test_no_cell_becomes_a_formula(site: Site, client: FlaskClient) -> None:
    with site.session() as session:
        people.employee(session, "E0099", name="=1+1")
    assert rows(client, "q=E0099")[0][1] == "'=1+1"


@dataclass(frozen=True)
class Thing:
    key: str
    score: float | None
    grade: str


THINGS = [Thing("b", 2.0, "A"), Thing("a", None, "B"), Thing("c", 2.0, "A"), Thing("d", 10.0, "B")]
LISTING = Listing(
    columns=[
        Column("key", "Key"),
        Column("score", "Score", kind="number"),
        Column("grade", "Grade"),
    ],
    order=["key"],
    default="score",
    descending=True,
    search=["key"],
    filters=[Filter("grade", "Grade", [("A", "A"), ("B", "B")])],
    rows=3,
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "d b c"),
        ("sort=score&dir=asc", "b c d"),
        ("page=2", "a"),
        ("grade=A", "b c"),
        ("q=D", "d"),
        ("sort=key&dir=desc", "d c b"),
    ],
)
def test_rows_in_memory_are_listed_by_the_same_rules(
    site: Site, query: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        tables,
        "render_template",
        lambda _, page: " ".join(row.key for row in page.rows),
    )
    view = web.public(lambda: tables.respond(LISTING, THINGS, "x", filename="things"))
    site.app.add_url_rule("/things", "things", view)
    assert site.client().get(f"/things?{query}").get_data(as_text=True) == expected
