"""What each route requires of the person who asks: `needs(deed, record)`, as `delegation.rights` grants it, or
`public`.

Guards: every route declares one of these; a test walks them all. A route for people gets a visit: one transaction in
which the database shows what this person may see. Somebody with a step left before they are signed in may only visit
where that step is done. A session ends when its person's roles change.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
from fastapi import Depends, Request

from api import cookies
from api.database import Connection
from api.identity import sessions
from api.identity.sessions import Session
from api.identity.steps import PAGES, Step
from api.parts import parts_of
from api.problems import NotSignedInError, RefusedError, not_found
from delegation.people import Actor, actor_of
from delegation.rights import CHANGE, READ, Deed, Record
from devices.reading import OperatorKnownBy


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by a signed-in person: who, when, and its transaction."""

    conn: Connection
    actor: Actor
    at: datetime
    request_id: str
    session: Session


class Needs:
    """A dependency that opens a visit for somebody who may do this."""

    def __init__(self, deed: Deed, record: Record, steps: Collection[Step], *, full: bool) -> None:
        self.deed = deed
        self.record = record
        self.steps = steps
        self.full = full

    def __call__(self, request: Request) -> Iterator[Visit]:
        with _opened(request) as visit:
            if visit.session.step not in self.steps:
                if visit.session.step is Step.DONE:
                    raise not_found("step of signing in that is left")
                raise NotSignedInError("Finish signing in first.", PAGES[visit.session.step])
            if self.full and visit.session.known_by is OperatorKnownBy.PIN:
                raise NotSignedInError("Sign in with your password for this.")
            if not visit.actor.may(self.deed, self.record):
                raise RefusedError(HTTPStatus.FORBIDDEN, "Your role does not include this.")
            yield visit


@contextmanager
def _opened(request: Request) -> Iterator[Visit]:
    """Open a visit for the person who asks, whatever they may do."""
    parts = parts_of(request)
    token = request.cookies.get(cookies.session_name(https=parts.uses_https))
    if not token:
        raise NotSignedInError
    with parts.pool.connection() as conn:
        yield visit_of(conn, sessions.digest(token), parts.clock(), request.state.request_id)


def name_of(request: Request) -> str | None:
    """Return the name of the person who asks, if they are fully signed in and the database can say so."""
    with suppress(NotSignedInError, psycopg.Error), _opened(request) as visit:
        return visit.actor.name if visit.session.step is Step.DONE else None
    return None


def visit_of(conn: Connection, session: bytes, at: datetime, request_id: str) -> Visit:
    """Find the person of this session and continue as them. Raises NotSignedInError if it has ended."""
    found = sessions.use(conn, session, at)
    if found is None:
        raise NotSignedInError("You have been signed out. Sign in again.")
    actor = actor_of(conn, found.person_id, request_id)
    if found.roles_hash != sessions.roles_digest(actor):
        sessions.end(conn, session)
        # The refusal rolls back whatever is not committed.
        conn.commit()
        raise NotSignedInError("What you may see and do has changed. Sign in again.")
    return Visit(conn, actor, at, request_id, found)


def needs(deed: Deed, record: Record, *, steps: Collection[Step] = (Step.DONE,), full: bool = False) -> Any:
    """Return a dependency for `Annotated[Visit, needs(...)]`.

    The transaction commits before the answer is sent. `full` refuses somebody who signed in by PIN.
    """
    return Depends(Needs(deed, record, steps, full=full), scope="function")


SignedIn = Annotated[Visit, needs(READ, Record.ONESELF)]
FullySignedIn = Annotated[Visit, needs(CHANGE, Record.ONESELF, full=True)]
SigningIn = Annotated[Visit, needs(CHANGE, Record.ONESELF, steps=frozenset(Step))]


def nobody_in_particular() -> None:
    """Declare that a route shows nothing about anybody."""


public = Depends(nobody_in_particular)
