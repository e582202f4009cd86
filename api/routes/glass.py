"""Open a record from outside its hub, and acknowledge that somebody did.

Guards: a failed try is answered normally, because an error would roll back its count. An actor who is not told at a
place learns nothing of it, and leaves no look in its audit.
"""

from collections.abc import Iterable
from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.access import Visit, needs
from api.looking import looked_at_place
from api.parts import parts_of
from api.problems import not_found
from api.queries import desks, glass
from api.queries.desks import Place
from api.queries.glass import Broken
from delegation.break_glass import (
    LONGEST_WORDS,
    Desk,
    Outcome,
    Reason,
    Tried,
    Try,
    acknowledge,
    open_outside,
)
from delegation.rights import ADD, CHANGE, READ, Record

router = APIRouter(prefix="/api/v1", tags=["break-glass"])

BreakingVisit = Annotated[Visit, needs(ADD, Record.GLASS, full=True)]
AnsweringVisit = Annotated[Visit, needs(CHANGE, Record.GLASS)]
ToldVisit = Annotated[Visit, needs(READ, Record.GLASS)]


class Breaking(BaseModel):
    """NHS number and date of birth, exactly, and why it cannot wait."""

    nhs_number: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    born_on: date
    reason: Reason
    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS)]


class Seen(BaseModel):
    desk: Desk


def break_open(request: Request, visit: Visit, tried: Try) -> Tried:
    """Try to open a record, and count the try for operators."""
    done = open_outside(visit.conn, visit.actor, tried, visit.at)
    parts_of(request).counts.glass.labels(str(done.outcome)).inc()
    return done


@router.post("/break-glass", status_code=200, responses={201: {"model": Tried}})
def open_record(breaking: Breaking, request: Request, response: Response, visit: BreakingVisit) -> Tried:
    """Open a record until the time in the answer (201), or not (200).

    `yours` needs no glass, `nobody` has both facts, `wait` asks you to wait until then.
    """
    done = break_open(request, visit, Try(**breaking.model_dump()))
    if done.outcome is Outcome.OPENED:
        response.status_code = HTTPStatus.CREATED
    return done


@router.get("/homes/{home_id}/break-glass")
def unseen_at_home(home_id: UUID, visit: ToldVisit) -> list[Broken]:
    """The newest 50 openings of records of the home's residents that its manager has not acknowledged."""
    _told_at(desks.homes_managed(visit.conn), home_id, "home")
    looked_at_place(visit, f"home:{home_id}", "break_glass.seen")
    return glass.unseen_at_home(visit.conn, home_id)


@router.get("/hubs/{hub_id}/break-glass")
def unseen_at_hub(hub_id: UUID, visit: ToldVisit) -> list[Broken]:
    """The same for the hub's lead."""
    _told_at(desks.hubs_led(visit.conn), hub_id, "hub")
    looked_at_place(visit, f"hub:{hub_id}", "break_glass.seen")
    return glass.unseen_at_hub(visit.conn, hub_id)


@router.post("/break-glass/{break_glass_id}/seen", status_code=204)
def seen(break_glass_id: UUID, said: Seen, visit: AnsweringVisit) -> None:
    """Acknowledge an opening for the home or for its hub."""
    acknowledge(visit.conn, visit.actor, break_glass_id, said.desk, visit.at)


def _told_at(places: Iterable[Place], place_id: UUID, what: str) -> None:
    if place_id not in {one.place_id for one in places}:
        raise not_found(what)
