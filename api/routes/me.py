"""Signing in and out, the signed-in person, and their sessions.

Guards: a token is never in a body, only in the cookie.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.access import FullySignedIn, SignedIn, SigningIn, Visit, public
from api.identity import sessions
from api.identity.steps import Step
from api.problems import NotSignedInError
from api.signing_in.own_account import end_session
from api.signing_in.sign_in import sign_in, sign_out
from delegation.people import Role

router = APIRouter(prefix="/api/v1", tags=["me"])


class Credentials(BaseModel):
    username: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class Held(BaseModel):
    role: Role
    organisation_id: UUID | None
    home_id: UUID | None
    hub_id: UUID | None
    resident_id: UUID | None


class SessionOfMine(BaseModel):
    session_id: UUID
    browser: str
    started_at: datetime
    last_used_at: datetime
    here: bool


class Me(BaseModel):
    person_id: UUID
    name: str
    roles: list[Held]

    @classmethod
    def of(cls, visit: Visit) -> "Me":
        held = [
            Held(
                role=one.role,
                organisation_id=one.organisation_id,
                home_id=one.home_id,
                hub_id=one.hub_id,
                resident_id=one.resident_id,
            )
            for one in visit.actor.roles
        ]
        return cls(person_id=visit.actor.person_id, name=visit.actor.name, roles=held)


@router.post("/sign-in", status_code=204, dependencies=[public])
def begin(request: Request, response: Response, credentials: Credentials) -> None:
    """Begin a session; the cookie is its token. Steps beyond the password are done on the pages."""
    step = sign_in(request, response, credentials.username, credentials.password)
    if step is not Step.DONE:
        raise NotSignedInError("Sign in on the pages first: there is something left to do there.")


@router.post("/sign-out", status_code=204)
def end(request: Request, response: Response, visit: SigningIn) -> None:
    """End this session at once."""
    sign_out(request, response, visit)


@router.get("/me/sessions")
def sessions_of_mine(visit: FullySignedIn) -> list[SessionOfMine]:
    """Where you are signed in, last used first."""
    return [
        SessionOfMine(
            session_id=one.session_id,
            browser=one.browser,
            started_at=one.started_at,
            last_used_at=one.last_used_at,
            here=one.session_id == visit.session.session_id,
        )
        for one in sessions.of_person(visit.conn, visit.actor.person_id, visit.at)
    ]


@router.delete("/me/sessions/{session_id}", status_code=204)
def end_session_of_mine(session_id: UUID, request: Request, visit: FullySignedIn) -> None:
    """End one of your own sessions."""
    end_session(request, visit, session_id)


@router.get("/me")
def me(visit: SignedIn) -> Me:
    """Who is signed in, and in which roles."""
    return Me.of(visit)
