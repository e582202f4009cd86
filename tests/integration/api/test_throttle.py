"""Guessing gets slower, whichever process is asked, and whoever guesses keeps nobody out but themselves."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from api.identity.throttle import (
    ACCOUNT,
    ADDRESS,
    FORGOTTEN_AFTER,
    MOST_GUESSES_AN_HOUR,
    Guessed,
    Throttle,
    Try,
    forget,
)
from tests.fixtures.databases import Database

pytestmark = pytest.mark.both_databases
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
AT_ONCE = timedelta()
HOUR = timedelta(hours=1)
ANN = Try("ann", "192.0.2.1")
ANNS_OWN = replace(ANN, browser=b"known")


@pytest.fixture
def throttle(database: Database) -> Iterator[Throttle]:
    with ConnectionPool(database.conninfo("hearthwatch_api"), min_size=1, max_size=8, open=True) as pool:
        pool.wait()  # its thread draws a random number for each connection, which Hypothesis forbids while it draws
        yield Throttle(pool)


def elsewhere(number: int, username: str = "ann") -> Try:
    """A try from an address of its own."""
    return Try(username, f"198.51.{number // 256}.{number % 256}")


def tried(throttle: Throttle, count: int, at: datetime = NOW, one: Try = ANN) -> datetime:
    """Try so often, each as soon as it is let, and answer when the last was."""
    for _ in range(count):
        while wait := throttle.begin(one, at):
            at += wait
    return at


def test_the_first_tries_cost_nothing(throttle: Throttle) -> None:
    assert tried(throttle, ACCOUNT.free) == NOW


def test_each_further_try_doubles_the_wait_up_to_the_longest_and_no_more(throttle: Throttle) -> None:
    at = tried(throttle, ACCOUNT.free)
    waits: list[float] = []
    for _ in range(11):
        tried_at = tried(throttle, 1, at)
        waits.append((tried_at - at).total_seconds())
        at = tried_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_try_that_comes_too_early_counts_nowhere(throttle: Throttle) -> None:
    at = tried(throttle, ACCOUNT.free)
    early = at + timedelta(seconds=0.25)
    assert [throttle.begin(ANN, early) for _ in range(ADDRESS.free)] == [
        timedelta(seconds=0.75)
    ] * ADDRESS.free
    assert throttle.begin(replace(ANN, username="bob"), early) == AT_ONCE


def test_an_hour_of_rest_forgets_and_success_gives_back_its_own_try_alone(throttle: Throttle) -> None:
    at = tried(throttle, ACCOUNT.free - 1)
    for _ in range(3):
        assert throttle.begin(ANN, at) == AT_ONCE
        throttle.succeeded(ANN, at)
        at += timedelta(seconds=1)
    assert throttle.begin(ANN, at) == AT_ONCE
    assert throttle.begin(ANN, at) == timedelta(seconds=1)
    later = at + FORGOTTEN_AFTER + timedelta(seconds=1)
    assert tried(throttle, ACCOUNT.free, later) == later


def test_many_guesses_at_once_are_counted_one_by_one(throttle: Throttle) -> None:
    with ThreadPoolExecutor(8) as guessers:
        waits = list(guessers.map(lambda number: throttle.begin(elsewhere(number), NOW), range(40)))
    assert waits.count(AT_ONCE) == ACCOUNT.free


def test_one_address_that_tries_many_accounts_is_slowed_down_too(throttle: Throttle) -> None:
    sprayed = [throttle.begin(replace(ANN, username=f"name-{one}"), NOW) for one in range(ADDRESS.free + 5)]
    assert sprayed.count(AT_ONCE) == ADDRESS.free
    # Whoever comes from there with a browser of their own is not kept out, nor anybody from elsewhere.
    assert throttle.begin(ANNS_OWN, NOW) == AT_ONCE
    assert throttle.begin(elsewhere(1), NOW) == AT_ONCE


def test_slips_at_one_address_fade_though_somebody_signs_in_there_every_half_hour(throttle: Throttle) -> None:
    at = tried(throttle, ADDRESS.free + 5, one=replace(ANN, username="slips"))
    for number in range(10):
        at += timedelta(minutes=30)
        colleague = replace(ANN, username=f"colleague-{number}")
        assert throttle.begin(colleague, at) == AT_ONCE
        throttle.succeeded(colleague, at)
    sprayed = [throttle.begin(replace(ANN, username=f"name-{one}"), at) for one in range(ADDRESS.free)]
    assert sprayed == [AT_ONCE] * ADDRESS.free


def test_a_success_takes_back_the_wait_it_brought_its_address_and_no_guessers(throttle: Throttle) -> None:
    guesses = [replace(ANN, username=f"name-{one}") for one in range(ADDRESS.free + 1)]
    for guess in guesses[:-2]:
        assert throttle.begin(guess, NOW) == AT_ONCE
    assert throttle.begin(ANN, NOW) == AT_ONCE
    throttle.succeeded(ANN, NOW)
    # Beside the last free guess the address has no other, whoever signed in.
    assert throttle.begin(guesses[-2], NOW) == AT_ONCE
    throttle.succeeded(ANN, NOW - timedelta(seconds=1))
    assert throttle.begin(guesses[-1], NOW) > AT_ONCE


def test_each_known_browser_has_as_many_guesses_as_strangers_together_and_no_more(throttle: Throttle) -> None:
    for known in (None, b"one", b"another"):
        at, looked_at = NOW, 0
        while (at := tried(throttle, 1, at, replace(ANN, username="eve", browser=known))) < NOW + HOUR:
            looked_at += 1
        assert 20 <= looked_at <= MOST_GUESSES_AN_HOUR


def test_a_password_and_a_code_are_counted_each_by_itself(throttle: Throttle) -> None:
    tried(throttle, ACCOUNT.free)
    assert throttle.begin(ANN, NOW) > AT_ONCE
    assert throttle.begin(replace(ANN, guessed=Guessed.CODE), NOW) == AT_ONCE


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rests=st.lists(st.sampled_from((0, 0, 0, 1, 30, 301, 900, 3601)), max_size=40),
)
def test_nobody_guesses_more_often_an_hour_however_they_rest_and_from_wherever(
    throttle: Throttle, rests: list[int]
) -> None:
    at, looked_at, name = NOW, [], f"ann {uuid4()}"
    for place, rest in enumerate(rests + [0] * MOST_GUESSES_AN_HOUR):
        at = tried(throttle, 1, at + timedelta(seconds=rest), elsewhere(place, name))
        looked_at.append(at)
    for begin in looked_at:
        within = [one for one in looked_at if begin <= one < begin + HOUR]
        assert len(within) <= MOST_GUESSES_AN_HOUR


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(guesses=st.integers(1, 60), gap=st.sampled_from((0.0, 0.5, 7.0, 61.0)))
def test_whoever_guesses_never_takes_a_try_from_the_owners_own_browser(
    throttle: Throttle, guesses: int, gap: float
) -> None:
    at, name = NOW, f"ann {uuid4()}"
    own = Try(name, "198.51.0.0", browser=name.encode())
    for one in range(guesses):
        throttle.begin(elsewhere(one % 3, name), at)
        at += timedelta(seconds=gap)
    for _ in range(ACCOUNT.free):
        assert throttle.begin(own, at) == AT_ONCE


def test_no_name_is_kept_and_what_no_longer_counts_is_deleted(throttle: Throttle, database: Database) -> None:
    for name in ("ann", "her password \x00 in the wrong field", "\udcff"):
        throttle.begin(Try(name, "192.0.2.1"), NOW)
    with database.connect() as conn:
        kept = str(conn.execute("SELECT * FROM api.sign_in_try").fetchall())
    assert "ann" not in kept
    assert "192.0.2" not in kept
    with database.connect("hearthwatch_scheduler") as conn:
        assert forget(conn, NOW + FORGOTTEN_AFTER) == 0
        assert forget(conn, NOW + FORGOTTEN_AFTER + timedelta(minutes=1)) == 4
