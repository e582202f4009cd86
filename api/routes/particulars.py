"""Who a resident is: adding them to a home, correcting their facts, and moving them within a provider.

Guards: only somebody who answers for the home may. What is known elsewhere is answered without a name, and not as an
error, which would roll back the count of attempts. A correction names the facts it was based on.
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
from delegation.audit import Purpose
from delegation.residents import admission, moving, particulars
from delegation.residents.admission import Done, Outcome, UnfitParticularsError
from delegation.residents.particulars import LONGEST, NoScore, Particulars, stand_as
from delegation.rights import ADD, CHANGE, Record

router = APIRouter(prefix="/api/v1", tags=["residents"])

AddingVisit = Annotated[Visit, needs(ADD, Record.RESIDENTS, full=True)]
CorrectingVisit = Annotated[Visit, needs(CHANGE, Record.RESIDENTS, full=True)]
NOT_YOURS = "Only the home's manager or the hub's lead says who a resident is."
MOST_OTHERS = 20
"""How many of the same name and date of birth are told apart at one home."""


class Given(BaseModel):
    """All facts; one that is left out is not known.

    `allergies` left out: nobody has asked; otherwise the text, or `none known`. Whether they are under 16 is computed
    from `born_on`, whatever `no_score_reason` says.
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
        """Return the facts as if typed on a page. Raises UnfitParticularsError."""
        found, faults = particulars.typed(self.model_dump(mode="json", exclude_none=True))
        if found is None:
            raise UnfitParticularsError(faults)
        return found


class ToldApart(Given):
    """Facts of a resident who may be like others at the home.

    `other_than`: those named as `alike` who are other people.
    """

    other_than: Annotated[list[UUID], Field(max_length=MOST_OTHERS)] = []


class Adding(ToldApart):
    """The facts of a new resident."""


class Correcting(ToldApart):
    """The facts as they are to be. `seen`: as it was read."""

    seen: Annotated[str, Field(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDown(Particulars):
    """The stored facts. `seen` is to be sent back unchanged: it shows whether the facts changed meanwhile."""

    seen: str


class Moving(BaseModel):
    """Where they moved to, and on which day.

    `seen`: the `home_id` at which they lived as it was read. `other_than`: as in adding a resident.
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
    """Add a resident (201), or not (200).

    Where not: `yours` has this NHS number, somebody `elsewhere` has it, or `wait` until then. 409: somebody `alike`, by
    name and date of birth, is at the home. If this is another person, send it again with their id among `other_than`.
    Any other 409 is a problem, as everywhere.
    """
    home_answered_for(visit, home_id, NOT_YOURS)
    done = admission.add(
        visit.conn, visit.actor, home_id, adding.as_typed(), visit.at, other_than=adding.other_than
    )
    response.status_code = HTTPStatus.CREATED if done.outcome is Outcome.DONE else _status(visit, done)
    return done


@router.get("/residents/{resident_id}/details")
def details(resident_id: UUID, visit: CorrectingVisit) -> WrittenDown:
    """The stored facts, in the form in which a correction is sent back."""
    found = asdict(resident_answered_for(visit, resident_id, NOT_YOURS))
    looked(visit, resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    return WrittenDown(**{name: found[name] for name in Given.model_fields}, seen=stand_as(found))


@router.put("/residents/{resident_id}/details", responses={409: {"model": Done}})
def correct(resident_id: UUID, given: Correcting, response: Response, visit: CorrectingVisit) -> Done:
    """Correct the facts (`done`), or not: answers as in adding a resident. 409 also if they were changed meanwhile."""
    resident_answered_for(visit, resident_id, NOT_YOURS)
    done = admission.correct(
        visit.conn, visit.actor, resident_id, given.as_typed(), visit.at, given.seen, given.other_than
    )
    response.status_code = _status(visit, done)
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
    """Record that they live there since that day (`done`); open cases follow them.

    409: somebody `alike` lives there, as in adding a resident; or, as a problem, they have moved since it was read.
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
    response.status_code = _status(visit, done)
    return done


def _status(visit: Visit, done: Done) -> HTTPStatus:
    """Return the answer's status; whoever is told of another resident has looked at them."""
    if done.outcome is not Outcome.DONE and done.resident_id is not None:
        looked(visit, done.resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    return HTTPStatus.CONFLICT if done.outcome is Outcome.ALIKE else HTTPStatus.OK
