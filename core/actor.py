"""Who acts, from where: handed to every service, written into the audit trail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """``label`` goes into records: an employee number, an administrator's login, or ``system``.

    ``origin`` is the address of a request, or ``cli``.
    """

    label: str = "system"
    employee_id: int | None = None
    account_id: int | None = None
    origin: str = "cli"


SYSTEM = Actor()
