"""Slows down whoever guesses at one account's password.

Guards: guessing gets slower with every try, whichever process is asked and however many are asked at once; the longest
wait is a minute and success forgets it, so nobody is locked out for longer than somebody goes on guessing (SECURITY.md
says what that leaves open). A try counts before the password is looked at, and the name that was typed is kept only as
its SHA-256.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from api.database import Connection, Pool

FREE_TRIES = 5
LONGEST = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(minutes=15)

# The wait after the fifth try in a row is a second, and doubles. A try that comes too early changes nothing.
_TRY: LiteralString = """
INSERT INTO api.sign_in_try AS kept (name_hash, tries, last_at, again_at) VALUES (%(name)s, 1, %(at)s, %(at)s)
ON CONFLICT (name_hash) DO UPDATE SET
    tries = CASE WHEN kept.last_at < %(forgotten)s THEN 1 ELSE kept.tries + 1 END,
    last_at = EXCLUDED.last_at,
    again_at = EXCLUDED.last_at + CASE
        WHEN kept.last_at < %(forgotten)s OR kept.tries + 1 < %(free)s THEN interval '0'
        ELSE least(make_interval(secs => 2 ^ least(kept.tries + 1 - %(free)s, 10)), %(longest)s)
    END
WHERE kept.again_at <= EXCLUDED.last_at
RETURNING tries
"""
_AGAIN: LiteralString = "SELECT again_at FROM api.sign_in_try WHERE name_hash = %s"
_SUCCEEDED: LiteralString = "DELETE FROM api.sign_in_try WHERE name_hash = %s"
_FORGET: LiteralString = "DELETE FROM api.sign_in_try WHERE last_at < %s"


@dataclass(frozen=True, slots=True)
class Throttle:
    """The tries at each account name since its last success, in the database. Each call is a transaction."""

    pool: Pool

    def begin(self, username: str, at: datetime) -> timedelta:
        """Count a try and answer zero, or answer how long to wait before one is looked at."""
        name = _digest(username)
        rule = {"forgotten": at - FORGOTTEN_AFTER, "free": FREE_TRIES, "longest": LONGEST}
        with self.pool.connection() as conn:
            if conn.execute(_TRY, {"name": name, "at": at, **rule}).fetchone():
                return timedelta()
            row = conn.execute(_AGAIN, (name,)).fetchone()
        return row[0] - at if row is not None else timedelta()

    def succeeded(self, username: str) -> None:
        """Forget this name's tries."""
        with self.pool.connection() as conn:
            conn.execute(_SUCCEEDED, (_digest(username),))


def forget(conn: Connection, at: datetime) -> int:
    """Delete what no longer counts: most of it is names that nobody has."""
    return conn.execute(_FORGET, (at - FORGOTTEN_AFTER,)).rowcount


def _digest(username: str) -> bytes:
    return hashlib.sha256(username.encode("utf-8", "surrogatepass")).digest()
