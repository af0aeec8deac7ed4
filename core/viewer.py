"""Who looks at a page: the account, the person behind it and the roles as of today."""

from __future__ import annotations

from dataclasses import dataclass

from core.permissions import Permission, Role, Scope, scopes


@dataclass(frozen=True, slots=True)
class Viewer:
    """``label`` is what records name: the employee number, or the login of one who is no employee.

    ``name`` is for display. ``language`` is the account's choice, None where it made none.
    ``must_change`` says that the password was given by somebody else and has to be replaced.
    ``unread`` is how many notices wait in the inbox.
    ``must_enrol`` says that the roles need a second factor, and there is none yet.
    """

    account_id: int
    employee_id: int | None
    roles: frozenset[Role]
    label: str
    name: str = ""
    language: str | None = None
    must_change: bool = False
    has_factor: bool = False
    must_enrol: bool = False
    unread: int = 0

    @property
    def unfinished(self) -> bool:
        """Whether something about the sign-in has to be done before anything else."""
        return self.must_change or self.must_enrol

    def scopes(self, permission: Permission) -> frozenset[Scope]:
        """Every scope in which the viewer holds the permission; empty where in none."""
        return scopes(self.roles, permission)

    def may(self, permission: Permission) -> bool:
        """Whether the viewer holds the permission for anybody at all."""
        return bool(self.scopes(permission))

    def reaches_all(self, permission: Permission, *, closed: bool = False) -> bool:
        """Whether it reaches everybody; ``closed`` says that a closed month is asked about."""
        held = self.scopes(permission)
        return Scope.ALL in held or (closed and Scope.CLOSED in held)


def reading(permission: Permission) -> Permission | None:
    """The permission to see what ``permission`` changes: who lacks it is told 404, not 403."""
    resource = permission.partition(":")[0]
    return _READING.get(resource) or next(
        (other for other in Permission if other == f"{resource}:read"), None
    )


_READING = {"requests": Permission.ATTENDANCE_READ}
