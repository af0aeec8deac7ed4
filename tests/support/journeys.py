"""One person at one window of the demo centre, from page to page as links and buttons lead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.demo_centre import sign_in
from support.page_checks import Complaints

from core.db import db, transaction
from staff.models import Employee

PASTE = """([input, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const how = {clipboardData: data, bubbles: true, cancelable: true};
  input.dispatchEvent(new ClipboardEvent("paste", how));
}"""


@dataclass
class Journey:
    """One person at one window. Whatever the browser complains of fails the test at the end."""

    app: Flask
    address: str
    page: Page
    language: str
    complaints: Complaints

    def sign_in(self, who: str) -> None:
        sign_in(self.page, self.address, who, self.language)

    def goto(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.fits()

    def follow(self, selector: str) -> None:
        """Click what leads to another page, and look whether that fits."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()
        self.fits()

    def confirm(self, form: str) -> None:
        """A deed behind a question: open it, then do it."""
        button = self.page.locator(f"{form} button[type=submit]").first
        if not button.is_visible():
            self.page.locator(f"details:has({form}) > summary").last.click()
        self.send(form)

    def send(self, form: str) -> None:
        """Send a form; what is said to it is no refusal."""
        with self.page.expect_navigation():
            self.page.locator(f"{form} button[type=submit]").first.click()
        expect(self.page.locator(".notice-bad, .field-bad")).to_have_count(0)
        self.fits()

    def fits(self) -> None:
        path = self.page.url
        over = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, f"{path} is {over} px too wide"

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.app.app_context(), transaction():
            yield db.session()
        with self.app.app_context():
            db.session.remove()

    def paste(self, selector: str, text: str) -> None:
        self.page.evaluate(PASTE, [self.page.query_selector(selector), text])

    def rate(self) -> None:
        """Fill in a 360° form: a four everywhere."""
        for at in range(self.page.locator(".survey fieldset").count()):
            self.page.check(f'.survey input[name="rating_{at}"][value="4"]')
        self.send("form.survey")


def employee_id(session: Session, number: str) -> int:
    return session.scalars(select(Employee.id).where(Employee.employee_no == number)).one()
