"""Actions of the audit trail in words; one that has none stands there as it is."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from closing.imports.words import KINDS

LONGEST = 200
_HASH = re.compile(r"[0-9a-f]{40,}")
_WORDS: dict[str, Any] = {
    "access.refused": _l("Access refused"),
    "account.close": _l("Account closed"),
    "account.create": _l("Account made"),
    "account.email": _l("Address changed"),
    "account.email_asked": _l("Another address asked for"),
    "account.language": _l("Language chosen"),
    "account.one_time_password": _l("One-time password given"),
    "account.open": _l("Account opened again"),
    "account.password": _l("Password changed"),
    "account.release": _l("Delay after failed sign-ins lifted"),
    "address.release": _l("Delay of an address lifted"),
    "attendance.calendar": _l("Calendar changed"),
    "attendance.corrected": _l("Punch added"),
    "attendance.excuse_withdrawn": _l("Excuse withdrawn"),
    "attendance.excused": _l("Day excused"),
    "appeal.applied": _l("Appeal took effect"),
    "appeal.commented": _l("Appeal commented"),
    "appeal.line_accepted": _l("Record of an appeal accepted"),
    "appeal.line_declined": _l("Record of an appeal declined"),
    "appeal.line_partly": _l("Record of an appeal accepted in part"),
    "appeal.lodged": _l("Appeal lodged"),
    "appeal.withdrawn": _l("Appeal withdrawn"),
    "attachment.added": _l("File added"),
    "attachment.removed": _l("File removed"),
    "metric.corrected": _l("Value corrected"),
    "pay.adjusted": _l("Pay adjusted"),
    "pay.adjustment_removed": _l("Pay adjustment taken back"),
    "rule.voided": _l("Rule voided"),
    "scorecard.commented": _l("Scorecard commented"),
    "scorecard.read": _l("Scorecard taken note of"),
    "spotcheck.corrected": _l("Spot check corrected"),
    "spotcheck.removed": _l("Spot check taken away"),
    "audit.blanked": _l("Contents of the trail blanked"),
    "award.confirmed": _l("Winners confirmed"),
    "award.undone": _l("Winners taken back"),
    "code.ask": _l("Code for a new password asked for"),
    "code.issue": _l("Code for a new password given"),
    "course.added": _l("Course added"),
    "course.changed": _l("Course changed"),
    "training.changed": _l("Training record changed"),
    "training.recorded": _l("Training recorded"),
    "training.removed": _l("Training record taken away"),
    "demo.created": _l("Made-up centre created"),
    "deputy.begins": _l("Acts for somebody away from now on"),
    "deputy.ended": _l("Deputy ended"),
    "deputy.named": _l("Deputy named"),
    "deputy.stops": _l("Acts for nobody else any more"),
    "export": _l("Export of data"),
    "factor.recovery": _l("Recovery code used"),
    "factor.recovery_codes": _l("Recovery codes made"),
    "factor.removed": _l("Second factor removed"),
    "factor.reset": _l("Second factor reset"),
    "factor.set": _l("Second factor set up"),
    "alias": _l("Name elsewhere changed"),
    "import.dismissed": _l("Rows of a name dismissed"),
    "import.map": _l("Map of a source changed"),
    "import.applied": _l("File imported"),
    "import.dropped": _l("Upload dropped"),
    "import.undone": _l("Import undone"),
    "import.uploaded": _l("File uploaded"),
    "incident.approved": _l("Incident approved"),
    "incident.declined": _l("Incident declined"),
    "incident.recorded": _l("Incident recorded"),
    "incident.voided": _l("Incident voided"),
    "job.asked": _l("Job asked for"),
    "key.exported": _l("Master key exported"),
    "key.rotated": _l("Master key replaced"),
    "month.closed": _l("Month closed"),
    "month.reopened": _l("Month reopened"),
    "payroll.exported": _l("Payroll released"),
    "policy.acknowledged": _l("Policy acknowledged"),
    "policy.published": _l("Policy published"),
    "results.planned": _l("Publication of results set"),
    "results.published": _l("Results published"),
    "results.withheld": _l("Results withheld"),
    "request.approved": _l("Request approved"),
    "request.asked": _l("Request for leave, overtime or a punch made"),
    "request.declined": _l("Request declined"),
    "request.withdrawn": _l("Request withdrawn"),
    "role.ask": _l("Role given, waits for a second person"),
    "role.confirm": _l("Role confirmed"),
    "role.decline": _l("Role not confirmed"),
    "role.give": _l("Role given"),
    "role.second_decider": _l("Second decider"),
    "role.take": _l("Role taken"),
    "round.discarded": _l("Draft of a 360° round discarded"),
    "round.drawn": _l("Reviewers of a 360° round drawn again"),
    "round.ended": _l("360° round ended"),
    "round.extended": _l("Last day of a 360° round changed"),
    "round.opened": _l("360° round opened"),
    "round.planned": _l("360° round planned"),
    "round.reminded": _l("Reminder of a 360° round"),
    "round.reviewer_added": _l("Reviewer added"),
    "round.reviewer_removed": _l("Reviewer removed"),
    "rule.approved": _l("Rule approved"),
    "rule.declined": _l("Rule declined"),
    "session.proven": _l("Shown again who it is"),
    "session.revoke": _l("Session ended"),
    "setting": _l("Setting changed"),
    "sign_in": _l("Signed in"),
    "sign_in.failed": _l("Sign-in failed"),
    "sign_out": _l("Signed out"),
    "award.nominated": _l("Nominated for an award"),
    "award.nomination_withdrawn": _l("Nomination withdrawn"),
    "award.objected": _l("Objection to an award"),
    "award.objection_decided": _l("Objection to an award decided"),
    "backup.made": _l("Backup made"),
    "backup.restored": _l("Backup restored"),
    "checklist.state": _l("Checklist retired or used again"),
    "checklist.written": _l("Checklist written"),
    "complaint.cause": _l("Cause of a complaint noted"),
    "complaint.decided": _l("Responsibility for a complaint decided"),
    "complaint.described": _l("Complaint changed"),
    "complaint.entered": _l("Complaint entered"),
    "complaint.step": _l("Step of a complaint done"),
    "complaint.step_back": _l("Step of a complaint taken back"),
    "evaluation.feedback": _l("Feedback written"),
    "evaluation.note_removed": _l("Note of a day removed"),
    "evaluation.note_shared": _l("Note of a day shared"),
    "evaluation.noted": _l("Note of a day written"),
    "evaluation.returned": _l("Evaluation given back"),
    "evaluation.submitted": _l("Evaluation submitted"),
    "evaluation.value": _l("Value of an evaluation entered"),
    "incident.heard": _l("Statement on an incident given"),
    "incident.served": _l("Decision on an incident served"),
    "incident.told": _l("Person told of an incident"),
    "policy.draft_begun": _l("Draft of the policy begun"),
    "policy.draft_discarded": _l("Draft of the policy discarded"),
    "policy.draft_published": _l("Draft of the policy published"),
    "policy.draft_saved": _l("Draft of the policy saved"),
    "policy.record_kept": _l("How the policy was made noted"),
    "sign_in.password": _l("Password right, second factor asked"),
    "sign_in.provider": _l("Signed in by the sign-on"),
    "spotcheck.changed": _l("Spot check changed"),
    "spotcheck.entered": _l("Spot check entered"),
    "task.changed": _l("Follow-up task changed"),
    "task.done": _l("Follow-up task done"),
    "task.dropped": _l("Follow-up task dropped"),
    "task.made": _l("Follow-up task made"),
}


def action_words(action: str) -> str:
    """``import.applied`` as "File imported"; ``tickets:change`` as a change by an import."""
    if action in _WORDS:
        return str(_WORDS[action])
    kind, colon, what = action.partition(":")
    if colon and what == "change":
        shown = KINDS[kind][0] if kind in KINDS else kind
        return str(_("Row changed by an import: %(kind)s", kind=shown))
    return action


def value_words(value: Any) -> str:
    """A value of a content in one line, cut where it is very long; hashes by their beginning."""
    text = _said(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _said(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "—"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    text = str(value)
    return f"{text[:12]}…" if _HASH.fullmatch(text) else text
