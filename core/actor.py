"""Who acts, from where: handed to every service, written into the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

FOR = " for "


@dataclass(frozen=True, slots=True)
class Actor:
    """``label`` goes into records: an employee number, an administrator's login, or ``system``.

    ``origin`` is the address of a request, or ``cli``. Who stands in for somebody away has both in
    the label (``E0009 for E0004``), and the other one's id as ``behalf_id``.
    """

    label: str = "system"
    employee_id: int | None = None
    account_id: int | None = None
    origin: str = "cli"
    behalf_id: int | None = None

    def is_person(self, employee_id: int | None) -> bool:
        """Whether this is the person who acts, or for whom they act: neither decides about them."""
        return employee_id is not None and employee_id in (self.employee_id, self.behalf_id)

    def has_part_in(self, label: str | None) -> bool:
        """Whether what bears ``label`` was done by the same person, by or for one of them."""
        return label is not None and not people_in(label).isdisjoint(people_in(self.label))


def people_in(label: str) -> frozenset[str]:
    """Whom a label names: who acted, and for whom where they stood in for somebody."""
    return frozenset(label.split(FOR))


SYSTEM = Actor()
