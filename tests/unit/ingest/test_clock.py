"""How far a kit's clock is trusted, as it last said itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest import quality

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
A_DAY = 86_400


@given(slow_by=st.integers(301, A_DAY), old=st.integers(0, A_DAY))
def test_a_slow_clock_put_right_gives_back_when_it_was_taken(slow_by: int, old: int) -> None:
    really = NOW - timedelta(seconds=old)
    claimed = really - timedelta(seconds=slow_by)
    effective_at, _ = quality.effective(claimed, NOW)
    correction, flags = quality.clock(-float(slow_by))
    assert effective_at + correction == really
    assert flags == ("clock_behind",)


@given(skew=st.none() | st.floats(-300, 300))
def test_a_few_minutes_and_what_nobody_knows_are_not_remarked_on(skew: float | None) -> None:
    assert quality.clock(skew) == (timedelta(0), ())


@given(skew=st.floats(300.001, 1e11))
def test_a_fast_clock_makes_nothing_older(skew: float) -> None:
    assert quality.clock(skew) == (timedelta(0), ("clock_ahead",))
