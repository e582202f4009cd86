"""How far a kit's clock is trusted, as it last said itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

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


@given(skew=st.floats(-1e11, -300.001))
def test_what_is_ordered_by_its_arrival_is_as_fresh_as_that_however_slow_the_clock(skew: float) -> None:
    assert quality.clock(skew, believed=False) == (timedelta(0), ("clock_behind",))
