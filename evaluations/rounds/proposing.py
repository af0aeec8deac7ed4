"""Who reviews whom in a round: drawn from teams and supervisors (docs/scoring.md, 360° reviews).

Pure. The same seed gives the same reviewers; who does not know it cannot tell whom it draws.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

TRIED = 24  # people drawn at a time where everybody of other teams could be asked


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody employed while the round runs; ``rated`` says whether they are reviewed."""

    id: int
    team_id: int | None
    supervisor_id: int | None
    rated: bool


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """``rater_id`` is asked about ``ratee_id`` as their ``relation``."""

    ratee_id: int
    rater_id: int
    relation: str


@dataclass
class _Draw:
    people: dict[int, Candidate]
    max_load: int
    rng: random.Random
    load: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    asked: dict[tuple[int, int], str] = field(default_factory=dict)

    def may(self, ratee: Candidate, rater: Candidate) -> bool:
        """Whether the rater is free, and stands in no other relation to the ratee."""
        return (
            rater.id != ratee.id
            and (ratee.id, rater.id) not in self.asked
            and ratee.supervisor_id != rater.id
            and rater.supervisor_id != ratee.id
            and self.load[rater.id] < self.max_load
        )

    def ask(self, ratee: Candidate, rater_id: int, relation: str) -> None:
        self.asked[ratee.id, rater_id] = relation
        self.load[rater_id] += 1

    def one_of(self, ratee: Candidate, pool: list[Candidate], relation: str) -> bool:
        """Ask whoever of the pool has least to do, by lot among several; False where none may."""
        free = [each for each in pool if self.may(ratee, each)]
        if not free:
            return False
        least = min(self.load[each.id] for each in free)
        chosen = self.rng.choice([each for each in free if self.load[each.id] == least])
        self.ask(ratee, chosen.id, relation)
        return True


def propose(
    people: Iterable[Candidate], *, seed: str, peers: int, cross_team: int, max_load: int
) -> list[Asked]:
    """Supervisor, subordinates, peers, people of other teams, and oneself, for everybody rated.

    Nobody is asked about more than ``max_load`` others: what goes beyond is left out, first people
    of other teams, then peers, then subordinates, then supervisors. Peers are of the same team;
    where it has too few (whoever leads a team), others with the same supervisor.
    """
    listed = sorted(people, key=lambda each: each.id)
    draw = _Draw({each.id: each for each in listed}, max_load, random.Random(seed))
    rated = [each for each in listed if each.rated]
    draw.rng.shuffle(rated)
    for ratee in rated:
        if ratee.supervisor_id in draw.people and draw.load[ratee.supervisor_id] < max_load:
            draw.ask(ratee, ratee.supervisor_id, "supervisor")
    below = _grouped(listed, "supervisor_id")
    for ratee in rated:
        for each in below[ratee.id]:
            if draw.load[each.id] < max_load:
                draw.ask(ratee, each.id, "subordinate")
    _ask_peers(draw, rated, peers)
    _ask_other_teams(draw, rated, cross_team)
    found = [Asked(ratee, rater, relation) for (ratee, rater), relation in draw.asked.items()]
    return sorted([*found, *(Asked(each.id, each.id, "self") for each in rated)])


def _grouped(people: Iterable[Candidate], name: str) -> defaultdict[int, list[Candidate]]:
    """People by their team or supervisor; those without are not among them."""
    found: defaultdict[int, list[Candidate]] = defaultdict(list)
    for each in people:
        key = getattr(each, name)
        if key is not None:
            found[key].append(each)
    return found


def _ask_peers(draw: _Draw, rated: list[Candidate], count: int) -> None:
    """Round by round, so that the load of small teams is shared fairly."""
    teams, colleagues = _grouped(rated, "team_id"), _grouped(rated, "supervisor_id")
    for _ in range(count):
        for ratee in rated:
            team = teams.get(ratee.team_id or -1, [])
            if not draw.one_of(ratee, team, "peer"):
                draw.one_of(ratee, colleagues.get(ratee.supervisor_id or -1, []), "peer")


def _ask_other_teams(draw: _Draw, rated: list[Candidate], count: int) -> None:
    for _ in range(count):
        for ratee in rated:
            some = draw.rng.sample(rated, min(TRIED, len(rated)))
            if not draw.one_of(ratee, _of_others(ratee, some), "cross_team"):
                draw.one_of(ratee, _of_others(ratee, rated), "cross_team")


def _of_others(ratee: Candidate, pool: list[Candidate]) -> list[Candidate]:
    return [each for each in pool if each.team_id != ratee.team_id]


def share_in_tens(answered: int, asked: int) -> int:
    """How much of a round is answered, in tens of percent rounded down: 0, 10, … 100.

    Coarse, so that nobody who looks twice can tell who has answered meanwhile.
    """
    return 10 * (10 * answered // asked) if asked else 0


def shuffled(text: str) -> tuple[str, str]:
    """A key to sort comments by: no order that means anything, the same whoever wrote which."""
    return hashlib.sha256(text.encode()).hexdigest(), text
