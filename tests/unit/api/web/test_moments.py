"""Times are read in London, with the day and the age."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.presenters.moments import age, clock, deadline, full_clock, moment, span, years_old
from tests.unit.api.web.rows import NOW, ago


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (ago(minutes=12), "today 13:50"),
        (ago(hours=20), "yesterday 18:02"),
        (ago(hours=-20), "tomorrow 10:02"),
        (ago(days=3), "Thu 19 Nov 14:02"),
        (ago(days=400), "Sat 18 Oct 2025 15:02"),
    ],
)
def test_a_time_is_said_with_its_day(at: datetime, words: str) -> None:
    assert clock(at, NOW) == words


def test_summer_time_is_london_time() -> None:
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert full_clock(at) == "Thursday 2 July 2026, 00:30"
    assert clock(at, at + timedelta(hours=1)) == "today 00:30"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "less than 1 min"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=1, minutes=5), "1 h 5 min"),
        (timedelta(hours=10, minutes=30), "10 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(hours=48), "2 days"),
    ],
)
def test_a_length_is_cut_off_and_never_rounded_up(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_an_age_looks_back_and_ahead() -> None:
    assert age(ago(seconds=30), NOW) == "just now"
    assert age(ago(minutes=12), NOW) == "12 min ago"
    assert age(ago(minutes=-12), NOW) == "in 12 min"


@given(st.integers(min_value=-10_000, max_value=10_000))
def test_overdue_is_said_from_the_deadline_on_and_not_before(seconds_left: int) -> None:
    found = deadline(NOW - timedelta(hours=9), NOW + timedelta(seconds=seconds_left), NOW)
    assert found.overdue is (seconds_left <= 0)
    assert ("Overdue by" in found.standing) is found.overdue
    assert found.standing.endswith("left") is not found.overdue


def test_a_moment_carries_what_machines_and_people_read() -> None:
    assert moment(ago(minutes=3), NOW).iso == "2026-11-22T13:59:00+00:00"


def test_age_in_years_turns_on_the_birthday() -> None:
    assert years_old(date(1940, 11, 22), NOW) == 86
    assert years_old(date(1940, 11, 23), NOW) == 85
