"""What a home owes its residents today: done, incomplete, due and overdue mean what they say."""

from datetime import UTC, date, datetime, timedelta

import pytest

from api.queries.home import FullSet, Home, Observed
from api.web.presenters import signs
from api.web.presenters.home import by_need, day, summary
from api.web.presenters.rounds import Cell, Glimpse, Round, State, cell, current, rounds_of
from tests.unit.api.web.rows import ME, NOW, ago, escalation, lives

DAY = date(2026, 11, 22)
MORNING, NOON, EVENING = rounds_of([18, 8, 13], DAY)
ALL = tuple(signs.SCORED)


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
        me=lives().resident_id,
        now=NOW,
    )
    assert [one.state for one in shown.rows[0].cells] == [State.DONE, State.INCOMPLETE_OVERDUE, State.LATER]
    assert shown.rows[0].in_escalation
    assert shown.open[0].state == "Claimed by Clive at the hub"
    assert (shown.answers[0].answer, shown.answers[0].note) == ("GP today", "The GP rings at 15:00.")
    assert shown.summary == ("1 done", "1 incomplete", "0 due", "1 overdue")


def test_synthetic_residents_are_counted_only_where_there_is_nobody_else() -> None:
    mixed = day(HOME, [lives(), lives(synthetic=True)], [], [], [], me=ME, now=NOW)
    assert mixed.summary[-1] == "not counted: 1 synthetic"
    assert mixed.summary[3] == "2 overdue"
    assert summary(mixed.rows[1:])[-1] == "all of them synthetic"


def test_a_care_worker_sees_first_who_needs_it_most() -> None:
    done = lives(name="Done", resident_id=ME)
    paused = lives(name="Away", pause_reason="In hospital", pause_ends_at=ago(days=-1))
    overdue = lives(name="Waiting")
    shown = day(
        HOME, [done, paused, overdue], [], [FullSet(ME, at(13, 5), 0, assumed_air=False)], [], me=ME, now=NOW
    )
    assert [row.name for row in by_need(shown.rows)] == ["Waiting", "Done", "Away"]
