"""Signing in and out, and who one is.

Guards: a token is never in a body, only in the cookie.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.access import SignedIn, Visit, public
from api.sign_in import sign_in, sign_out
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
    """Begin a session; the cookie is its token."""
    sign_in(request, response, credentials.username, credentials.password)


@router.post("/sign-out", status_code=204)
def end(request: Request, response: Response, visit: SignedIn) -> None:
    """End this session at once."""
    sign_out(request, response, visit)


@router.get("/me")
def me(visit: SignedIn) -> Me:
    """Who is signed in, and as what."""
    return Me.of(visit)
