"""What a home owes its residents today: done, incomplete, due and overdue mean what they say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.queries.home import FullSet, Home, Lives, Observed
from api.web.presenters import signs
from api.web.presenters.answers import answer
from api.web.presenters.home import Day, day, total
from api.web.presenters.need import by_need
from api.web.presenters.rounds import Cell, Glimpse, Round, State, cell, current, rounds_of
from tests.unit.api.web.rows import COLLEAGUE, ME, NOW, ago, escalation, lives

DAY = date(2026, 11, 22)
MORNING, NOON, EVENING = rounds_of([18, 8, 13], DAY)
ALL = list(signs.SCORED)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 22, hour, minute, tzinfo=UTC)


def stands(
    now: datetime,
    *,
    seen: list[Glimpse] | None = None,
    full: list[datetime] | None = None,
    one: Round = MORNING,
    scored: bool = True,
    paused: str | None = None,
) -> Cell:
    return cell(one, seen or [], full or [], scored=scored, paused=paused, now=now)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (at(6, 59), State.LATER),
        (at(7), State.DUE),
        (at(8, 59), State.DUE),
        (at(9), State.OVERDUE),
        (at(23), State.OVERDUE),
    ],
)
def test_a_round_nobody_did_is_later_then_due_then_overdue(now: datetime, state: State) -> None:
    assert stands(now).state is state


def test_a_full_set_within_the_round_is_done() -> None:
    done = stands(at(10), full=[at(8, 12)])
    assert (done.state, done.detail) == (State.DONE, "08:12")


def test_a_full_set_after_it_was_overdue_is_done_late() -> None:
    assert stands(at(11), full=[at(10, 30)]).state is State.DONE_LATE


def test_a_full_set_of_another_round_does_not_count() -> None:
    assert stands(at(13), full=[at(6, 30), at(12)]).state is State.OVERDUE


def test_part_of_a_set_is_incomplete_and_says_what_is_needed() -> None:
    part = Glimpse(at(8), [sign for sign in ALL if sign != "pulse"])
    early, late = stands(at(8, 30), seen=[part]), stands(at(9, 30), seen=[part])
    assert (early.state, early.detail) == (State.INCOMPLETE, "still needed: pulse")
    assert late.state is State.INCOMPLETE_OVERDUE


def test_signs_that_lie_too_far_apart_make_no_full_set() -> None:
    found = stands(at(8, 50), seen=[Glimpse(at(7), ALL[:3]), Glimpse(at(8, 40), ALL[3:])])
    assert (found.state, found.detail) == (State.INCOMPLETE, "the signs lie too far apart")


def test_where_there_is_no_score_all_signs_within_the_round_are_a_full_set() -> None:
    seen = [Glimpse(at(7, 50), ALL[:3]), Glimpse(at(8, 10), ALL[3:])]
    assert stands(at(9, 30), seen=seen, scored=False).detail == "08:10"


def test_a_paused_resident_is_not_overdue() -> None:
    found = stands(at(10), paused="In hospital")
    assert (found.state, found.detail) == (State.PAUSED, "In hospital")


def test_rounds_follow_the_clock_on_the_wall_when_it_changes() -> None:
    [summer] = rounds_of([8], date(2026, 7, 1))
    assert summer.opens_at.astimezone(UTC) == datetime(2026, 7, 1, 6, tzinfo=UTC)


def test_each_round_ends_where_the_next_begins_and_the_last_at_midnight() -> None:
    assert (MORNING.closes_at, NOON.closes_at) == (NOON.opens_at, EVENING.opens_at)
    assert EVENING.closes_at == at(0) + timedelta(days=1)
    assert current((MORNING, NOON, EVENING), at(6)) is None
    assert current((MORNING, NOON, EVENING), at(12)) == 1


NOT_SYNTHETIC = False
HOME = Home(
    ME,
    "Orchard House",
    "care_home",
    "01632 960111",
    [8, 13, 18],
    NOT_SYNTHETIC,
    "Riverside hub",
    "01632 960000",
    hub_id=ME,
    at_my_hub=False,
)


def test_a_homes_day_shows_rounds_open_escalations_and_the_hubs_answers() -> None:
    amara = lives()
    shown = day(
        HOME,
        [amara],
        [Observed(amara.resident_id, at(13, 5), ["pulse"])],
        [FullSet(amara.resident_id, at(8, 5), 1, assumed_air=False)],
        [
            escalation(state="claimed", claimed_by=ME, claimed_by_name="Clive", claimed_at=ago(minutes=1)),
            escalation(
                state="closed",
                closed_by=ME,
                closed_by_name="Clive",
                closed_at=ago(hours=3),
                disposition="gp_today",
                note="The GP rings at 15:00.",
            ),
        ],
        {},
        me=lives().resident_id,
        now=NOW,
    )
    assert [one.state for one in shown.rows[0].cells] == [State.DONE, State.INCOMPLETE_OVERDUE, State.LATER]
    assert shown.rows[0].open == shown.open[0]
    assert shown.rows[0].answers == shown.answers
    assert shown.open[0].state == "Claimed by Clive at the hub"
    assert (shown.answers[0].answer, shown.answers[0].note) == ("GP today", "The GP rings at 15:00.")
    assert (shown.total.sets, said(shown)) == (3, {"done": 1, "overdue": 1, "later today": 1})


def said(shown: Day) -> dict[str, int]:
    """What is counted, where there is any."""
    return {words: count for count, words in shown.total.counts if count}


def test_an_answer_is_in_sight_for_a_day_and_then_among_the_earlier_ones() -> None:
    closed = {"state": "closed", "closed_by": ME, "closed_by_name": "Clive", "disposition": "gp_today"}
    fresh, old = (escalation(**closed, closed_at=ago(hours=hours)) for hours in (24, 25))
    shown = day(HOME, [lives()], [], [], [fresh, old], {}, me=lives().resident_id, now=NOW)
    assert [one.closed.age for one in shown.answers] == ["24 h ago"]
    assert [one.closed.age for one in shown.earlier] == ["25 h ago"]
    assert shown.rows[0].answers == shown.answers
    assert shown.answered_about == ((lives().resident_id, "Amara Synthetic"),)


def test_whoever_may_not_see_who_answered_is_told_that_it_was_somebody_at_the_hub() -> None:
    closed = escalation(state="closed", closed_by=COLLEAGUE, closed_at=NOW, disposition="gp_today")
    shown = answer(closed, ME, NOW)
    assert shown is not None
    assert shown.by == "somebody at the hub (their name is not shown to you)"


_PEOPLE = st.lists(
    st.builds(
        lives,
        resident_id=st.uuids(),
        synthetic=st.booleans(),
        pause_reason=st.sampled_from([None, "In hospital"]),
        pause_ends_at=st.just(ago(days=-1)),
    ),
    max_size=4,
)
_GLIMPSED = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 23), st.booleans()), max_size=12)


@given(_PEOPLE, _GLIMPSED, st.integers(0, 23), st.lists(st.integers(0, 23), max_size=4))
def test_every_set_owed_today_is_counted_once(
    people: list[Lives], seen: list[tuple[int, int, bool]], hour: int, hours: list[int]
) -> None:
    at_hand = [(people[number], at(when), full) for number, when, full in seen if number < len(people)]
    shown = day(
        replace(HOME, rounds=hours),
        people,
        [Observed(one.resident_id, when, ALL if full else ["pulse"]) for one, when, full in at_hand],
        [FullSet(one.resident_id, when, 1, assumed_air=False) for one, when, full in at_hand if full],
        [escalation(resident_id=one.resident_id) for one, _, _ in at_hand],
        {},
        me=ME,
        now=at(hour),
    )
    counted = [one for one in people if not one.synthetic] or people
    assert shown.total.sets == sum(count for count, _ in shown.total.counts)
    assert shown.total.sets == len(counted) * len(set(hours))


def test_synthetic_residents_are_counted_only_where_there_is_nobody_else() -> None:
    mixed = day(HOME, [lives(), lives(synthetic=True)], [], [], [], {}, me=ME, now=NOW)
    assert said(mixed) == {"overdue": 2, "later today": 1}
    assert mixed.total.about == "One full set for each of 1 resident at each round. 1 synthetic not counted."
    assert total(mixed.rows[1:]).about.endswith("at each round. All of them synthetic.")


def test_a_care_worker_sees_first_who_needs_it_most() -> None:
    done = lives(name="Done", resident_id=ME)
    paused = lives(name="Away", resident_id=COLLEAGUE, pause_reason="In hospital", pause_ends_at=ago(days=-1))
    overdue = lives(name="Waiting")
    shown = day(
        HOME,
        [done, paused, overdue],
        [],
        [FullSet(ME, at(13, 5), 0, assumed_air=False)],
        [],
        {},
        me=ME,
        now=NOW,
    )
    assert [row.name for row in by_need(shown.rows)] == ["Waiting", "Done", "Away"]
    assert ([row.name for row in shown.rows if row.owed], shown.left) == (
        ["Waiting"],
        "1 of 3 still to measure.",
    )
    alone = day(HOME, [paused], [], [], [], {}, me=ME, now=NOW)
    assert alone.left == "Nobody is left to measure now."


def test_before_any_round_those_at_the_hub_come_first_the_gravest_before_the_others() -> None:
    people = {
        name: lives(name=name, resident_id=UUID(int=100 + number), **different)
        for number, (name, different) in enumerate(
            [
                ("Amara", {}),
                ("Bella", {"pause_reason": "In hospital", "pause_ends_at": ago(days=-1)}),
                ("Cyril", {}),
                ("Dora", {"asked": ["respiration_rate"]}),
                ("Edwin", {}),
                ("Fern", {}),
            ]
        )
    }
    cases = [
        escalation(resident_id=people[name].resident_id, severity=severity)
        for name, severity in (("Edwin", "concern"), ("Fern", "high"))
    ]
    shown = day(HOME, list(people.values()), [], [], cases, {}, me=ME, now=at(5))
    assert shown.left == "1 of 6 still to measure.", "the hub asks about Dora"
    assert day(HOME, [lives()], [], [], [], {}, me=ME, now=at(5)).left == "No round has begun yet today."
    assert [row.name for row in by_need(shown.rows)] == ["Fern", "Edwin", "Dora", "Amara", "Cyril", "Bella"]
    rows = {row.name: row for row in shown.rows}
    assert rows["Dora"].ask == "Measure breathing rate now"
    assert rows["Bella"].paused == "In hospital, until tomorrow 14:02"
    assert (rows["Amara"].ask, rows["Amara"].paused) == (None, None)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["systolic", "pulse"], "Measure blood pressure and pulse now"),
        (["consciousness"], "Check how alert they are now"),
        (["pulse", "on_oxygen"], "Measure pulse and check whether they are on oxygen now"),
    ],
)
def test_what_is_asked_is_said_as_what_to_do(asked: list[str], words: str) -> None:
    assert signs.measure_now(asked) == words


def test_what_is_asked_in_a_round_that_is_done_is_asked_besides_its_full_set() -> None:
    """Not "measure now" and "done" side by side."""
    asked, done = lives(asked=["pulse"]), [FullSet(lives().resident_id, at(13, 12), 0, assumed_air=False)]
    for resident, full_sets, besides in ((asked, done, "13:12"), (asked, [], None), (lives(), done, None)):
        [row] = day(HOME, [resident], [], full_sets, [], {}, me=ME, now=NOW).rows
        assert row.besides == besides


def test_a_full_set_outside_every_round_is_said_as_long_as_it_is_the_last() -> None:
    night = FullSet(lives().resident_id, at(1, 42), 0, assumed_air=False)
    morning = FullSet(lives().resident_id, at(8, 5), 0, assumed_air=False)
    for full_sets, said_ in (([night], "Last full set at 01:42"), ([night, morning], None), ([], None)):
        shown = day(HOME, [lives()], [], full_sets, [], {}, me=ME, now=NOW)
        assert shown.rows[0].outside == said_


def test_a_claim_is_as_old_as_the_claim_and_a_ceiling_stands_beside_the_name() -> None:
    claimed = escalation(state="claimed", claimed_by=COLLEAGUE, claimed_at=ago(minutes=1))
    shown = day(HOME, [lives(has_ceiling=True)], [], [], [claimed], {}, me=ME, now=NOW)
    [row] = shown.open
    assert row.claimed is not None
    assert (row.claimed.age, row.wait.waiting, row.has_ceiling) == ("1 min ago", "5 min", True)
    [unclaimed] = day(HOME, [lives()], [], [], [escalation()], {}, me=ME, now=NOW).open
    assert (unclaimed.claimed, unclaimed.has_ceiling) == (None, False)
