"""The people of the demo centre whose sign-ins are handed out, and what each of them shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from closing.demo.people import Person
from core.errors import N_


@dataclass(frozen=True, slots=True)
class SignIn:
    """``shows`` is what there is to see, as a text to translate."""

    role: str
    login: str
    name: str
    shows: str


def faces(people: Sequence[Person]) -> list[tuple[str, Person, str]]:
    """The people whose sign-ins are handed out: role, person, what they show."""
    by_position = {person.position: person for person in reversed(people)}
    struggler = next((person for person in people if person.story == "struggler"), None)
    leader = struggler.supervisor if struggler else by_position["supervisor"].no
    supervisor = next(person for person in people if person.no == leader)
    star = next(person for person in people if person.story == "star")
    found = [("employee", star, N_("one of the best: rewards and awards"))]
    if struggler:
        found.append(("employee", struggler, N_("weak at first, better after training")))
    return [
        *found,
        ("supervisor", supervisor, N_("a team: evaluations, spot checks, requests")),
        ("manager", by_position["manager"], N_("all teams, second opinion")),
        ("hr", by_position["hr"], N_("imports, close, rules, awards, payroll")),
    ]
