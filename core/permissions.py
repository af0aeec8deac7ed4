"""Who may do what: permissions, the roles that hold them, and how far each reaches.

The table is that of docs/permissions.md. A route declares its permission with ``requires``; the
scope (own, team, all) is applied in the query, never in the page.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    HR = "hr"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """How far a permission reaches.

    ``OF_HR`` is the people of HR, and what HR recorded: it is the second decider's.
    ``CLOSED`` is everybody, in closed months only. ``SIGN_INS`` is what the audit trail tells of
    signing in and of accounts.
    """

    OWN = "own"
    TEAM = "team"
    OF_HR = "of HR"
    CLOSED = "closed"
    SIGN_INS = "sign-ins"
    ALL = "all"


class Permission(StrEnum):
    PROFILE_READ = "profile:read"
    PROFILE_WRITE = "profile:write"
    PAY_READ = "pay:read"
    ATTENDANCE_READ = "attendance:read"
    ATTENDANCE_WRITE = "attendance:write"
    REQUESTS_ASK = "requests:ask"
    REQUESTS_DECIDE = "requests:decide"
    EVALUATIONS_READ = "evaluations:read"
    EVALUATIONS_WRITE = "evaluations:write"
    EVALUATIONS_RETURN = "evaluations:return"
    SCORECARDS_READ = "scorecards:read"
    REVIEWS_READ = "reviews:read"
    REVIEWS_ANSWER = "reviews:answer"
    REVIEWS_WRITE = "reviews:write"
    RECORDS_READ = "records:read"
    RECORDS_WRITE = "records:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_RECORD = "incidents:record"
    INCIDENTS_APPROVE = "incidents:approve"
    TRAINING_READ = "training:read"
    TRAINING_WRITE = "training:write"
    AWARDS_READ = "awards:read"
    AWARDS_NOMINATE = "awards:nominate"
    AWARDS_WRITE = "awards:write"
    CLOSING_READ = "closing:read"
    CLOSING_WRITE = "closing:write"
    IMPORTS = "imports:write"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_CODES = "accounts:codes"
    ACCOUNTS_HELP = "accounts:help"
    ACCOUNTS_WRITE = "accounts:write"
    APPEALS_READ = "appeals:read"
    APPEALS_LODGE = "appeals:lodge"
    APPEALS_COMMENT = "appeals:comment"
    APPEALS_DECIDE = "appeals:decide"
    AUDIT_READ = "audit:read"
    SELF = "self:write"


P = Permission
_OWN = dict.fromkeys(
    (
        P.PROFILE_READ,
        P.PAY_READ,
        P.ATTENDANCE_READ,
        P.REQUESTS_ASK,
        P.EVALUATIONS_READ,
        P.SCORECARDS_READ,
        P.REVIEWS_READ,
        P.REVIEWS_ANSWER,
        P.RECORDS_READ,
        P.INCIDENTS_READ,
        P.TRAINING_READ,
        P.APPEALS_READ,
        P.APPEALS_LODGE,
        P.SELF,
    ),
    Scope.OWN,
) | {P.RULES_READ: Scope.ALL, P.AWARDS_READ: Scope.ALL, P.AUDIT_READ: Scope.OWN}
_TEAM = dict.fromkeys(
    (
        P.PROFILE_READ,
        P.ATTENDANCE_READ,
        P.REQUESTS_DECIDE,
        P.EVALUATIONS_READ,
        P.EVALUATIONS_WRITE,
        P.SCORECARDS_READ,
        P.REVIEWS_READ,
        P.RECORDS_READ,
        P.RECORDS_WRITE,
        P.INCIDENTS_READ,
        P.INCIDENTS_RECORD,
        P.TRAINING_READ,
        P.TRAINING_WRITE,
        P.APPEALS_READ,
        P.APPEALS_COMMENT,
        P.AWARDS_NOMINATE,
        P.ACCOUNTS_CODES,
    ),
    Scope.TEAM,
)
_CLOSED = dict.fromkeys(
    (
        P.PROFILE_READ,
        P.PAY_READ,
        P.ATTENDANCE_READ,
        P.EVALUATIONS_READ,
        P.SCORECARDS_READ,
        P.RECORDS_READ,
        P.INCIDENTS_READ,
        P.TRAINING_READ,
        P.APPEALS_READ,
        P.CLOSING_READ,
    ),
    Scope.CLOSED,
)

# What HR does not do for others.
_OWN_ONLY = (
    P.ACCOUNTS_WRITE,
    P.APPEALS_LODGE,
    P.AWARDS_NOMINATE,
    P.REQUESTS_ASK,
    P.REVIEWS_ANSWER,
    P.SELF,
)

ROLES: dict[Role, dict[Permission, Scope]] = {
    Role.EMPLOYEE: _OWN,
    Role.SUPERVISOR: _OWN | _TEAM,
    Role.MANAGER: _OWN
    | _TEAM
    | {P.INCIDENTS_APPROVE: Scope.TEAM, P.EVALUATIONS_RETURN: Scope.TEAM},
    Role.HR: _OWN
    | dict.fromkeys(
        [permission for permission in Permission if permission not in _OWN_ONLY],
        Scope.ALL,
    ),
    Role.ADMINISTRATOR: {
        P.SELF: Scope.OWN,
        P.RULES_READ: Scope.ALL,
        P.ACCOUNTS_READ: Scope.ALL,
        P.ACCOUNTS_CODES: Scope.ALL,
        P.ACCOUNTS_HELP: Scope.ALL,
        P.ACCOUNTS_WRITE: Scope.ALL,
        P.AUDIT_READ: Scope.SIGN_INS,
    },
    Role.AUDITOR: _CLOSED
    | {
        P.SELF: Scope.OWN,
        P.RULES_READ: Scope.ALL,
        P.AWARDS_READ: Scope.ALL,
        P.AUDIT_READ: Scope.ALL,
    },
}

# What the second decider holds, in matters in which HR is the person concerned or the recorder.
OF_HR = frozenset(
    {
        P.ATTENDANCE_READ,
        P.REQUESTS_DECIDE,
        P.INCIDENTS_READ,
        P.INCIDENTS_APPROVE,
        P.APPEALS_READ,
        P.APPEALS_DECIDE,
        P.AWARDS_WRITE,
    }
)


def scopes(roles: frozenset[Role], permission: Permission) -> frozenset[Scope]:
    """Every scope in which the roles together hold the permission; empty where none does."""
    held = {ROLES[role].get(permission) for role in roles}
    return frozenset(scope for scope in held if scope is not None)
