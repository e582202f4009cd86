"""Sessions: who is signed in, for how long.

Guards: a token is 256 random bits that only the browser has (the database keeps its SHA-256), and it stops
working 12 hours after it began, 30 minutes after it was last used, and at once when signed out.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from api.database import Connection

LONGEST = timedelta(hours=12)
IDLE = timedelta(minutes=30)
# Use is written down at most this often, so that reading a page is rarely a write.
_NOTED_EVERY = timedelta(minutes=1)

_BEGIN: LiteralString = """
INSERT INTO api.session (token_hash, person_id, started_at, last_used_at, ends_at) VALUES (%s, %s, %s, %s, %s)
"""
_FIND: LiteralString = """
SELECT person_id, last_used_at FROM api.session
WHERE token_hash = %(token)s AND ends_at > %(at)s AND last_used_at > %(idle_since)s
"""
_USED: LiteralString = "UPDATE api.session SET last_used_at = %s WHERE token_hash = %s AND last_used_at < %s"
_END: LiteralString = "DELETE FROM api.session WHERE token_hash = %s RETURNING person_id"


def digest(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def begin(conn: Connection, person_id: UUID, at: datetime) -> str:
    """Start a session and return its token, the only time it is known here."""
    token = new_token()
    conn.execute(_BEGIN, (digest(token), person_id, at, at, at + LONGEST))
    return token


def use(conn: Connection, token_hash: bytes, at: datetime) -> UUID | None:
    """Whose session this is, noting its use; None if it has ended or never was."""
    found = conn.execute(_FIND, {"token": token_hash, "at": at, "idle_since": at - IDLE}).fetchone()
    if found is None:
        return None
    person_id, last_used_at = found
    if at - last_used_at >= _NOTED_EVERY:
        conn.execute(_USED, (at, token_hash, at))
    return person_id


def end(conn: Connection, token_hash: bytes) -> UUID | None:
    """End a session; returns whose it was."""
    found = conn.execute(_END, (token_hash,)).fetchone()
    return found[0] if found else None
