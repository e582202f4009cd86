"""A lease is one worker's, until it is released or has run out, by the database's clock."""

from datetime import timedelta

import psycopg
import pytest

from devices.topics import PARTITIONS
from ingest.worker import leases
from ingest.worker.sharing import Roll
from tests.fixtures.databases import Database

RUN_OUT = "UPDATE ingest.worker SET works_until = now() WHERE worker = %s"


@pytest.fixture(autouse=True)
def none_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is."""
    monkeypatch.setattr(leases, "EXPIRES_AFTER", timedelta(hours=1))


@pytest.fixture
def conn(database: Database):
    with database.connect("hearthwatch_ingest", autocommit=True) as conn:
        yield conn


def test_what_nobody_holds_is_taken_and_what_somebody_holds_is_not(conn: psycopg.Connection) -> None:
    leases.renew(conn, "1")
    leases.renew(conn, "2")
    assert leases.take(conn, "1", range(10)) == frozenset(range(10))
    assert leases.take(conn, "2", range(8, PARTITIONS)) == frozenset(range(10, PARTITIONS))
    held = dict.fromkeys(range(10), "1") | dict.fromkeys(range(10, PARTITIONS), "2")
    assert leases.roll(conn) == Roll(frozenset(("1", "2")), held)
    leases.release(conn, "2", range(PARTITIONS))
    assert leases.roll(conn).of("1") == frozenset(range(10)), "nobody releases what is another's"


def test_what_has_run_out_may_be_taken_and_what_is_renewed_may_not(conn: psycopg.Connection) -> None:
    for worker in ("1", "2"):
        leases.renew(conn, worker)
    leases.take(conn, "1", [3, 4])
    conn.execute(RUN_OUT, ("1",))
    assert leases.roll(conn) == Roll(frozenset("2"), {})
    assert leases.take(conn, "2", [3]) == frozenset([3])
    leases.renew(conn, "1")
    assert leases.roll(conn).holders == {3: "2", 4: "1"}, "it goes on with what nobody took"
    assert leases.take(conn, "2", [4]) == frozenset()


def test_one_that_stops_leaves_nothing_behind(conn: psycopg.Connection) -> None:
    leases.renew(conn, "1")
    leases.take(conn, "1", range(PARTITIONS))
    leases.leave(conn, "1")
    assert leases.roll(conn) == Roll(frozenset(), {})
    assert conn.execute("SELECT count(*) FROM ingest.partition_lease").fetchone() == (0,)


def test_one_that_is_silent_for_a_day_is_forgotten_with_what_it_held(conn: psycopg.Connection) -> None:
    for worker in ("1", "2"):
        leases.renew(conn, worker)
        leases.take(conn, worker, [int(worker)])
    for silent, forgotten in (("23 hours", 0), ("25 hours", 1)):
        conn.execute(
            "UPDATE ingest.worker SET works_until = now() - %s::interval WHERE worker = '1'", (silent,)
        )
        assert leases.forget(conn) == forgotten
    assert conn.execute("SELECT worker FROM ingest.worker").fetchall() == [("2",)]
    assert conn.execute("SELECT partition FROM ingest.partition_lease").fetchall() == [(2,)]


def test_the_api_may_look_and_nothing_else(database: Database, conn: psycopg.Connection) -> None:
    leases.renew(conn, "1")
    with database.connect("hearthwatch_api", autocommit=True) as api:
        assert leases.roll(api).workers == {"1"}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            leases.renew(api, "2")
