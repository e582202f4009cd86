"""Sessions: who is signed in, where, and for how long.

Guards: a token is 256 random bits that only the browser has; the database keeps its SHA-256. A session ends when its
time is over, when it was not used for long, when it is ended, and when its owner's roles change. The owner's roles set
the times. Each step of signing in begins a new session.
"""

import hashlib
import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import class_row

from api.database import Connection
from api.identity.steps import Step
from delegation.people import Actor
from devices.reading import OperatorKnownBy

# The browser keeps the cookie for longer than any session lasts.
LONGEST = timedelta(days=1)
# The time somebody has to finish signing in.
UNFINISHED = timedelta(minutes=15)
# Use is recorded at most this often, so that reading a page rarely writes.
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lasts unused and in all, whether it needs a second step, and the same for a PIN.

    Without `pin_for` somebody with these roles never signs in by PIN.
    """

    idle: timedelta
    longest: timedelta
    second_step: bool
    pin_for: timedelta | None
    pin_idle: timedelta | None


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one browser."""

    token_hash: bytes
    session_id: UUID
    person_id: UUID
    step: Step
    roles_hash: bytes
    browser: str
    started_at: datetime
    last_used_at: datetime
    known_by: OperatorKnownBy
    tablet_id: UUID | None

    @property
    def is_full(self) -> bool:
        """Return whether the session has a password behind it and every step is done."""
        return self.step is Step.DONE and self.known_by is OperatorKnownBy.SESSION


_KNOWN = tuple(field.name for field in fields(Session))
_LIMITS: LiteralString = """
SELECT min(idle) AS idle, min(longest) AS longest, bool_or(second_step) AS second_step,
    CASE WHEN bool_and(pin_for IS NOT NULL) THEN min(pin_for) END AS pin_for,
    CASE WHEN bool_and(pin_for IS NOT NULL) THEN min(pin_idle) END AS pin_idle
FROM api.sign_in_rule WHERE role = ANY (%s)
"""
_BEGIN: LiteralString = """
INSERT INTO api.session (token_hash, person_id, started_at, last_used_at, ends_at, idle, step, roles_hash, browser,
    known_by, tablet_id)
VALUES (%(token)s, %(person)s, %(at)s, %(at)s, %(ends)s, %(idle)s, %(step)s, %(roles)s, %(browser)s,
    %(known_by)s, %(tablet)s)
"""
_FIND: LiteralString = """
SELECT token_hash, session_id, person_id, step, roles_hash, browser, started_at, last_used_at, known_by, tablet_id
FROM api.session
WHERE token_hash = %(token)s AND ends_at > %(at)s AND last_used_at + idle > %(at)s
"""
_OF_PERSON: LiteralString = """
SELECT token_hash, session_id, person_id, step, roles_hash, browser, started_at, last_used_at, known_by, tablet_id
FROM api.session
WHERE person_id = %(person)s AND ends_at > %(at)s AND last_used_at + idle > %(at)s
ORDER BY last_used_at DESC, session_id
"""
_USED: LiteralString = "UPDATE api.session SET last_used_at = %s WHERE token_hash = %s AND last_used_at < %s"
_END: LiteralString = "DELETE FROM api.session WHERE token_hash = %s"
_END_ONE: LiteralString = (
    "DELETE FROM api.session WHERE session_id = %s AND person_id = %s RETURNING token_hash"
)
_END_ALL: LiteralString = """
DELETE FROM api.session WHERE person_id = %(person)s AND token_hash IS DISTINCT FROM %(but)s RETURNING token_hash
"""


def new_token() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """Return the SHA-256 of a token, which is all the database keeps."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def roles_digest(actor: Actor) -> bytes:
    """Return a digest of the actor's roles, to notice a change later."""
    return hashlib.sha256("\n".join(sorted(str(held) for held in actor.roles)).encode()).digest()


def limits(conn: Connection, actor: Actor) -> Limits:
    """Return the strictest limits of the roles in force."""
    roles = [str(held.role) for held in actor.roles] or ["none"]
    with conn.cursor(row_factory=class_row(Limits)) as cursor:
        return cursor.execute(_LIMITS, (roles,)).fetchall()[0]


def begin(
    conn: Connection,
    actor: Actor,
    step: Step,
    browser: str,
    at: datetime,
    tablet_id: UUID | None = None,
    pin_until: datetime | None = None,
) -> str:
    """Start a session and return its token, which is not stored.

    `pin_until`: signed in by PIN, until then.
    """
    token, limit = new_token(), limits(conn, actor)
    ends_at = at + (limit.longest if step is Step.DONE else UNFINISHED)
    given = {
        "token": digest(token),
        "person": actor.person_id,
        "at": at,
        "ends": ends_at if pin_until is None else min(pin_until, ends_at),
        "idle": limit.idle if pin_until is None else limit.pin_idle,
        "step": step,
        "roles": roles_digest(actor),
        "browser": browser,
        "known_by": OperatorKnownBy.SESSION if pin_until is None else OperatorKnownBy.PIN,
        "tablet": tablet_id,
    }
    conn.execute(_BEGIN, given)
    return token


def find(conn: Connection, token_hash: bytes, at: datetime) -> Session | None:
    """Return the session; None if it has ended or never was."""
    row = conn.execute(_FIND, {"token": token_hash, "at": at}).fetchone()
    return None if row is None else _session(row)


def use(conn: Connection, token_hash: bytes, at: datetime) -> Session | None:
    """Return the session and record its use; None if it has ended or never was."""
    found = find(conn, token_hash, at)
    if found is not None and at - found.last_used_at >= _NOTED_EVERY:
        conn.execute(_USED, (at, token_hash, at))
    return found


def of_person(conn: Connection, person_id: UUID, at: datetime) -> list[Session]:
    """Return where somebody is signed in, last used first."""
    return [_session(row) for row in conn.execute(_OF_PERSON, {"person": person_id, "at": at}).fetchall()]


def end(conn: Connection, token_hash: bytes) -> None:
    """End a session."""
    conn.execute(_END, (token_hash,))


def end_one(conn: Connection, person_id: UUID, session_id: UUID) -> bytes | None:
    """End one of this person's own sessions; return its token's hash, by which its streams are known."""
    found = conn.execute(_END_ONE, (session_id, person_id)).fetchone()
    return bytes(found[0]) if found else None


def end_all(conn: Connection, person_id: UUID, but: bytes | None = None) -> list[bytes]:
    """End all of somebody's sessions except `but`; return their tokens' hashes, by which their streams are known."""
    return [bytes(row[0]) for row in conn.execute(_END_ALL, {"person": person_id, "but": but}).fetchall()]


def _session(row: tuple[Any, ...]) -> Session:
    known: dict[str, Any] = dict(zip(_KNOWN, row, strict=True))
    known |= {"step": Step(known["step"]), "known_by": OperatorKnownBy(known["known_by"])}
    return Session(**known)
