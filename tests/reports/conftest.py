"""A centre with three closed months, and accounts of those who look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from factories import people
from sqlalchemy import select
from support.centres import KEY, Examples
from support.readers import AGENT, NOW, Reports
from support.site import Site, application

from core.permissions import Role
from staff.models import Assignment, Employee


@pytest.fixture(scope="module")
def module_reports(
    examples: Examples, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reports]:
    from core.db import db

    url = examples.closed("sqlite", "centre-b")
    site = Site(application(url, tmp_path_factory.mktemp("reports"), PINGYOU_KEY=KEY.text))
    with time_machine.travel(NOW, tick=False):
        with site.session() as session:
            found = {each.employee_no: each for each in session.scalars(select(Employee))}
            above = {
                row.employee_id: row.supervisor_id for row in session.scalars(select(Assignment))
            }
            by_id = {each.id: each for each in found.values()}
            agent = found[AGENT]
            supervisor = by_id[above[agent.id] or 0]
            stranger = next(
                each
                for each in found.values()
                if above[each.id] not in (None, supervisor.id, agent.id)
                and above[above[each.id] or 0] != supervisor.id
                and each.leave_date is None
                and each.id not in above.values()
            )
            cast = {"agent": agent, "supervisor": supervisor, "stranger": stranger}
            accounts = {name: people.account(session, each) for name, each in cast.items()}
            for role in (Role.HR, Role.AUDITOR, Role.ADMINISTRATOR):
                name = "admin" if role is Role.ADMINISTRATOR else str(role)
                accounts[name] = people.account(session, login=f"the-{name}", roles=[role])
            numbers = {name: each.employee_no for name, each in cast.items()}
        reports = Reports(site, accounts, numbers)
        reports.publish(True)
        yield reports
    with site.app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def reports(module_reports: Reports) -> Iterator[Reports]:
    """Every month is published; a test that hides them need not put them back."""
    with time_machine.travel(NOW, tick=False):
        yield module_reports
        module_reports.publish(True)
