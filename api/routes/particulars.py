"""Who a resident is: added to a home, put right later, and moved to another home of the same provider.

Guards: only whoever answers for the home; what is known of somebody elsewhere is said in the answer, by no name and not
by an error, which would take back that it was asked; who puts something right names what they have seen there.
"""

from dataclasses import asdict, dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.access import Visit, needs
from api.looking import looked
from api.reach import home_answered_for, resident_answered_for
from delegation import admission, moving, particulars
from delegation.admission import Done, Outcome, UnfitParticularsError
from delegation.audit import Purpose
from delegation.particulars import LONGEST, NoScore, Particulars, stand_as
from delegation.rights import ADD, CHANGE, Record

router = APIRouter(prefix="/api/v1", tags=["residents"])

AddingVisit = Annotated[Visit, needs(ADD, Record.RESIDENTS, full=True)]
CorrectingVisit = Annotated[Visit, needs(CHANGE, Record.RESIDENTS, full=True)]
NOT_YOURS = "Only the home's manager or the hub's lead says who a resident is."
MOST_OTHERS = 20
"""How many of the same name and date of birth are told apart at one home."""


class Given(BaseModel):
    """All of it: what is left out is not known. `allergies` left out: nobody has asked; or `none known`.

    Whether they are under 16 is worked out from `born_on`, whatever `no_score_reason` says.
    """

    name: Annotated[str, Field(min_length=1, max_length=LONGEST["name"])]
    nhs_number: Annotated[str, Field(pattern=r"^[0-9]{10}$")] | None = None
    born_on: date
    allergies: Annotated[str, Field(max_length=LONGEST["allergies"])] | None = None
    background: Annotated[str, Field(max_length=LONGEST["background"])] | None = None
    call_back_phone: Annotated[str, Field(max_length=LONGEST["call_back_phone"])] | None = None
    usual_company: Annotated[str, Field(max_length=LONGEST["usual_company"])] | None = None
    no_score_reason: NoScore | None = None

    def as_typed(self) -> Particulars:
        """As if it had been typed on a page. Raises UnfitParticularsError."""
        found, faults = particulars.typed(self.model_dump(mode="json", exclude_none=True))
        if found is None:
            raise UnfitParticularsError(faults)
        return found


class ToldApart(Given):
    """Of one who may be like others at the home. `other_than`: who is named as `alike` and is another person."""

    other_than: Annotated[list[UUID], Field(max_length=MOST_OTHERS)] = []


class Adding(ToldApart):
    """Somebody new."""


class Correcting(ToldApart):
    """As it is to stand. `seen`: as it was read."""

    seen: Annotated[str, Field(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDown(Particulars):
    """What is written down, in whatever way it came there.

    `seen` goes back as it was read: it tells what stood there from what stands there later.
    """

    seen: str


class Moving(BaseModel):
    """Where to, and since which day. `seen`: the `home_id` at which they lived as it was read.

    `other_than`: as where somebody is added.
    """

    home_id: UUID
    moved_on: date
    seen: UUID
    other_than: Annotated[list[UUID], Field(max_length=MOST_OTHERS)] = []


class Home(BaseModel):
    home_id: UUID
    name: str


@router.post(
    "/homes/{home_id}/residents", status_code=200, responses={201: {"model": Done}, 409: {"model": Done}}
)
def add(home_id: UUID, adding: Adding, response: Response, visit: AddingVisit) -> Done:
    """Added (201); or not (200): `yours` has this NHS number, somebody `elsewhere` has it, or `wait` until then.

    409: somebody `alike`, by name and date of birth, is at the home. If this is another person, send it again with
    their id among `other_than`. Any other 409 is a problem, as everywhere.
    """
    home_answered_for(visit, home_id, NOT_YOURS)
    done = admission.add(
        visit.conn, visit.actor, home_id, adding.as_typed(), visit.at, other_than=adding.other_than
    )
    response.status_code = HTTPStatus.CREATED if done.outcome is Outcome.DONE else _status(done)
    return done


@router.get("/residents/{resident_id}/details")
def details(resident_id: UUID, visit: CorrectingVisit) -> WrittenDown:
    """What is written down of them, as it is sent back where it is put right."""
    found = asdict(resident_answered_for(visit, resident_id, NOT_YOURS))
    looked(visit, resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    return WrittenDown(**{name: found[name] for name in Given.model_fields}, seen=stand_as(found))


@router.put("/residents/{resident_id}/details", responses={409: {"model": Done}})
def correct(resident_id: UUID, given: Correcting, response: Response, visit: CorrectingVisit) -> Done:
    """Put right (`done`), or not: as where somebody is added. 409 as well if somebody else changed it since."""
    resident_answered_for(visit, resident_id, NOT_YOURS)
    done = admission.correct(
        visit.conn, visit.actor, resident_id, given.as_typed(), visit.at, given.seen, given.other_than
    )
    response.status_code = _status(done)
    return done


@router.get("/residents/{resident_id}/homes-to-move-to")
def homes_to_move_to(resident_id: UUID, visit: CorrectingVisit) -> list[Home]:
    """The other homes of their provider."""
    resident_answered_for(visit, resident_id, NOT_YOURS)
    looked(visit, resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    places = moving.homes_to_move_to(visit.conn, resident_id)
    return [Home(home_id=home_id, name=name) for home_id, name in places.items()]


@router.post("/residents/{resident_id}/move", responses={409: {"model": Done}})
def move(resident_id: UUID, moved: Moving, response: Response, visit: CorrectingVisit) -> Done:
    """They live there since that day (`done`); what is open follows them.

    409: somebody `alike` lives there, as where somebody is added; or, as a problem, they have moved since it was read.
    """
    resident_answered_for(visit, resident_id, NOT_YOURS)
    done = moving.move(
        visit.conn,
        visit.actor,
        resident_id,
        moved.home_id,
        moved_on=moved.moved_on,
        at=visit.at,
        seen=moved.seen,
        other_than=moved.other_than,
    )
    response.status_code = _status(done)
    return done


def _status(done: Done) -> HTTPStatus:
    return HTTPStatus.CONFLICT if done.outcome is Outcome.ALIKE else HTTPStatus.OK
