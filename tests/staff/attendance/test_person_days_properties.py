"""What holds of person-days whatever the records: docs/attendance.md by hypothesis."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from staff.attendance.days import Leave, PersonDay, person_days
from staff.attendance.facts import month_facts
from staff.attendance.policy import AttendanceSection
from staff.attendance.rosters import Shift
from staff.attendance.spans import DAY, HOUR, Span, date_of, midnight
from staff.attendance.windows import certain_from, chain_end, needed, touched_days, windows_of

FIRST, LAST = date(2026, 10, 28), date(2026, 11, 3)
EDGE = timedelta(days=4)
BEGIN, END = midnight(FIRST - EDGE), midnight(LAST + EDGE)
REPEAT = 5
SECTION = AttendanceSection(3, 3, 3, 25, late_tiers=(15, 30, 60), repeat_minutes=REPEAT)
DATES = [FIRST - EDGE + timedelta(days=n) for n in range((LAST - FIRST + 2 * EDGE).days + 1)]

# Examples are small; a slow one says that the machine is busy.
unhurried = settings(deadline=None)


class World(NamedTuple):
    """Everything recorded of one employee around the dates."""

    shifts: dict[date, Shift]
    punches: list[int]
    leaves: list[Leave] = []  # noqa: RUF012 - a default that nothing changes
    overtime: list[Span] = []  # noqa: RUF012

    def days(self, first: date = FIRST, last: date = LAST) -> list[PersonDay]:
        return person_days(
            first,
            last,
            shifts=self.shifts,
            punches=self.punches,
            leaves=self.leaves,
            overtime=self.overtime,
            repeat_minutes=REPEAT,
        )


@st.composite
def shift_of(draw: st.DrawFn) -> Shift:
    # Round times, so that windows touch and cuts coincide with punches now and then.
    start = draw(st.integers(0, 47)) * 30
    length = draw(st.integers(2, 48)) * 30
    return Shift(start, start + length, draw(st.sampled_from([0, 30])), draw(st.integers(0, 10)))


common_shifts = st.sampled_from(
    [Shift(), Shift(540, 1260), Shift(720, 1260, 60, 5), Shift(1260, 1800), Shift(360, 840)]
)
rosters = st.dictionaries(st.sampled_from(DATES), st.one_of(common_shifts, shift_of()))
moments = st.one_of(
    st.integers(BEGIN // 900, END // 900).map(lambda quarter: quarter * 900),
    st.integers(BEGIN, END),
)
singles = st.lists(moments, max_size=30)
# Runs of punches a few minutes apart are what repeats are about.
runs = st.builds(
    lambda start, gaps: [start + sum(gaps[:n]) for n in range(len(gaps) + 1)],
    moments,
    st.lists(st.integers(1, 400), max_size=8),
)
punch_lists = st.builds(
    lambda alone, together: alone + [at for run in together for at in run],
    singles,
    st.lists(runs, max_size=4),
)
spans = st.builds(
    lambda start, quarters: (start, start + quarters * 900), moments, st.integers(1, 60)
)
leave_lists = st.lists(
    st.builds(lambda span, protected: Leave(span[0], span[1], protected), spans, st.booleans()),
    max_size=5,
)
worlds = st.builds(World, rosters, punch_lists, leave_lists, st.lists(spans, max_size=5))
crowded = st.builds(
    World,
    st.dictionaries(st.sampled_from(DATES), common_shifts, min_size=4),
    punch_lists,
    leave_lists,
    st.lists(spans, max_size=3),
)


def score_of(world: World) -> float:
    return month_facts(world.days(), SECTION, rostered=True)["attendance_score"].value


@unhurried
@given(world=worlds, data=st.data())
def test_the_order_of_records_is_irrelevant(world: World, data: st.DataObject) -> None:
    shuffled = World(
        dict(data.draw(st.permutations(list(world.shifts.items())))),
        data.draw(st.permutations(world.punches)),
        data.draw(st.permutations(world.leaves)),
        data.draw(st.permutations(world.overtime)),
    )
    assert shuffled.days() == world.days()


@unhurried
@given(world=worlds)
def test_days_computed_one_at_a_time_from_what_they_need_are_those_of_the_range(
    world: World,
) -> None:
    for day in world.days():
        asked = needed(day.day, day.day, world.overtime)
        since = asked.punches_from
        while certain_from(world.punches, since, REPEAT) > asked.punches_from and since > BEGIN:
            since -= HOUR
        alone = World(
            {
                on: shift
                for on, shift in world.shifts.items()
                if asked.first_shift <= on <= asked.last_shift
            },
            [at for at in world.punches if since <= at < asked.punches_until],
            world.leaves,
            world.overtime,
        )
        assert alone.days(day.day, day.day) == [day]


@unhurried
@given(world=worlds)
def test_every_punch_is_shown_once(world: World) -> None:
    days = world.days(FIRST - EDGE - timedelta(days=3), LAST + EDGE + timedelta(days=3))
    shown = [at for day in days for at in (*day.punches, *day.outside, *day.dropped)]
    assert sorted(shown) == sorted(set(world.punches))


@unhurried
@given(shifts=rosters)
def test_windows_never_overlap(shifts: dict[date, Shift]) -> None:
    bounds = [moment for window in windows_of(shifts) for moment in (window.opens, window.closes)]
    assert bounds == sorted(bounds)


@unhurried
@given(world=worlds, punch=moments)
def test_a_punch_touches_only_the_days_that_it_is_said_to_touch(world: World, punch: int) -> None:
    more = world._replace(punches=[*world.punches, punch])
    after = [at for at in more.punches if at >= punch]
    first, last = touched_days(punch, chain_end(after, punch, REPEAT), world.overtime)
    for before, now in zip(world.days(), more.days()):
        assert before == now or first <= now.day <= last


@unhurried
@given(world=worlds, span=spans, overtime=st.booleans())
def test_leave_and_overtime_touch_only_the_days_that_they_are_said_to_touch(
    world: World, span: Span, overtime: bool
) -> None:
    if overtime:
        more = world._replace(overtime=[*world.overtime, span])
    else:
        more = world._replace(leaves=[*world.leaves, Leave(*span, True)])
    first, last = touched_days(*span, more.overtime)
    for before, now in zip(world.days(), more.days()):
        assert before == now or first <= now.day <= last


@unhurried
@given(world=worlds, on=st.sampled_from(DATES), shift=st.none() | shift_of())
def test_a_shift_touches_only_the_days_that_it_is_said_to_touch(
    world: World, on: date, shift: Shift | None
) -> None:
    shifts = {day: known for day, known in world.shifts.items() if day != on}
    more = world._replace(shifts=shifts if shift is None else shifts | {on: shift})
    asked = needed(on, on)
    first, last = touched_days(asked.punches_from, asked.punches_until, world.overtime)
    for before, now in zip(world.days(), more.days()):
        assert before == now or first <= now.day <= last


# A punch that is added may make another one a repeat of it, so "adding a punch never makes an
# existing arrival later or departure earlier" holds in three parts.


@unhurried
@given(world=crowded, punch=moments)
@example(world=World({FIRST: Shift()}, [midnight(FIRST) + 9 * HOUR]), punch=midnight(FIRST))
def test_a_punch_apart_from_others_never_worsens_arrival_or_departure(
    world: World, punch: int
) -> None:
    assume(all(abs(punch - at) >= REPEAT * 60 for at in world.punches))
    more = world._replace(punches=[*world.punches, punch])
    for before, now in zip(world.days(), more.days()):
        if before.arrival is not None:
            assert now.arrival is not None
            assert now.arrival <= before.arrival
        if before.departure is not None:
            assert now.departure is not None
            assert now.departure >= before.departure


@unhurried
@given(world=crowded, data=st.data())
def test_a_punch_in_the_window_never_makes_the_arrival_later_nor_the_departure_much_earlier(
    world: World, data: st.DataObject
) -> None:
    windows = [window for window in windows_of(world.shifts) if FIRST <= window.day <= LAST]
    assume(windows)
    window = data.draw(st.sampled_from(windows))
    near = [at + offset for at in world.punches for offset in (-299, -200, -60, 60, 200, 299)]
    inside = [at for at in near if window.opens <= at < window.closes]
    punch = data.draw(
        st.one_of(
            st.integers(window.opens, window.closes - 1), st.sampled_from(inside or [window.opens])
        )
    )
    more = world._replace(punches=[*world.punches, punch])
    [before] = world.days(window.day, window.day)
    [now] = more.days(window.day, window.day)
    assert len(now.punches) >= len(before.punches)
    if before.arrival is not None:
        assert now.arrival is not None
        assert now.arrival <= before.arrival
    if before.departure is not None and len(now.punches) > 1:
        assert now.departure is not None
        assert now.departure > before.departure - REPEAT * 60


@unhurried
@given(world=crowded, punch=moments)
def test_without_repeat_minutes_no_punch_ever_worsens_arrival_or_departure(
    world: World, punch: int
) -> None:
    def days(punches: list[int]) -> list[PersonDay]:
        return person_days(FIRST, LAST, shifts=world.shifts, punches=punches, repeat_minutes=0)

    for before, now in zip(days(world.punches), days([*world.punches, punch])):
        if before.arrival is not None:
            assert now.arrival is not None
            assert now.arrival <= before.arrival
        if before.departure is not None:
            assert now.departure is not None
            assert now.departure >= before.departure


@unhurried
@given(world=crowded, leave=spans, data=st.data())
def test_approving_leave_never_lowers_the_attendance_score(
    world: World, leave: Span, data: st.DataObject
) -> None:
    windows = windows_of(world.shifts)
    window = data.draw(st.sampled_from(windows))
    part = st.integers(window.start - HOUR, window.end + HOUR)
    begin, end = data.draw(
        st.sampled_from([leave, (window.start, window.end)]) | st.tuples(part, part)
    )
    more = world._replace(leaves=[*world.leaves, Leave(begin, end)])
    assert score_of(more) >= score_of(world)
    for before, now in zip(world.days(), more.days()):
        assert now.late_minutes <= before.late_minutes
        assert now.early_minutes <= before.early_minutes
        assert now.absent <= before.absent
        assert now.missing_punch <= before.missing_punch
        assert now.leave_halves >= before.leave_halves
        assert now.overtime_seconds == before.overtime_seconds


@unhurried
@given(world=worlds)
def test_a_day_never_shows_more_than_it_can_hold(world: World) -> None:
    for day in world.days():
        assert not (day.absent and day.punches)
        assert 0 <= day.protected_halves <= day.leave_halves <= 2
        assert day.overtime_seconds >= 0
        if day.shift is None:
            assert not day.punches
            assert (day.absent, day.missing_punch, day.leave_halves) == (False, False, 0)
        elif day.overtime_seconds:
            assert day.overtime_seconds <= day.punches[-1] - day.punches[0]
        if day.leave_day:
            assert day.leave_halves == 2


@unhurried
@given(at=st.integers(-10 * DAY, 80_000 * DAY))
def test_a_moment_lies_on_its_date(at: int) -> None:
    assert 0 <= at - midnight(date_of(at)) < DAY
