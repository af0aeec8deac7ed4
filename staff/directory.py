"""Everybody by number and by e-mail, as imports look them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.documents.problems import short
from core.imports.cells import Bad
from core.messages import N_
from staff.models import Employee


@dataclass(frozen=True, slots=True)
class Person:
    """``leave_date`` is the last day employed."""

    id: int
    employee_no: str
    hire_date: date
    leave_date: date | None

    def employed_on(self, day: date) -> bool:
        return self.hire_date <= day and (self.leave_date is None or day <= self.leave_date)


class People:
    """All employees, read once."""

    def __init__(self, session: Session) -> None:
        self.by_id: dict[int, Person] = {}
        self.ids: dict[str, int] = {}
        self._mails: dict[str, int] = {}
        columns = (
            Employee.id,
            Employee.employee_no,
            Employee.hire_date,
            Employee.leave_date,
            Employee.email,
        )
        for key, number, hire, leave, email in session.execute(select(*columns)):
            self.by_id[key] = Person(key, number, hire, leave)
            self.ids[number] = key
            if email:
                self._mails[email.lower()] = key

    def number(self, cell: str) -> int:
        """The id of the employee with this number; raises ``Bad``."""
        try:
            return self.ids[cell]
        except KeyError:
            raise Bad(N_('nobody has the number "%(cell)s"'), cell=short(cell)) from None

    def number_or_mail(self, cell: str) -> int:
        """The id by employee number or e-mail; raises ``Bad``."""
        found = self.ids.get(cell)
        if found is None:
            found = self._mails.get(cell.lower())
        if found is None:
            raise Bad(N_('nobody has the number or e-mail "%(cell)s"'), cell=short(cell))
        return found

    def check_employed(self, employee_id: int, day: date, column: str) -> None:
        """Raises ``Bad`` where the person is not employed on the day."""
        person = self.by_id[employee_id]
        if not person.employed_on(day):
            raise Bad(
                N_("%(number)s is not employed on %(day)s"),
                column,
                number=person.employee_no,
                day=day,
            )
