"""Who may enter which page: one table of every endpoint, walked as every role.

A new route joins the table in the commit that adds it. The table says who gets in at the door; whom
they see there is tested with the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from factories import people
from flask import Flask
from flask.testing import FlaskClient
from support.databases import Databases, Kind
from support.site import Site, application

from core import web
from core.permissions import Permission

ROLES = ("agent", "supervisor", "manager", "hr", "admin", "auditor")
PUBLIC = None
P = Permission

# Endpoint: what it requires. PUBLIC is for everybody, signed in or not.
ENDPOINTS: dict[str, Permission | None] = {
    "accounts.sign_in": PUBLIC,
    "accounts.language": PUBLIC,
    "accounts.sign_out": P.SELF,
    "accounts.account": P.SELF,
    "accounts.password": P.SELF,
    "accounts.second_step": PUBLIC,
    "accounts.sign_on": PUBLIC,
    "accounts.signed_on": PUBLIC,
    "accounts.by_link": PUBLIC,
    "accounts.choose": PUBLIC,
    "accounts.forgotten": PUBLIC,
    "accounts.end_session": P.SELF,
    "accounts.end_other_sessions": P.SELF,
    "accounts.factor": P.SELF,
    "accounts.recovery_codes": P.SELF,
    "accounts.prove": P.SELF,
    "accounts.prove_by_provider": P.SELF,
    "accounts.email": P.SELF,
    "accounts.email_by_link": P.SELF,
    "accounts.confirm_email": P.SELF,
    "accounts.factor_off": P.SELF,
    "accounts.deputies": P.SELF,
    "accounts.end_deputy": P.SELF,
    "accounts.act_for": P.SELF,
    "administration.all_deputies": P.ACCOUNTS_WRITE,
    "administration.end_any_deputy": P.ACCOUNTS_WRITE,
    "administration.people": P.ACCOUNTS_READ,
    "administration.person": P.ACCOUNTS_READ,
    "administration.to_help": P.ACCOUNTS_CODES,
    "administration.issue_code": P.ACCOUNTS_CODES,
    "administration.reset_factor": P.ACCOUNTS_HELP,
    "administration.end_sessions": P.ACCOUNTS_HELP,
    "administration.release": P.ACCOUNTS_HELP,
    "administration.delays": P.ACCOUNTS_HELP,
    "administration.release_address": P.ACCOUNTS_HELP,
    "administration.create": P.ACCOUNTS_WRITE,
    "administration.change_role": P.ACCOUNTS_WRITE,
    "administration.confirm_role": P.ACCOUNTS_HELP,
    "administration.change_second_decider": P.ACCOUNTS_WRITE,
    "administration.change_state": P.ACCOUNTS_WRITE,
    "administration.first": P.ACCOUNTS_HELP,
    "administration.create_missing": P.ACCOUNTS_HELP,
    "administration.invite": P.ACCOUNTS_HELP,
    "administration.slips": P.ACCOUNTS_HELP,
    "reports.dashboard": P.SELF,
    "audit.trail": P.AUDIT_READ,
    "scorecards.newest": P.SCORECARDS_READ,
    "scorecards.month_list": P.SCORECARDS_READ,
    "scorecards.card": P.SCORECARDS_READ,
    "scorecards.trend_chart": P.SCORECARDS_READ,
    "scorecards.pdf": P.SCORECARDS_READ,
    "scorecards.rules": P.SCORECARDS_READ,
    "scorecards.my_rules": P.SCORECARDS_READ,
    "scorecards.own_card": P.SCORECARDS_READ,
    "scorecards.newest_heatmap": P.SCORECARDS_READ,
    "scorecards.heatmap": P.SCORECARDS_READ,
    "scorecards.tickets": P.RECORDS_READ,
    "scorecards.complaints": P.RECORDS_READ,
    "scorecards.spot_checks": P.RECORDS_READ,
    "scorecards.training": P.TRAINING_READ,
    "scorecards.metrics": P.EVALUATIONS_READ,
    "scorecards.incidents": P.INCIDENTS_READ,
    "scorecards.attendance": P.ATTENDANCE_READ,
    "scorecards.reviews": P.REVIEWS_READ,
    "evaluations.newest": P.EVALUATIONS_READ,
    "evaluations.month": P.EVALUATIONS_READ,
    "evaluations.save": P.EVALUATIONS_WRITE,
    "evaluations.cells": P.EVALUATIONS_WRITE,
    "evaluations.figures": P.EVALUATIONS_READ,
    "evaluations.submit": P.EVALUATIONS_WRITE,
    "evaluations.give_back": P.EVALUATIONS_RETURN,
    "evaluations.own": P.EVALUATIONS_READ,
    "evaluations.person": P.EVALUATIONS_READ,
    "evaluations.feedback": P.EVALUATIONS_WRITE,
    "evaluations.notes": P.EVALUATIONS_WRITE,
    "evaluations.share_note": P.EVALUATIONS_WRITE,
    "evaluations.remove_note": P.EVALUATIONS_WRITE,
    "evaluations.checks": P.RECORDS_READ,
    "evaluations.check": P.RECORDS_READ,
    "evaluations.check_file": P.RECORDS_READ,
    "evaluations.new_check": P.RECORDS_WRITE,
    "evaluations.change_check": P.RECORDS_WRITE,
    "evaluations.remove_check": P.RECORDS_WRITE,
    "evaluations.add_check_files": P.RECORDS_WRITE,
    "evaluations.checklists": P.RULES_WRITE,
    "evaluations.checklist": P.RULES_WRITE,
    "evaluations.new_checklist": P.RULES_WRITE,
    "evaluations.change_checklist": P.RULES_WRITE,
    "evaluations.checklist_state": P.RULES_WRITE,
    "evaluations.complaints": P.RECORDS_READ,
    "evaluations.complaint": P.RECORDS_READ,
    "evaluations.complaint_file": P.RECORDS_READ,
    "evaluations.new_complaint": P.RECORDS_WRITE,
    "evaluations.change_complaint": P.RECORDS_WRITE,
    "evaluations.complaint_step": P.RECORDS_WRITE,
    "evaluations.complaint_cause": P.RECORDS_WRITE,
    "evaluations.complaint_decide": P.RECORDS_WRITE,
    "evaluations.add_complaint_files": P.RECORDS_WRITE,
    "attendance.home": P.ATTENDANCE_READ,
    "attendance.month": P.ATTENDANCE_READ,
    "attendance.mine": P.REQUESTS_ASK,
    "attendance.ask": P.REQUESTS_ASK,
    "attendance.excuses": P.ATTENDANCE_READ,
    "attendance.excuse": P.REQUESTS_DECIDE,
    "attendance.withdraw_excuse": P.REQUESTS_DECIDE,
    "attendance.withdraw": P.REQUESTS_ASK,
    "attendance.requests": P.REQUESTS_DECIDE,
    "attendance.request": P.ATTENDANCE_READ,
    "attendance.request_file": P.ATTENDANCE_READ,
    "attendance.decide": P.REQUESTS_DECIDE,
    "training.home": P.TRAINING_READ,
    "training.due": P.TRAINING_WRITE,
    "training.courses": P.TRAINING_READ,
    "training.course": P.TRAINING_READ,
    "training.new_course": P.RULES_WRITE,
    "training.change_course": P.RULES_WRITE,
    "training.sessions": P.TRAINING_WRITE,
    "training.session_grid": P.TRAINING_WRITE,
    "training.person": P.TRAINING_READ,
    "training.records": P.TRAINING_READ,
    "reviews.mine": P.REVIEWS_ANSWER,
    "reviews.about": P.REVIEWS_ANSWER,
    "reviews.results": P.REVIEWS_READ,
    "reviews.result": P.REVIEWS_READ,
    "reviews.rounds": P.REVIEWS_WRITE,
    "reviews.new": P.REVIEWS_WRITE,
    "reviews.one_round": P.REVIEWS_WRITE,
    "reviews.draw": P.REVIEWS_WRITE,
    "reviews.open_": P.REVIEWS_WRITE,
    "reviews.remind": P.REVIEWS_WRITE,
    "reviews.end": P.REVIEWS_WRITE,
    "reviews.last_day": P.REVIEWS_WRITE,
    "reviews.discard": P.REVIEWS_WRITE,
    "reviews.add": P.REVIEWS_WRITE,
    "reviews.remove": P.REVIEWS_WRITE,
    "rewards.matrix": P.RULES_READ,
    "rewards.incidents": P.INCIDENTS_READ,
    "rewards.incident": P.INCIDENTS_READ,
    "rewards.new_incident": P.INCIDENTS_RECORD,
    "rewards.approve": P.INCIDENTS_APPROVE,
    "rewards.decline": P.INCIDENTS_APPROVE,
    "rewards.tell": P.INCIDENTS_RECORD,
    "rewards.statement": P.INCIDENTS_READ,
    "rewards.serve": P.INCIDENTS_RECORD,
    "rewards.add_files": P.INCIDENTS_RECORD,
    "rewards.incident_file": P.INCIDENTS_READ,
    "rewards.notice_pdf": P.INCIDENTS_READ,
    "rewards.tasks": P.INCIDENTS_READ,
    "rewards.task": P.INCIDENTS_READ,
    "rewards.change_task": P.INCIDENTS_READ,
    "rewards.end_task": P.INCIDENTS_READ,
    "rewards.take_up": P.INCIDENTS_RECORD,
    "rewards.person": P.INCIDENTS_READ,
    "rewards.newest_proposals": P.INCIDENTS_APPROVE,
    "rewards.month_proposals": P.INCIDENTS_APPROVE,
    "rewards.awards": P.AWARDS_READ,
    "rewards.award": P.AWARDS_READ,
    "rewards.undo_award": P.AWARDS_WRITE,
    "rewards.announcement": P.AWARDS_READ,
    "rewards.decide_objection": P.AWARDS_WRITE,
    "rewards.month_nominations": P.AWARDS_NOMINATE,
    "rewards.withdraw_nomination": P.AWARDS_NOMINATE,
    "rewards.honours": P.AWARDS_READ,
    "rewards.honours_list": P.AWARDS_READ,
    "rewards.certificate": P.AWARDS_READ,
    "rewards.certificates": P.AWARDS_WRITE,
    "closing.months": P.CLOSING_READ,
    "closing.month": P.CLOSING_READ,
    "closing.job": P.CLOSING_WRITE,
    "closing.job_progress": P.CLOSING_WRITE,
    "closing.preview": P.CLOSING_WRITE,
    "closing.figures": P.CLOSING_WRITE,
    "closing.calibration": P.EVALUATIONS_RETURN,
    "closing.calibration_chart": P.EVALUATIONS_RETURN,
    "closing.close": P.CLOSING_WRITE,
    "closing.reopen": P.CLOSING_WRITE,
    "closing.publish": P.CLOSING_WRITE,
    "closing.publish_at": P.CLOSING_WRITE,
    "closing.unplan": P.CLOSING_WRITE,
    "closing.withhold": P.CLOSING_WRITE,
    "closing.payroll_lines": P.CLOSING_READ,
    "closing.export_payroll": P.CLOSING_WRITE,
    "appeals.listing": P.APPEALS_READ,
    "appeals.appeal": P.APPEALS_READ,
    "appeals.file": P.APPEALS_READ,
    "appeals.new": P.APPEALS_LODGE,
    "appeals.withdraw": P.APPEALS_LODGE,
    "appeals.acknowledge": P.APPEALS_LODGE,
    "appeals.receipts": P.SCORECARDS_READ,
    "appeals.comment": P.APPEALS_COMMENT,
    "appeals.decide": P.APPEALS_DECIDE,
    "appeals.apply": P.CLOSING_WRITE,
    "appeals.done": P.CLOSING_WRITE,
    "appeals.adjust_line": P.CLOSING_WRITE,
    "appeals.adjustments": P.CLOSING_READ,
    "appeals.new_adjustment": P.CLOSING_WRITE,
    "appeals.remove_adjustment": P.CLOSING_WRITE,
    "appeals.differences": P.CLOSING_WRITE,
    "appeals.add_difference": P.CLOSING_WRITE,
    "policy.versions_list": P.CLOSING_READ,
    "policy.version": P.CLOSING_READ,
    "policy.download": P.CLOSING_READ,
    "policy.acknowledgements": P.CLOSING_READ,
    "policy.acknowledge": P.SELF,
    "policy.new": P.RULES_WRITE,
    "policy.compare": P.CLOSING_READ,
    "policy.drafts": P.RULES_WRITE,
    "policy.begin_draft": P.RULES_WRITE,
    "policy.draft": P.RULES_WRITE,
    "policy.draft_rule": P.RULES_WRITE,
    "policy.add_rule": P.RULES_WRITE,
    "policy.change_rule": P.RULES_WRITE,
    "policy.draft_award": P.RULES_WRITE,
    "policy.draft_sheet": P.RULES_WRITE,
    "policy.draft_text": P.RULES_WRITE,
    "policy.draft_effect": P.RULES_WRITE,
    "policy.draft_changes": P.RULES_WRITE,
    "policy.publish": P.RULES_WRITE,
    "policy.discard": P.RULES_WRITE,
    "policy.record": P.RULES_WRITE,
    "imports.overview": P.IMPORTS,
    "imports.template": P.IMPORTS,
    "imports.batch": P.IMPORTS,
    "imports.refused": P.IMPORTS,
    "imports.confirm": P.IMPORTS,
    "imports.discard": P.IMPORTS,
    "imports.reading": P.IMPORTS,
    "imports.undo": P.IMPORTS,
    "imports.late": P.IMPORTS,
    "imports.take_late": P.IMPORTS,
    "imports.match": P.IMPORTS,
    "imports.matched": P.IMPORTS,
    "imports.maps": P.IMPORTS,
    "imports.made_map": P.IMPORTS,
    "imports.shipped_map": P.IMPORTS,
    "imports.forget_map": P.IMPORTS,
    "imports.unmapped": P.IMPORTS,
    "imports.unmapped_id": P.IMPORTS,
    "imports.map_id": P.IMPORTS,
    "imports.dismiss_id": P.IMPORTS,
    "imports.aliases": P.IMPORTS,
    "imports.new_alias": P.IMPORTS,
    "imports.alias": P.IMPORTS,
    "imports.remove_alias": P.IMPORTS,
    "inbox.notices_list": P.SELF,
    "inbox.read": P.SELF,
    "inbox.read_all": P.SELF,
    "staff.people": P.PROFILE_READ,
    "staff.suggest": P.PROFILE_READ,
}

# Public steps that lead on: from a link to its page, from the middle of a sign-in to its start.
LEADS_ON = {"accounts.by_link", "accounts.second_step"}

# Who gets in by which permission. Everything else is told 403 or 404.
ENTER: dict[Permission, set[str]] = {
    P.SELF: {"agent", "supervisor", "manager", "hr", "admin", "auditor"},
    P.PROFILE_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.PROFILE_WRITE: {"hr"},
    P.PAY_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.ATTENDANCE_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.ATTENDANCE_WRITE: {"hr"},
    P.REQUESTS_ASK: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.REQUESTS_DECIDE: {"supervisor", "manager", "hr"},
    P.EVALUATIONS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.EVALUATIONS_WRITE: {"supervisor", "manager", "hr"},
    P.EVALUATIONS_RETURN: {"manager", "hr"},
    P.SCORECARDS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.REVIEWS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.REVIEWS_ANSWER: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.REVIEWS_WRITE: {"hr"},
    P.RECORDS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.RECORDS_WRITE: {"supervisor", "manager", "hr"},
    P.RULES_READ: {"agent", "supervisor", "manager", "hr", "admin", "auditor"},
    P.RULES_WRITE: {"hr"},
    P.INCIDENTS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.INCIDENTS_RECORD: {"supervisor", "manager", "hr"},
    P.INCIDENTS_APPROVE: {"manager", "hr"},
    P.TRAINING_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.TRAINING_WRITE: {"supervisor", "manager", "hr"},
    P.AWARDS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.AWARDS_NOMINATE: {"supervisor", "manager"},
    P.AWARDS_WRITE: {"hr"},
    P.CLOSING_READ: {"hr", "auditor"},
    P.CLOSING_WRITE: {"hr"},
    P.IMPORTS: {"hr"},
    P.ACCOUNTS_READ: {"hr", "admin"},
    P.ACCOUNTS_CODES: {"supervisor", "manager", "hr", "admin"},
    P.ACCOUNTS_HELP: {"hr", "admin"},
    P.ACCOUNTS_WRITE: {"admin"},
    P.APPEALS_READ: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.APPEALS_LODGE: {"agent", "supervisor", "manager", "hr", "auditor"},
    P.APPEALS_COMMENT: {"supervisor", "manager", "hr"},
    P.APPEALS_DECIDE: {"hr"},
    P.AUDIT_READ: {"agent", "supervisor", "manager", "hr", "admin", "auditor"},
}
DOOR = "door-"  # endpoints of this test, one per permission
# Values for the variable parts of addresses.
PARTS: dict[str, Any] = {
    "month": "2026-10",
    "employee_no": "E0004",
    "kind": "tickets",
    "form": "csv",
}


@pytest.fixture(scope="module")
def walk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The application with one account per role, and clients in their sessions."""
    from core.db import db

    kind: Kind = "sqlite"
    url = databases.fresh(kind)
    site = Site(application(url, tmp_path_factory.mktemp("walk")))
    for permission in Permission:
        door = web.requires(permission)(lambda: "in")
        site.app.add_url_rule(f"/{DOOR}{permission.name}", f"{DOOR}{permission.name}", door)
    with site.session() as session:
        accounts = people.centre(session)
    yield site.app, lambda role: site.signed_in(accounts[role]) if role else site.client()
    with site.app.app_context():
        db.engine.dispose()
    databases.drop(url)


def endpoints(app: Flask) -> dict[str, Any]:
    return {
        rule.endpoint: rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.rpartition(".")[2] != "static" and not rule.endpoint.startswith(DOOR)
    }


def address(app: Flask, endpoint: str) -> str:
    rule = endpoints(app)[endpoint]
    values = {name: PARTS.get(name, "1") for name in rule.arguments}
    with app.test_request_context():
        return str(app.url_for(endpoint, _external=False, **values))


def ask(app: Flask, client: FlaskClient, endpoint: str) -> int:
    """The status of an empty request; a form without a token gets 400 behind the door."""
    method = "GET" if "GET" in endpoints(app)[endpoint].methods else "POST"
    return client.open(address(app, endpoint), method=method).status_code


def test_the_table_lists_every_endpoint_and_no_other(walk: Any) -> None:
    app, _ = walk
    found = {name: web.permission_of(app, name) for name in endpoints(app)}
    assert found == ENDPOINTS


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_the_anonymous_are_sent_to_sign_in(
    walk: tuple[Flask, Callable[[str | None], FlaskClient]], endpoint: str
) -> None:
    app, client = walk
    status = ask(app, client(None), endpoint)
    assert (status == 302) == (ENDPOINTS[endpoint] is not PUBLIC or endpoint in LEADS_ON)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("endpoint", sorted(name for name in ENDPOINTS if ENDPOINTS[name]))
def test_roles_enter_what_the_table_of_permissions_opens_to_them(
    walk: tuple[Flask, Callable[[str | None], FlaskClient]], endpoint: str, role: str
) -> None:
    app, client = walk
    permission = ENDPOINTS[endpoint]
    assert permission is not None
    status = ask(app, client(role), endpoint)
    assert status < 500
    if role not in ENTER[permission]:
        assert status in (403, 404)
    elif not endpoints(app)[endpoint].arguments:  # else the address may name nothing
        assert status not in (401, 403, 404)


@pytest.mark.parametrize("permission", list(Permission))
def test_the_roles_hold_what_the_table_says(walk: Any, permission: Permission) -> None:
    _, client = walk
    url = f"/{DOOR}{permission.name}"
    entered = {role for role in ROLES if client(role).get(url).status_code == 200}
    assert entered == ENTER[permission]
