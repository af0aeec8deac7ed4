"""Who looks at a page: the account, the person behind it and the roles as of today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from core.actor import FOR, Actor, people_in
from core.permissions import OF_HR, Permission, Role, Scope, scopes


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody away for whom the viewer may act until a day, with the roles of leading a team."""

    id: int
    employee_id: int
    label: str
    name: str
    until: date
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class OfHr:
    """The people of HR: ids of employees, and how records name them."""

    people: frozenset[int]
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Viewer:
    """``label`` is what records name: the employee number, or the login of one who is no employee.

    ``name`` is for display. ``language`` is the account's choice, None where it made none.
    ``must_change`` says that the password was given by somebody else and has to be replaced.
    ``unread`` is how many notices wait in the inbox.
    ``stand_ins`` are those away for whom they may act today, ``behalf`` the one for whom they do.
    ``hr`` are the people of HR where the viewer is the second decider, else None.
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

    stand_ins: tuple[StandIn, ...] = ()
    behalf: StandIn | None = None
    hr: OfHr | None = None

    def is_person(self, employee_id: int | None) -> bool:
        """Whether it is the viewer, or the one for whom they act."""
        return self._actor.is_person(employee_id)

    @property
    def people(self) -> tuple[int, ...]:
        """Ids of the viewer and the one for whom they act, as far as they are employees."""
        behalf = self.behalf.employee_id if self.behalf else None
        return tuple(each for each in (self.employee_id, behalf) if each is not None)

    def decides_for_hr(self, employee_id: int | None, label: str | None) -> bool:
        """Whether the viewer is the second decider, and one of these names somebody of HR."""
        named = people_in(label) if label is not None else frozenset()
        return self.hr is not None and (
            employee_id in self.hr.people or not named.isdisjoint(self.hr.labels)
        )

    def has_part_in(self, label: str | None) -> bool:
        """Whether what bears ``label`` was done by one of these, or for one of them."""
        return self._actor.has_part_in(label)

    @property
    def _actor(self) -> Actor:
        behalf = self.behalf.employee_id if self.behalf else None
        return Actor(self.label, self.employee_id, self.account_id, "", behalf)

    @property
    def own_label(self) -> str:
        """The label without the one for whom they act."""
        return self.label.partition(FOR)[0]

    @property
    def unfinished(self) -> bool:
        """Whether something about the sign-in has to be done before anything else."""
        return self.must_change or self.must_enrol

    def scopes(self, permission: Permission) -> frozenset[Scope]:
        """Every scope in which the viewer holds the permission; empty where in none.

        For somebody else nothing is done about oneself, but with the own account.
        """
        held = scopes(self.roles, permission)
        if self.behalf is not None and permission not in _ALWAYS_OWN:
            return held - {Scope.OWN}
        if self.hr is not None and permission in OF_HR:
            return held | {Scope.OF_HR}
        return held

    def acting_for(self, away: StandIn) -> Viewer:
        """The viewer as the deputy of one away: with that one's team, and nothing of their own."""
        return replace(
            self,
            roles=away.roles | {Role.EMPLOYEE},
            label=f"{self.label}{FOR}{away.label}",
            behalf=away,
            hr=None,
        )

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


_ALWAYS_OWN = (Permission.SELF, Permission.AUDIT_READ)
_READING = {"requests": Permission.ATTENDANCE_READ}
