"""The whole demo centre: files by month, in the order in which a centre would import them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from closing.demo import attendance, learning, quality
from closing.demo.incidents import incidents
from closing.demo.people import Person, cast
from closing.demo.reviews import reviews
from closing.demo.rows import Row, Rows
from closing.demo.scene import Scene
from closing.demo.tickets import tickets
from core.values import Month
from staff.attendance.rosters import DayCalendar


@dataclass(frozen=True)
class Centre:
    """``people`` by employee number; ``files`` are rows by month and kind, oldest month first."""

    months: tuple[Month, ...]
    people: tuple[Person, ...]
    files: Mapping[Month, Mapping[str, Rows]]


def centre(seed: int, staff: int, months: int, until: Month, calendar: DayCalendar) -> Centre:
    """A centre of ``staff`` people over so many months, the last of which is ``until``.

    The same arguments give the same centre. ``calendar`` are the holidays and make-up days.
    """
    span = tuple(until.plus(index - months + 1) for index in range(months))
    scene = Scene(seed, span, cast(seed, staff, span), calendar)
    away, leave = attendance.leave(scene)
    scene = replace(scene, away=away)
    files = {month: _month(scene, month, leave[month]) for month in span}
    return Centre(span, tuple(scene.people), files)


def _month(scene: Scene, month: Month, leave: Rows) -> dict[str, Rows]:
    first, last = month == scene.months[0], month == scene.months[-1]
    overtime, stays = attendance.overtime(scene, month)
    return {
        "employees": employees(scene, month),
        "rosters": attendance.rosters(scene, month),
        "courses": learning.courses() if first else [],
        "leave": leave + (attendance.requests(scene) if last else []),
        "overtime": overtime,
        "punches": attendance.punches(scene, month, stays),
        "tickets": tickets(scene, month),
        "metrics": quality.metrics(scene, month),
        "complaints": quality.complaints(scene, month),
        "spotchecks": quality.spot_checks(scene, month),
        "reviews": reviews(scene, month),
        "training": (learning.history(scene) if first else []) + learning.training(scene, month),
        "incidents": incidents(scene, month),
    }


def employees(scene: Scene, month: Month) -> Rows:
    """Everybody in the first month; later those who came, were promoted, or gave notice."""
    rows: Rows = []
    for person in scene.people:
        started = max(person.hire, scene.months[0].first_day)
        promoted = person.story == "promoted" and month == scene.when["promotion"]
        leaving = person.leave is not None and person.leave in month
        if started in month or promoted or leaving:
            rows.append(_employee(scene, person, month, promoted))
    return rows


def _employee(scene: Scene, person: Person, month: Month, promoted: bool) -> Row:
    gone = person.leave is not None and person.leave <= month.last_day
    row: Row = {
        "employee_no": person.no,
        "name": person.name,
        "email": f"{person.no.lower()}@example.com",
        "position": person.position,
        "team": person.team,
        "supervisor_no": person.supervisor,
        "hire_date": person.hire.isoformat(),
        "leave_date": person.leave.isoformat() if person.leave and gone else None,
        "base_wage": person.wage,
        "effective_from": None,
    }
    if promoted and month != scene.months[0]:
        row |= {
            "position": f"senior_{person.position}",
            "base_wage": person.wage + 1400,
            "effective_from": month.first_day.isoformat(),
        }
    return row
