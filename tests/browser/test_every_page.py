"""Every page that the demo centre has, in both languages and widths, in a real browser.

Nothing hangs over, no word of the other language, no serious finding of axe-core, no complaint of
the console or of the content security policy. Each check is shown to catch a planted fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route
from sqlalchemy import String, select
from support.databases import Databases
from support.demo_centre import demo, sign_in, speak
from support.page_checks import Complaints, foreign_words, inaccessible, too_wide
from support.served import served

from closing.demo.services import PASSWORD
from core.db import db

# Who looks, in this order; each page is looked at by the first who finds it.
VIEWERS = ("E0008", "E0004", "E0002", "E0001", "demo", "auditor")
LINK = re.compile(r'href="(/[^"#]*)')
DIGITS = re.compile(r"\d+")
NOBODY = ""
BY_ADDRESS = {"E0002": ["/imports/late"]}
# Pages that no link of the demo leads to, with the reason.
UNREACHED = {
    "accounts.by_link": "leads on from a letter",
    "accounts.choose": "only while a first password waits",
    "accounts.confirm_email": "only while a new address waits",
    "accounts.email_by_link": "leads on from a letter",
    "accounts.forgotten": "looked at by nobody signed in",
    "accounts.prove": "only some minutes after the password was typed",
    "accounts.sign_in": "looked at by nobody signed in",
    "appeals.adjust_line": "only once the payroll was exported",
    "appeals.differences": "only once the payroll was exported",
    "appeals.new": "only within the window",
    "closing.figures": "a part of a page",
    "closing.job": "only in a large centre",
    "closing.job_progress": "a part of a page",
    "evaluations.change_check": "only one's own checks of the open month",
    "evaluations.figures": "a part of a page",
    "imports.alias": "there is none",
    "imports.late": "looked at by its address",
    "imports.match": "only with an upload that nobody recognises",
    "imports.unmapped_id": "there is none",
    "policy.compare": "there is one version",
    "reviews.result": "no round has ended",
    "staff.suggest": "a part of a page",
    # Not pages: pictures, files, and addresses that lead on.
    "appeals.file": "",
    "attendance.request_file": "",
    "closing.calibration_chart": "",
    "evaluations.check_file": "",
    "evaluations.complaint_file": "",
    "evaluations.own": "",
    "imports.made_map": "",
    "imports.refused": "",
    "rewards.incident_file": "",
    "scorecards.newest_heatmap": "",
    "scorecards.own_card": "",
    "scorecards.trend_chart": "",
    "accounts.prove_by_provider": "sends away to the provider",
    "accounts.signed_on": "where the sign-on provider sends back to",
    "accounts.sign_on": "sends away to the provider",
    "accounts.second_step": "only between password and code",
}
ALIKE = 4  # addresses that differ in numbers only: their links may differ


@dataclass
class Centre:
    """The demo, its pages by who sees them first, and every text of its database."""

    app: Flask
    address: str
    pages: dict[str, list[str]] = field(default_factory=dict)
    data: str = ""
    seen: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def centre(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("every-page")

    app = demo(databases, folder)
    with served(app) as address:
        made = Centre(app, address)
        with app.app_context():
            made.data = all_texts()
        for viewer in VIEWERS:
            made.pages[viewer] = [*crawl(made, viewer), *BY_ADDRESS.get(viewer, ())]
        made.pages[NOBODY] = ["/sign-in", "/password/forgotten"]
        yield made
    with app.app_context():
        db.engine.dispose()


def all_texts() -> str:
    """Everything in the database that is a text, but for the policy, whose names are translated."""
    found: list[str] = []
    for table in db.metadata.tables.values():
        if table.name == "document_versions":
            continue
        for column in table.columns:
            if isinstance(column.type, String):
                query = select(column).distinct().where(column.is_not(None))
                found.extend(map(str, db.session.scalars(query)))
    db.session.remove()
    return "\n".join(found)


def signed_in(app: Flask, name: str) -> Any:
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    form = {"name": name, "password": PASSWORD, "csrf_token": token[1]}
    assert client.post("/sign-in", data=form).status_code == 302
    return client


def crawl(centre: Centre, viewer: str) -> Iterator[str]:
    """One address of every page that links lead this viewer to and nobody found before."""
    client, taken = signed_in(centre.app, viewer), set[str]()
    adapter = centre.app.url_map.bind("localhost")
    waiting, asked = ["/"], Counter[tuple[str, str]]()
    while waiting:
        path = waiting.pop(0)
        plain = path.partition("?")[0]
        try:
            endpoint, _ = adapter.match(plain, method="GET")
        except Exception:
            continue
        shape = (endpoint, DIGITS.sub("0", plain))
        if asked[shape] >= ALIKE or path in taken or endpoint.endswith("static"):
            continue
        asked[shape] += 1
        taken.add(path)
        answer = client.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            centre.seen.add(endpoint)
            if answer.location is not None:  # also for filters that are put into the address
                waiting.append(answer.location)
            continue
        waiting.extend(each.replace("&amp;", "&") for each in LINK.findall(answer.text))
        if endpoint not in centre.seen:
            centre.seen.add(endpoint)
            if "<html" in answer.text:
                yield path


@pytest.mark.long
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_fits_reads_and_works_for_everybody(
    centre: Centre, browser: Any, language: str, width: int
) -> None:
    wrong: list[str] = []
    for viewer, paths in centre.pages.items():
        context = browser.new_context(viewport={"width": width, "height": 740})
        page = context.new_page()
        complaints = Complaints().listen(page)
        if viewer == NOBODY:
            page.goto(f"{centre.address}/sign-in")
            speak(page, language)
        else:
            sign_in(page, centre.address, viewer, language)
        for path in paths:
            page.goto(centre.address + path)
            found = [*too_wide(page), *inaccessible(page), *complaints.take()]
            found += foreign_words(page, language[:2], centre.data)
            wrong += [f"{viewer} {path}: {each}" for each in found]
        context.close()
    assert wrong == []


@pytest.mark.long
def test_every_page_is_found_by_following_links(centre: Centre) -> None:
    pages = {
        rule.endpoint
        for rule in centre.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.endswith("static")
    }
    assert pages - centre.seen - set(UNREACHED) == set()


PAGE = (
    "<!doctype html><html lang='{language}'><head><title>t</title></head>"
    "<body><main><h1>{head}</h1>{body}</main></body></html>"
)


def planted(page: Page, body: str, language: str = "en", head: str = "Title") -> None:
    page.set_content(PAGE.format(language=language, head=head, body=body))


def test_a_planted_fault_of_width_is_found(page: Page) -> None:
    planted(page, "<p>short</p>")
    assert list(too_wide(page)) == []
    planted(page, "<div style='width:2000px'>long</div>")
    assert list(too_wide(page))


def test_a_planted_fault_of_access_is_found(page: Page) -> None:
    planted(page, "<p>fine</p>")
    assert list(inaccessible(page)) == []
    planted(page, "<img src='data:,'><input name='x'>")
    assert {each.partition(" ")[0] for each in inaccessible(page)} >= {"image-alt", "label"}


def test_a_planted_word_of_the_other_language_is_found(page: Page) -> None:
    planted(page, "<p>安柏粒 earned it</p><p translate='no'>备注</p>")
    assert list(foreign_words(page, "en", "安柏粒")) == []
    planted(page, "<p>安柏粒</p><button aria-label='关闭'>x</button>")
    assert len(list(foreign_words(page, "en", "安柏粒"))) == 1
    planted(page, "<p>客户 E0007 导出 CSV</p>", "zh-CN", "评优")
    assert list(foreign_words(page, "zh", "")) == []
    planted(page, "<p>客户 Resolution</p>", "zh-CN", "评优")
    assert len(list(foreign_words(page, "zh", ""))) == 1


def test_a_planted_error_and_a_breach_of_the_policy_are_found(page: Page) -> None:
    heard = Complaints().listen(page)

    def answer(route: Route) -> None:
        headers = {"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'"}
        route.fulfill(body="<body style='color:red'>x</body>", headers=headers)

    page.route("**/planted", answer)
    page.goto("http://127.0.0.1:9/planted")
    assert any("Content Security Policy" in each for each in heard.take())
    planted(page, "<p>x</p>")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('planted') })")
    assert any("planted" in each for each in heard.take())
