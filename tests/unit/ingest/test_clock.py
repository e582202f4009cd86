"""How far a kit's clock is trusted, as it last said itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.reading import OLDEST_S
from ingest import quality

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
ENROLLED = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)
FIRST = ENROLLED - timedelta(days=2)
A_DAY = 86_400


@given(slow_by=st.integers(301, A_DAY), old=st.integers(0, A_DAY))
def test_a_slow_clock_put_right_gives_back_when_it_was_taken(slow_by: int, old: int) -> None:
    really = NOW - timedelta(seconds=old)
    claimed = really - timedelta(seconds=slow_by)
    effective_at, _ = quality.effective(claimed, NOW, ENROLLED)
    correction, flags = quality.clock(-float(slow_by), believed=True)
    assert effective_at + correction == really
    assert flags == ("clock_behind",)


@given(skew=st.none() | st.floats(-300, 300))
def test_a_few_minutes_and_what_nobody_knows_are_not_remarked_on(skew: float | None) -> None:
    assert quality.clock(skew, believed=True) == (timedelta(0), ())


@given(skew=st.floats(300.001, 1e11))
def test_a_fast_clock_makes_nothing_older(skew: float) -> None:
    assert quality.clock(skew, believed=True) == (timedelta(0), ("clock_ahead",))


@given(
    claimed=st.datetimes(
        max_value=FIRST.replace(tzinfo=None) - timedelta(microseconds=1), timezones=st.just(UTC)
    )
)
def test_nothing_was_taken_before_its_kit_was_there(claimed: datetime) -> None:
    assert quality.effective(claimed, NOW, ENROLLED) == (NOW, ("clock_lost",))


@given(claimed=st.datetimes(FIRST.replace(tzinfo=None), NOW.replace(tzinfo=None), timezones=st.just(UTC)))
def test_what_was_taken_since_is_ordered_by_its_own_time(claimed: datetime) -> None:
    assert quality.effective(claimed, NOW, ENROLLED)[0] == claimed


def test_what_came_before_its_kit_was_enrolled_and_was_kept_until_then_was_taken_when_it_says() -> None:
    came = ENROLLED - timedelta(days=30)
    assert quality.effective(came - timedelta(hours=1), came, ENROLLED) == (came - timedelta(hours=1), ())


TAKEN_BACK = st.integers(0, 30 * A_DAY)


@given(slow_by=st.integers(3601, 30 * A_DAY), age=TAKEN_BACK)
def test_a_clock_that_was_not_set_when_a_reading_was_taken_does_not_order_it_where_its_age_is_told(
    slow_by: int, age: int
) -> None:
    """As a kit without a clock of its own starts: at the time it was switched off, days ago."""
    really = NOW - timedelta(seconds=age)
    claimed = really - timedelta(seconds=slow_by)
    assert quality.effective(claimed, NOW, ENROLLED, age) == (really, ("clock_lost",))


@given(fast_by=st.integers(301, 30 * A_DAY), age=TAKEN_BACK)
def test_a_clock_that_was_fast_when_a_reading_was_taken_does_not_order_it_where_its_age_is_told(
    fast_by: int, age: int
) -> None:
    really = NOW - timedelta(seconds=age)
    assert quality.effective(really + timedelta(seconds=fast_by), NOW, ENROLLED, age) == (
        really,
        ("clock_ahead",),
    )


@given(age=TAKEN_BACK, waited=st.integers(-300, 3600))
def test_a_clock_that_agrees_with_the_age_is_believed_though_the_message_waited_on_its_way(
    age: int, waited: int
) -> None:
    claimed = NOW - timedelta(seconds=age + waited)
    assert quality.effective(claimed, NOW, ENROLLED, age)[0] == claimed


@given(age=TAKEN_BACK, waited=st.integers(3601, 14 * A_DAY), less=st.integers(0, 3600))
def test_a_clock_is_believed_as_far_as_the_message_may_have_waited(age: int, waited: int, less: int) -> None:
    """While the database is down, the broker holds messages for as long as that takes."""
    at_most = timedelta(seconds=waited)
    claimed = NOW - timedelta(seconds=age + waited - less)
    assert quality.effective(claimed, NOW, ENROLLED, age, at_most)[0] == claimed
    lost = NOW - timedelta(seconds=age + waited + 1)
    assert quality.effective(lost, NOW, ENROLLED, age, at_most) == (
        NOW - timedelta(seconds=age),
        ("clock_lost",),
    )
    assert quality.effective(lost, NOW, ENROLLED, age, None)[0] == lost


@given(age=st.floats(0, OLDEST_S))
def test_no_age_makes_a_reading_older_than_its_kit(age: float) -> None:
    assert quality.effective(NOW, NOW, ENROLLED, age)[0] >= FIRST


@given(skew=st.floats(-1e11, -300.001))
def test_what_is_ordered_by_its_arrival_is_as_fresh_as_that_however_slow_the_clock(skew: float) -> None:
    assert quality.clock(skew, believed=False) == (timedelta(0), ("clock_behind",))
