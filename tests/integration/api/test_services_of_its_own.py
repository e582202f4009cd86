"""A test that kills a service has one of its own, which comes back on the same port with what it was given."""

import errno
import socket
from collections.abc import Callable

import psycopg
import pytest

from tests.fixtures.brokers import Mosquitto
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import OwnTimescale

MakeTimescale = Callable[[], OwnTimescale]


def refuses(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_timescale_keeps_what_was_committed_through_a_kill(own_timescale: MakeTimescale) -> None:
    own = own_timescale()
    database = own.server.fresh_database()
    with database.connect() as conn:
        conn.execute("CREATE TABLE kept AS SELECT 'committed' AS word")
    own.container.kill()
    with pytest.raises(psycopg.OperationalError):
        database.connect()
    own.container.restart()
    with database.connect() as conn:
        assert conn.execute("SELECT word FROM kept").fetchall() == [("committed",)]


def test_a_paused_timescale_says_nothing_until_it_goes_on(own_timescale: MakeTimescale) -> None:
    own = own_timescale()
    own.container.pause()
    with pytest.raises(psycopg.OperationalError, match="timeout"):
        psycopg.connect(own.server.conninfo, connect_timeout=2)
    own.container.unpause()
    psycopg.connect(own.server.conninfo).close()


def test_mosquitto_knows_its_kits_after_a_kill(own_mosquitto: Callable[[], Mosquitto]) -> None:
    mosquitto = own_mosquitto()
    mosquitto.admit({"kit-a": "password-a"})
    mosquitto.own.kill()
    # The engine says that it has ended before it has taken its port away.
    wait_until(lambda: refuses(mosquitto.port), "nobody to listen")
    mosquitto.own.restart()
    assert "kit-a:" in mosquitto.own.run("cat", "/var/lib/mosquitto/access/passwords")
