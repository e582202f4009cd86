"""Browsers that somebody signed in with before, which have their own tries.

Guards: only a correct password makes a browser known, and for that account alone. Its token is 256 random bits, changed
at each sign-in and stored as SHA-256. A new password forgets all of them.
"""

from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from api.database import Connection
from api.identity.sessions import digest, new_token

KNOWN_FOR = timedelta(days=180)
# More than anybody uses, and so few that they add little to what strangers may try.
_MOST = 10

_RECOGNISE: LiteralString = """
SELECT token_hash FROM api.known_browser JOIN api.account USING (person_id)
WHERE token_hash = %s AND username = %s AND last_used_at > %s
"""
_FORGET_ONE: LiteralString = "DELETE FROM api.known_browser WHERE token_hash = %s"
_REMEMBER: LiteralString = (
    "INSERT INTO api.known_browser (token_hash, person_id, last_used_at) VALUES (%s, %s, %s)"
)
_ONLY_THE_NEWEST: LiteralString = """
DELETE FROM api.known_browser WHERE token_hash IN (
    SELECT token_hash FROM api.known_browser WHERE person_id = %s ORDER BY last_used_at DESC OFFSET %s)
"""
_FORGET_ALL: LiteralString = "DELETE FROM api.known_browser WHERE person_id = %s"
_FORGET: LiteralString = "DELETE FROM api.known_browser WHERE last_used_at < %s"


def recognise(conn: Connection, username: str, token: str | None, at: datetime) -> bytes | None:
    """Return the token's digest, if this browser signed in to this account before."""
    if token is None:
        return None
    found = conn.execute(_RECOGNISE, (digest(token), username, at - KNOWN_FOR)).fetchone()
    return bytes(found[0]) if found else None


def remember(conn: Connection, person_id: UUID, before: bytes | None, at: datetime) -> str:
    """Remember the browser; return its new token, which replaces the one before."""
    token = new_token()
    if before is not None:
        conn.execute(_FORGET_ONE, (before,))
    conn.execute(_REMEMBER, (digest(token), person_id, at))
    conn.execute(_ONLY_THE_NEWEST, (person_id, _MOST))
    return token


def forget_all(conn: Connection, person_id: UUID) -> None:
    """Forget all browsers of this person."""
    conn.execute(_FORGET_ALL, (person_id,))


def forget(conn: Connection, at: datetime) -> int:
    """Delete browsers that have not been used for long; return how many."""
    return conn.execute(_FORGET, (at - KNOWN_FOR,)).rowcount
