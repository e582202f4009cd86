"""Guessing gets slower, and is forgotten."""

from datetime import UTC, datetime, timedelta

from api.throttle import FREE_TRIES, LONGEST, MOST_ACCOUNTS, Throttle

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def failed_times(count: int) -> Throttle:
    throttle = Throttle()
    for _ in range(count):
        throttle.failed("ann", NOW)
    return throttle


def test_the_first_tries_cost_nothing() -> None:
    assert failed_times(FREE_TRIES - 1).wait("ann", NOW) == timedelta()


def test_each_further_failure_doubles_the_wait_up_to_a_minute() -> None:
    waits = [failed_times(FREE_TRIES + more).wait("ann", NOW).total_seconds() for more in range(9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert failed_times(10_000).wait("ann", NOW) == LONGEST


def test_a_wait_passes_and_other_accounts_have_none() -> None:
    throttle = failed_times(FREE_TRIES)
    assert throttle.wait("ann", NOW + timedelta(seconds=1)) == timedelta()
    assert throttle.wait("bob", NOW) == timedelta()


def test_success_and_a_quarter_of_an_hour_both_forget() -> None:
    throttle = failed_times(20)
    assert throttle.wait("ann", NOW + timedelta(minutes=16)) == timedelta()
    throttle.failed("ann", NOW + timedelta(minutes=16))
    assert throttle.wait("ann", NOW + timedelta(minutes=16)) == timedelta()
    throttle = failed_times(20)
    throttle.succeeded("ann")
    assert throttle.wait("ann", NOW) == timedelta()


def test_made_up_names_cannot_fill_the_memory() -> None:
    throttle = failed_times(20)
    for number in range(MOST_ACCOUNTS):
        throttle.failed(f"made-up-{number}", NOW)
    assert throttle.wait("ann", NOW) == timedelta()
    assert len(throttle) == MOST_ACCOUNTS
