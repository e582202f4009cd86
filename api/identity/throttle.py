"""Slow down guessing without locking an account's owner out.

Guards: guessing gets slower with every try, across all processes and simultaneous requests. Strangers share the tries
at an account, and so do those from one address. A browser that signed in before has its own tries, so nobody else can
use them up. A try is counted before the password is checked, and one that comes too early changes nothing. What was
typed is kept only as SHA-256.
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
    """A number of free tries in a row, then a wait of one second that doubles up to the longest.

    Tries are forgotten after an hour without any. Where many honest people share a limit somebody is always trying, so
    one try fades each time `fades` passes, and a success takes back the wait it caused.
    """

    free: int
    longest: timedelta
    fades: timedelta | None = None


ACCOUNT = Limit(5, timedelta(minutes=5))
ADDRESS = Limit(30, timedelta(minutes=1), fades=timedelta(minutes=2))
# The resulting limits for strangers together and for each known browser; a test tries to guess more often.
MOST_GUESSES_AN_HOUR = 30


class Guessed(StrEnum):
    """What is guessed; each kind is counted separately."""

    PASSWORD = "password"
    CODE = "code"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Try:
    """One try at an account. `browser` is the token digest of a browser that signed in to it before."""

    username: str
    address: str
    browser: bytes | None = None
    guessed: Guessed = Guessed.PASSWORD

    def counted(self) -> Iterator[tuple[bytes, Limit]]:
        """Yield what the try counts against: a known browser alone, or else the address and then the account."""
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
    """The recent tries, in the database. Each call is a transaction."""

    pool: Pool

    def begin(self, tried: Try, at: datetime) -> timedelta:
        """Count a try and return zero, or return how long to wait until one is accepted."""
        wait = timedelta()
        with self.pool.connection() as conn, conn.transaction():
            for what, limit in tried.counted():
                wait = _count(conn, what, limit, at)
                if wait:
                    # A try that is not accepted is counted nowhere.
                    raise psycopg.Rollback
        return wait

    def succeeded(self, tried: Try, at: datetime) -> None:
        """Give back the try that began then, in a transaction of its own."""
        with self.pool.connection() as conn:
            give_back(conn, tried, at)


def give_back(conn: Connection, tried: Try, at: datetime) -> None:
    """Give back the try that began then, and no other.

    Knowing one password must give no extra guesses at another.
    """
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
    """Delete tries that no longer count; most are for names that nobody has."""
    return conn.execute(_FORGET, (at - FORGOTTEN_AFTER,)).rowcount


def _digest(guessed: Guessed, kind: str, what: bytes) -> bytes:
    return hashlib.sha256(f"{guessed}:{kind}:".encode() + what).digest()
