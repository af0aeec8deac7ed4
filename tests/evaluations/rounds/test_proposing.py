"""Who is drawn as a reviewer, on made-up centres."""

from __future__ import annotations

from collections import Counter

import pytest

from evaluations.rounds.proposing import Asked, Candidate, propose, share_in_tens, shuffled

# Four teams of eight; 1 to 4 lead them, 100 leads the four and is of no team of theirs.
CENTRE = [
    Candidate(100, 9, None, True),
    *(Candidate(team, team, 100, True) for team in (1, 2, 3, 4)),
    *(Candidate(10 * team + at, team, team, True) for team in (1, 2, 3, 4) for at in range(8)),
    Candidate(200, 9, None, False),
]
TEAM = {each.id: each.team_id for each in CENTRE}
SUPERVISOR = {each.id: each.supervisor_id for each in CENTRE}


def draw(seed: str = "a", max_load: int = 14, **how: int) -> list[Asked]:
    counts = {"peers": 3, "cross_team": 3, **how}
    return propose(CENTRE, seed=seed, max_load=max_load, **counts)


def of(found: list[Asked], ratee: int) -> dict[str, set[int]]:
    groups: dict[str, set[int]] = {}
    for each in found:
        if each.ratee_id == ratee:
            groups.setdefault(each.relation, set()).add(each.rater_id)
    return groups


def test_everybody_is_reviewed_by_the_groups_that_the_round_asks_for() -> None:
    found = draw()
    for person in CENTRE:
        groups = of(found, person.id)
        if not person.rated:
            assert groups == {}
            continue
        assert groups["self"] == {person.id}
        assert groups.get("supervisor", set()) == {person.supervisor_id} - {None}
        below = {each.id for each in CENTRE if each.supervisor_id == person.id}
        assert groups.get("subordinate", set()) == below
        if person.id > 4 and person.id < 100:
            assert len(groups["peer"]) == 3
            assert {TEAM[each] for each in groups["peer"]} == {person.team_id}
            assert len(groups["cross_team"]) == 3
            assert person.team_id not in {TEAM[each] for each in groups["cross_team"]}
    assert {TEAM[each] for each in of(found, 1)["peer"]} == {2, 3, 4}  # who leads: colleagues


def test_nobody_reviews_the_same_person_twice_or_their_own_chain_as_a_peer() -> None:
    found = draw()
    pairs = Counter((each.ratee_id, each.rater_id) for each in found)
    assert max(pairs.values()) == 1
    for each in found:
        if each.relation in ("peer", "cross_team"):
            assert each.rater_id not in (SUPERVISOR[each.ratee_id], each.ratee_id)
            assert SUPERVISOR[each.rater_id] != each.ratee_id


@pytest.mark.parametrize("most", [1, 5, 8, 14])
def test_nobody_is_asked_about_more_than_the_load(most: int) -> None:
    found = draw(max_load=most)
    loads = Counter(each.rater_id for each in found if each.relation != "self")
    assert max(loads.values()) <= most
    if most == 14:  # what can be shared is shared: nobody of a team has far more than another
        agents = [loads[each.id] for each in CENTRE if 10 <= each.id < 100]
        assert max(agents) - min(agents) <= 3


def test_the_seed_decides_and_the_order_of_people_does_not() -> None:
    assert draw("a") == draw("a")
    assert draw("a") != draw("b")
    turned = propose(reversed(CENTRE), seed="a", max_load=14, peers=3, cross_team=3)
    assert turned == draw("a")


def test_nothing_more_than_asked_for() -> None:
    relations = {each.relation for each in draw(peers=0, cross_team=0)}
    assert relations == {"supervisor", "subordinate", "self"}


def test_progress_is_told_in_tens_rounded_down() -> None:
    assert [share_in_tens(n, 40) for n in (0, 3, 4, 39, 40)] == [0, 0, 10, 90, 100]
    assert share_in_tens(0, 0) == 0


def test_comments_are_sorted_by_nothing_but_their_texts() -> None:
    texts = [f"comment {number}" for number in range(30)]
    turned = texts[::-1]
    turned.sort(key=shuffled)
    assert sorted(texts, key=shuffled) == turned
    assert sorted(texts, key=shuffled) not in (sorted(texts), sorted(texts, reverse=True))
