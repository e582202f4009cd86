"""Guessing gets slower, whichever process is asked, and is forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from psycopg_pool import ConnectionPool

from api.throttle import FREE_TRIES, Throttle, forget
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.serving import PASSWORD, Clock, give_accounts, serving, settings_for, username

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
AT_ONCE = timedelta()


@pytest.fixture
def throttle(database: Database) -> Iterator[Throttle]:
    with ConnectionPool(database.conninfo("hearthwatch_api"), min_size=1, max_size=8, open=True) as pool:
        yield Throttle(pool)


def tried(throttle: Throttle, count: int, at: datetime = NOW) -> datetime:
    """Try so often, each as soon as it is let, and answer when the last was."""
    for _ in range(count):
        while wait := throttle.begin("ann", at):
            at += wait
    return at


def test_the_first_tries_cost_nothing(throttle: Throttle) -> None:
    assert tried(throttle, FREE_TRIES) == NOW


def test_each_further_try_doubles_the_wait_up_to_a_minute_and_no_more(throttle: Throttle) -> None:
    at = tried(throttle, FREE_TRIES)
    waits: list[float] = []
    for _ in range(9):
        tried_at = tried(throttle, 1, at)
        waits.append((tried_at - at).total_seconds())
        at = tried_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_try_that_comes_too_early_does_not_lengthen_the_wait(throttle: Throttle) -> None:
    at = tried(throttle, FREE_TRIES)
    early = at + timedelta(seconds=0.25)
    assert [throttle.begin("ann", early) for _ in range(3)] == [timedelta(seconds=0.75)] * 3
    assert throttle.begin("bob", early) == AT_ONCE


def test_success_and_a_quarter_of_an_hour_both_forget(throttle: Throttle) -> None:
    at = tried(throttle, FREE_TRIES + 3)
    assert throttle.begin("ann", at) > AT_ONCE
    later = at + timedelta(minutes=16)
    assert tried(throttle, FREE_TRIES, later) == later
    throttle.succeeded("ann")
    assert tried(throttle, FREE_TRIES, later) == later


def test_many_guesses_at_once_are_counted_one_by_one(throttle: Throttle) -> None:
    with ThreadPoolExecutor(8) as guessers:
        waits = list(guessers.map(lambda _: throttle.begin("ann", NOW), range(40)))
    assert waits.count(AT_ONCE) == FREE_TRIES


def test_no_name_is_kept_and_what_no_longer_counts_is_deleted(throttle: Throttle, database: Database) -> None:
    for name in ("ann", "her password \x00 in the wrong field", "\udcff"):
        throttle.begin(name, NOW)
    with database.connect() as conn:
        assert "ann" not in str(conn.execute("SELECT * FROM api.sign_in_try").fetchall())
    with database.connect("hearthwatch_scheduler") as conn:
        assert forget(conn, NOW + timedelta(minutes=15)) == 0
        assert forget(conn, NOW + timedelta(minutes=16)) == 3


def test_two_processes_and_one_that_was_restarted_count_together(neighbourhood: Database) -> None:
    give_accounts(neighbourhood)
    settings = settings_for(neighbourhood)
    right = {"username": username(n.WORKER), "password": PASSWORD}
    clock = Clock().stand_still()
    with serving(settings, clock) as one, serving(settings, clock) as other:
        for number in range(FREE_TRIES):
            asked = (one, other)[number % 2].client()
            assert asked.post("/api/v1/sign-in", json=right | {"password": "guess"}).status_code == 401
        assert [
            served.client().post("/api/v1/sign-in", json=right).status_code for served in (one, other)
        ] == [429, 429]
    with serving(settings, clock) as restarted:
        # The right password does not help before the wait is over, and ends it afterwards.
        for number in range(3):
            clock.ahead += timedelta(seconds=61)
            assert (
                restarted.client()
                .post("/api/v1/sign-in", json=right | {"password": f"guess {number}"})
                .status_code
                == 401
            )
            assert restarted.client().post("/api/v1/sign-in", json=right).status_code == 429
        clock.ahead += timedelta(seconds=61)
        assert restarted.client().post("/api/v1/sign-in", json=right).status_code == 204
