"""What each route needs of whoever asks: `needs(roles)`, `signed_in` or `public`.

Guards: every route declares one of these (a test walks them all); a route for people gets a visit, which is
one transaction in which the database shows what this person may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request

from api import cookies, sessions
from api.database import Connection
from api.parts import parts_of
from api.problems import NotSignedInError, RefusedError
from delegation.people import Actor, Role, actor_of


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by somebody signed in: who, when, and the transaction it runs in."""

    conn: Connection
    actor: Actor
    at: datetime
    request_id: str
    session: bytes


class Needs:
    """A dependency that opens a visit for somebody who holds one of these roles; without roles, anybody's."""

    def __init__(self, *roles: Role) -> None:
        self.roles = roles

    def __call__(self, request: Request) -> Iterator[Visit]:
        parts = parts_of(request)
        token = request.cookies.get(cookies.session_name(https=parts.uses_https))
        if not token:
            raise NotSignedInError
        with parts.pool.connection() as conn:
            visit = visit_of(conn, sessions.digest(token), parts.clock(), request.state.request_id)
            if self.roles and not visit.actor.holds(*self.roles):
                raise RefusedError(HTTPStatus.FORBIDDEN, "Your role does not include this.")
            yield visit


def visit_of(conn: Connection, session: bytes, at: datetime, request_id: str) -> Visit:
    """Find whose session it is and go on as them. Raises NotSignedInError if it has ended."""
    person_id = sessions.use(conn, session, at)
    if person_id is None:
        raise NotSignedInError("You have been signed out. Sign in again.")
    return Visit(conn, actor_of(conn, person_id), at, request_id, session)


def needs(*roles: Role) -> Any:
    """For `Annotated[Visit, needs(...)]`. The transaction commits before the answer is sent."""
    return Depends(Needs(*roles), scope="function")


SignedIn = Annotated[Visit, needs()]


def nobody_in_particular() -> None:
    """Declares that a route shows nothing about anybody."""


public = Depends(nobody_in_particular)
