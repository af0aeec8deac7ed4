"""360° rounds, one a quarter: four to eight reviews of everybody, six competencies each."""

from __future__ import annotations

import random

from closing.demo.people import Person
from closing.demo.rows import Rows, between, stream
from closing.demo.scene import Scene
from closing.demo.tickets import scaled
from core.values import Month

EVERY = 3  # months from round to round
COMPETENCIES = (
    "attitude",
    "communication",
    "expertise",
    "problem_solving",
    "teamwork",
    "integrity",
)
REVIEW = (40.0, 90.0, 100.0)
# How much milder or stricter than others a group is, in points of the rating.
LENIENCE = {"supervisor": -0.1, "peer": 0.05, "subordinate": 0.05, "cross_team": 0.0, "self": 0.25}


def reviews(scene: Scene, month: Month) -> Rows:
    """A row for every rating; none in a month without a round."""
    if scene.months.index(month) % EVERY:
        return []
    there = [person for person in scene.at_work(month) if _takes_part(scene, person, month)]
    rows: Rows = []
    for ratee in there:
        rng = stream(scene.seed, "reviews", ratee.no, month)
        worth = scaled(REVIEW, scene.level(ratee, month, "reviews"))
        strengths = {name: rng.gauss(0, 0.18) for name in COMPETENCIES}
        for relation, rater in _raters(ratee, there, rng):
            mood = LENIENCE[relation] + rng.gauss(0, 0.15)
            for name in COMPETENCIES:
                rating = rng.gauss(1 + worth / 25 + mood + strengths[name], 0.45)
                rows.append(
                    {
                        "month": str(month),
                        "ratee_no": ratee.no,
                        "rater_no": rater.no,
                        "relation": relation,
                        "competency": name,
                        "rating": round(between(rating, 1, 5)),
                    }
                )
    return rows


def _takes_part(scene: Scene, person: Person, month: Month) -> bool:
    return person.position != "hr" and bool(scene.present(person, month))


def _raters(ratee: Person, there: list[Person], rng: random.Random) -> list[tuple[str, Person]]:
    """Who rates somebody, as what; nobody twice."""
    others = [person for person in there if person.no != ratee.no]
    groups = {
        "supervisor": ([p for p in others if p.no == ratee.supervisor], 1),
        "peer": (_peers(ratee, others), 3 if rng.random() < 0.85 else 2),
        "subordinate": ([p for p in others if p.supervisor == ratee.no], 4),
        "cross_team": (_neighbours(ratee, others), 3 if rng.random() < 0.4 else 0),
        "self": ([ratee], 1),
    }
    return [
        (relation, rater)
        for relation, (group, count) in groups.items()
        for rater in rng.sample(group, min(count, len(group)))
    ]


def _peers(ratee: Person, others: list[Person]) -> list[Person]:
    """Of the same team, or, for those who lead, of the same position under the same person."""
    if ratee.queue is None:
        lead = (ratee.position, ratee.supervisor)
        return [person for person in others if (person.position, person.supervisor) == lead]
    return [person for person in others if person.queue and person.team == ratee.team]


def _neighbours(ratee: Person, others: list[Person]) -> list[Person]:
    """Agents of other queues, who hand cases over."""
    if ratee.queue is None:
        return []
    return [person for person in others if person.queue and person.queue != ratee.queue]
