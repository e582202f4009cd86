"""Slows down whoever guesses, without keeping out whose account it is.

Guards: guessing gets slower with every try, whichever process is asked and however many are asked at once. Strangers
share the tries at an account, and those from one address share them too; a browser that signed in to the account
before has tries of its own, so nobody else can use them up. A try counts before anything is looked at, one that comes
too early changes nothing, and what was typed is kept only as its SHA-256.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import LiteralString

import psycopg

from api.database import Connection, Pool

FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a row cost nothing; then the wait is a second, and doubles up to the longest.

    Tries are forgotten after an hour without any. Where many honest people share them there is always one, so one more
    fades each time `fades` passes, and a success takes back the wait that it brought.
    """

    free: int
    longest: timedelta
    fades: timedelta | None = None


ACCOUNT = Limit(5, timedelta(minutes=5))
ADDRESS = Limit(30, timedelta(minutes=1), fades=timedelta(minutes=2))
# What follows from the above for strangers together, and for each known browser: a test tries to guess more often.
MOST_GUESSES_AN_HOUR = 30


class Guessed(StrEnum):
    """What is tried: each is counted by itself."""

    PASSWORD = "password"
    CODE = "code"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Try:
    """One try at an account. `browser` is the digest of the token of one that signed in to it before."""

    username: str
    address: str
    browser: bytes | None = None
    guessed: Guessed = Guessed.PASSWORD

    def counted(self) -> Iterator[tuple[bytes, Limit]]:
        """What it is counted against: a known browser alone, else the address and then the account."""
        if self.browser is not None:
            yield _digest(self.guessed, "browser", self.browser), ACCOUNT
            return
        yield _digest(self.guessed, "address", self.address.encode()), ADDRESS
        yield _digest(self.guessed, "account", self.username.encode("utf-8", "surrogatepass")), ACCOUNT


_TRY: LiteralString = """
INSERT INTO api.sign_in_try AS kept (counted_hash, tries, last_at, again_at) VALUES (%(what)s, 1, %(at)s, %(at)s)
ON CONFLICT (counted_hash) DO UPDATE SET (tries, last_at, again_at) = (
    SELECT counted, %(at)s, %(at)s + CASE
        WHEN counted < %(free)s THEN interval '0'
        ELSE least(make_interval(secs => 2 ^ least(counted - %(free)s, 10)), %(longest)s)
    END
    FROM (SELECT 1 + CASE WHEN kept.last_at < %(forgotten)s THEN 0
        ELSE greatest(kept.tries - coalesce(extract(epoch FROM %(at)s - kept.last_at)
            / extract(epoch FROM %(fades)s::interval), 0), 0) END AS counted) faded)
WHERE kept.again_at <= %(at)s
RETURNING tries
"""
_AGAIN: LiteralString = "SELECT again_at FROM api.sign_in_try WHERE counted_hash = %s"
_GIVE_BACK: LiteralString = """
UPDATE api.sign_in_try SET tries = greatest(tries - 1, 0),
    again_at = CASE WHEN %(shared)s AND last_at = %(at)s THEN last_at ELSE again_at END
WHERE counted_hash = %(what)s
"""
_FORGET: LiteralString = "DELETE FROM api.sign_in_try WHERE last_at < %s"


@dataclass(frozen=True, slots=True)
class Throttle:
    """The tries that were let through of late, in the database. Each call is a transaction."""

    pool: Pool

    def begin(self, tried: Try, at: datetime) -> timedelta:
        """Count a try and answer zero, or answer how long to wait before one is looked at."""
        wait = timedelta()
        with self.pool.connection() as conn, conn.transaction():
            for what, limit in tried.counted():
                wait = _count(conn, what, limit, at)
                if wait:
                    # What is not looked at is not counted anywhere.
                    raise psycopg.Rollback
        return wait

    def succeeded(self, tried: Try, at: datetime) -> None:
        """Give back the try that began then, in a transaction of its own."""
        with self.pool.connection() as conn:
            give_back(conn, tried, at)


def give_back(conn: Connection, tried: Try, at: datetime) -> None:
    """Give back the try that began then, and no other: whoever knows one password has no more guesses at the next."""
    for what, limit in tried.counted():
        conn.execute(_GIVE_BACK, {"what": what, "at": at, "shared": limit.fades is not None})


def _count(conn: Connection, what: bytes, limit: Limit, at: datetime) -> timedelta:
    rule = {"forgotten": at - FORGOTTEN_AFTER, "free": limit.free, "longest": limit.longest}
    rule |= {"fades": limit.fades}
    if conn.execute(_TRY, {"what": what, "at": at, **rule}).fetchone():
        return timedelta()
    row = conn.execute(_AGAIN, (what,)).fetchone()
    return row[0] - at if row is not None else timedelta()


def forget(conn: Connection, at: datetime) -> int:
    """Delete what no longer counts: most of it is names that nobody has."""
    return conn.execute(_FORGET, (at - FORGOTTEN_AFTER,)).rowcount


def _digest(guessed: Guessed, kind: str, what: bytes) -> bytes:
    return hashlib.sha256(f"{guessed}:{kind}:".encode() + what).digest()
