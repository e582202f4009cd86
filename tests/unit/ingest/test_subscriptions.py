"""What is heard, and what was left, as the broker answers, late, twice or in vain."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.worker.subscriptions import Subscriptions

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=1)


@pytest.fixture
def asked() -> Subscriptions:
    """1 and 2 are wanted and were asked for, as question 7."""
    made = Subscriptions()
    assert made.change([1, 2]) == ([1, 2], [])
    made.asked(7, [1, 2])
    return made


def test_what_was_asked_for_is_heard_once_it_is_granted(asked: Subscriptions) -> None:
    assert not asked.is_settled
    asked.answered(7, [True, False], AT)
    assert (asked.heard, asked.refused) == ({1: AT}, {2})
    asked.asked(8, [2])
    asked.answered(8, [True], LATER)
    assert (asked.heard, asked.refused) == ({1: AT, 2: LATER}, set())
    assert asked.is_settled


def test_the_answer_to_an_earlier_question_says_nothing(asked: Subscriptions) -> None:
    asked.change([1])
    asked.change([1, 2])
    asked.asked(9, [2])
    asked.answered(7, [True, True], AT)
    assert asked.heard == {1: AT}
    asked.answered(9, [True], LATER)
    assert asked.heard == {1: AT, 2: LATER}


def test_what_is_no_longer_wanted_is_not_heard_though_it_is_granted(asked: Subscriptions) -> None:
    assert asked.change([1]) == ([], [2])
    asked.answered(7, [True, False], AT)
    assert (asked.heard, asked.refused) == ({1: AT}, set())


def test_what_was_left_is_done_with_when_all_that_came_before_the_answer_is_acknowledged(
    asked: Subscriptions,
) -> None:
    asked.answered(7, [True, True], AT)
    asked.change([1])
    asked.leaving(8, [2])
    assert not asked.done_with(2, acknowledged=1000)
    assert not asked.has_left
    asked.left(8, delivered=10)
    assert asked.has_left
    assert [asked.done_with(2, acknowledged) for acknowledged in (9, 10)] == [False, True]
    assert asked.done_with(5, acknowledged=0), "it was never heard"


def test_a_new_connection_hears_nothing_and_has_nothing_in_hand(asked: Subscriptions) -> None:
    asked.answered(7, [True, True], AT)
    asked.change([1])
    asked.leaving(8, [2])
    asked.begin()
    assert (asked.heard, asked.wanted, asked.is_settled) == ({}, {1}, False)
    assert asked.done_with(2, acknowledged=0)
    asked.answered(7, [True, True], AT)
    assert asked.heard == {}
