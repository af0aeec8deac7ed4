"""Controls taken out of a copy of the packages: the test of each has to fail without it.

What each of them is for is told in docs/security.md, which names them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.repository import ROOT
from support.spoilt import Fault, copy_to, gone, run, spoilt

ONLY = "not postgresql"


@dataclass(frozen=True)
class Control(Fault):
    """``new`` is the code without the control, which ``test`` is the test of."""

    test: str


SIGN_IN = "tests/staff/accounts/test_sign_in_pages.py"
CONTROLS = (
    Control("the permission at the door", "core/web.py",
            "    if not who.may(permission):\n        refuse(permission)\n", "",
            "tests/core/test_frame.py::test_seen_but_not_done_is_403_and_not_even_seen_is_404"),
    Control("no start with a page that names no permission", "core/web.py",
            "if not _is_file(name) and not hasattr(view, MARK)", "if not name",
            "tests/core/test_frame.py::"
            "test_the_application_does_not_start_with_an_unmarked_endpoint"),
    Control("the team as the limit of queries", "staff/queries.py",
            "conditions.append(Employee.id.in_(team_of_viewer(viewer, day)))",
            "conditions.append(Employee.id > 0)",
            "tests/staff/test_scopes.py::test_a_permission_reaches_as_far_as_its_scope"),
    Control("nobody decides about themselves", "rewards/services.py",
            "    if actor.is_person(person.id):\n        raise Refused(ABOUT_SELF)\n", "    pass\n",
            "tests/rewards/test_incidents_and_approvals.py::"
            "test_nobody_decides_a_rule_about_themselves"),
    Control("nobody decides what they recorded", "rewards/services.py",
            "if actor.is_person(incident.recorded_by_id)"
            " or actor.has_part_in(incident.recorded_by):", "if False:",
            "tests/rewards/test_incidents_and_approvals.py::"
            "test_nobody_approves_what_they_recorded_nor_what_is_about_them"),
    Control("nobody names themselves as a deputy", "staff/deputies.py",
            "if actor.employee_id == deputy.id:", "if False:",
            "tests/staff/test_deputies.py::test_who_may_be_named_and_when"),
    Control("tokens of forms", "core/web.py",
            '    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)\n',
            '    app.config["WTF_CSRF_CHECK_DEFAULT"] = False\n',
            "tests/core/test_frame.py::test_a_form_without_its_token_is_refused_in_words"),
    Control("failures delay the next sign-in", "staff/accounts/throttles.py",
            "return int(min(self.longest, 2 ** min(failures - self.free + 1, 20)))", "return 0",
            f"{SIGN_IN}::test_failures_make_the_next_try_wait_even_with_the_right_password"),
    Control("an unknown name costs a verification", "staff/accounts/signing_in.py",
            "right = passwords.hasher().verify(account.password_hash if account else None, "
            "password)",
            "right = account is not None and "
            "passwords.hasher().verify(account.password_hash, password)",
            f"{SIGN_IN}::test_an_unknown_name_costs_a_verification_too"),
    Control("a given password is replaced first", "core/web.py",
            "if who.unfinished and not first_password:", "if False:",
            f"{SIGN_IN}::test_a_given_password_has_to_be_replaced_before_anything_else"),
    Control("a new password ends the sessions", "staff/accounts/services.py",
            "    sessions.end_all(session, actor=actor, now=now, account_id=account_id)\n"
            "    note(session, actor, now, \"account.password\"",
            "    note(session, actor, now, \"account.password\"",
            f"{SIGN_IN}::test_a_new_password_ends_the_other_sessions_of_the_account"),
    Control("an idle session ends", "staff/accounts/sessions.py",
            "            or now - row.seen_at >= self.idle\n", "",
            "tests/staff/accounts/test_sessions.py::test_an_hour_without_a_request_ends_a_session"),
    Control("a code of the second factor counts once", "staff/accounts/factor.py",
            "            (Account.factor_step.is_(None)) | (Account.factor_step < step),\n", "",
            "tests/staff/accounts/test_second_factor.py::"
            "test_no_code_is_taken_twice_and_none_from_before_the_last"),
    Control("nobody is sent to another site", "core/web.py",
            'if not target or not target.startswith("/") or target.startswith("//")'
            ' or "\\\\" in target:', "if not target:",
            "tests/core/test_web_settings.py::test_nobody_is_sent_to_another_site"),
    Control("no script inside a page", "core/pages/headers.py",
            "\"script-src 'self'\"", "\"script-src 'self' 'unsafe-inline'\"",
            "tests/core/test_web_settings.py::"
            "test_the_policy_for_contents_allows_nothing_inline_and_nothing_from_elsewhere"),
    Control("what did not happen is not in the trail", "core/audit.py",
            '        session.info.pop("audit", None)\n', "        pass\n",
            "tests/core/test_audit_concurrency.py::"
            "test_a_transaction_that_fails_leaves_no_entry_and_no_gap"),
    Control("the chain of the trail has a key", "core/audit.py",
            'return hmac.digest(key, message, "sha256").hex()', "return sha256(message)",
            "tests/core/test_audit.py::"
            "test_an_entry_with_the_right_hashes_but_another_key_is_found"),
    Control("each entry follows the one before", "core/audit.py",
            "            if entry.previous != previous:\n", "            if False:\n",
            "tests/core/test_audit.py::test_what_was_changed_removed_or_reordered_is_found"),
    Control("the trail is only added to", "core/lock.py",
            '    ("audit_entries", "DELETE", "TRUE", APPEND_ONLY),\n', "",
            "tests/core/test_audit.py::test_the_database_itself_refuses_changes"),
    Control("three raters hide each other", "evaluations/reviews.py",
            "    least = max(3, min_raters)", "    least = min_raters",
            "tests/evaluations/test_reviews.py::"
            "test_at_least_three_raters_hide_each_other_whatever_is_asked_for"),
    Control("a secret opens in its own row only", "staff/wages.py",
            'return f"assignments:{employee_id}:{start.isoformat()}:base_wage"',
            'return "assignments:base_wage"',
            "tests/core/test_keyring.py::test_a_wage_moved_to_another_row_does_not_open"),
    Control("errors do not repeat what stood in a statement", "core/settings.py",
            '"hide_parameters": True,', '"hide_parameters": False,',
            "tests/evaluations/test_anonymity.py::"
            "test_an_error_of_the_database_does_not_say_what_stood_in_the_statement"),
    Control("no cell of an export is a formula", "core/files/writing.py",
            """return f"'{text}\"""", "return text",
            "tests/core/test_table_files.py::"
            "test_a_written_csv_holds_no_formula_and_reads_back_the_same"),
    Control("a limit to what is unpacked", "core/files/archives.py",
            "if seen.unpacked > MAX_UNPACKED or", "if",
            "tests/core/test_table_files.py::test_a_sheet_that_unpacks_to_too_much_is_refused"),
    Control("files are taken by their content", "core/filetypes.py",
            "return TEXT if _is_text(content) else None", "return TEXT",
            "tests/core/test_attachments.py::"
            "test_other_kinds_are_refused_whatever_they_are_called"),
)  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("controls"))


@pytest.mark.long
def test_with_the_controls_in_it_the_copy_passes(copy: Path) -> None:
    result = run(copy, ONLY, *dict.fromkeys(control.test for control in CONTROLS))
    assert result.returncode == 0, result.stdout[-3000:]


@pytest.mark.long
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_without_a_control_its_test_fails(copy: Path, control: Control) -> None:
    with spoilt(copy, control):
        result = run(copy, ONLY, control.test)
    assert result.returncode == 1, result.stdout[-3000:]
    assert "failed" in result.stdout


def test_every_control_is_where_it_is_taken_out() -> None:
    assert gone(CONTROLS) == []


def test_the_document_names_every_control() -> None:
    text = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    assert [control.name for control in CONTROLS if f"| {control.name} |" not in text] == []
