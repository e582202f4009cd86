"""The people of a home or a hub: who has a role there, who is invited, and until when.

Guards: only for those who answer for the place. A code is shown once, in answer to the form. Ending a role ends its
holder's sessions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit, needs
from api.looking import looked_at_place
from api.problems import RefusedError, not_found
from api.queries import desks, home
from api.queries.desks import Place
from api.web.fields import Fields
from api.web.presenters import people as words
from api.web.presenters.moments import LONDON, clock, london_day
from api.web.rendering import page
from delegation import gift, invitation
from delegation.audit import Purpose
from delegation.gift import NotInGiftError, Term
from delegation.invitation import InvitationRefusedError
from delegation.people import RoleHeld
from delegation.rights import ADD, CHANGE, READ, Record, Role

router = APIRouter()

ReadVisit = Annotated[Visit, needs(READ, Record.ROLES, full=True)]
GiverVisit = Annotated[Visit, needs(ADD, Record.ROLES, full=True)]
EnderVisit = Annotated[Visit, needs(CHANGE, Record.ROLES, full=True)]
LONGEST_NAME = 100
SAID = {
    "ended": "The role has ended: they are signed out, and sign in again for whatever else they do.",
    "extended": "The role goes on.",
    "withdrawn": "The invitation is withdrawn: its code is worth nothing.",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A place whose people the visitor answers for, and the roles they may give there."""

    place: Place
    address: str
    roles: tuple[Role, ...]
    residents: Mapping[str, str] = field(default_factory=dict)


@router.get("/homes/{home_id}/people")
def of_home(request: Request, home_id: UUID, visit: ReadVisit, said: str = "") -> HTMLResponse:
    """Show who works at a home, and who cares for a resident there."""
    return _page(request, visit, _home(visit, home_id), said=SAID.get(said))


@router.get("/hubs/{hub_id}/people")
def of_hub(request: Request, hub_id: UUID, visit: ReadVisit, said: str = "") -> HTMLResponse:
    """Show who works at a hub's desk."""
    return _page(request, visit, _hub(visit, hub_id), said=SAID.get(said))


@router.post("/homes/{home_id}/people/invitations")
def invite_home(request: Request, home_id: UUID, fields: Fields, visit: GiverVisit) -> HTMLResponse:
    """Invite a care worker of a home, or a family carer of somebody there."""
    return _invite(request, visit, _home(visit, home_id), fields)


@router.post("/hubs/{hub_id}/people/invitations")
def invite_hub(request: Request, hub_id: UUID, fields: Fields, visit: GiverVisit) -> HTMLResponse:
    """Invite a clinician of a hub."""
    return _invite(request, visit, _hub(visit, hub_id), fields)


@router.post("/people/invitations/{invitation_id}/withdraw")
def withdraw(invitation_id: UUID, visit: EnderVisit) -> Response:
    """Make a code worthless."""
    try:
        held = invitation.withdraw(visit.conn, visit.actor, invitation_id, visit.at)
    except InvitationRefusedError as refused:
        raise RefusedError(HTTPStatus.CONFLICT, str(refused)) from None
    return _back(visit, held, "withdrawn")


@router.post("/people/roles/{assignment_id}/end")
def end(assignment_id: UUID, visit: EnderVisit) -> Response:
    """End a role at once."""
    try:
        held = gift.end(visit.conn, visit.actor, assignment_id, visit.at)
    except NotInGiftError:
        raise not_found("role") from None
    return _back(visit, held, "ended")


@router.post("/people/roles/{assignment_id}/extend")
def extend(assignment_id: UUID, visit: EnderVisit) -> Response:
    """Extend a role for its usual time, from now."""
    terms = gift.terms(visit.conn)
    try:
        role, ends_at = gift.ends(visit.conn, assignment_id, visit.at)
        until = max(ends_at, _usual_end(terms[role], visit.at))
        held = gift.extend(visit.conn, visit.actor, assignment_id, until=until, at=visit.at)
    except NotInGiftError:
        raise not_found("role") from None
    return _back(visit, held, "extended")


def _invite(request: Request, visit: Visit, desk: Desk, fields: Mapping[str, str]) -> HTMLResponse:
    role = next((one for one in desk.roles if one == fields.get("role")), None)
    if role is None:
        raise not_found("role to give there")
    name = fields.get(f"{role}_name", "").strip()
    resident = fields.get(f"{role}_resident", "")
    faults = {}
    if not name:
        faults[f"{role}_name"] = "Give their name"
    elif len(name) > LONGEST_NAME:
        faults[f"{role}_name"] = f"There is room for {LONGEST_NAME} characters"
    if role is Role.CARER and resident not in desk.residents:
        faults[f"{role}_resident"] = "Choose whom they care for"
    ends_at = _chosen_end(fields.get(f"{role}_until", ""), gift.terms(visit.conn)[role], visit.at)
    if isinstance(ends_at, str):
        faults[f"{role}_until"] = ends_at
    if faults or isinstance(ends_at, str):
        return _page(request, visit, desk, fields, faults)
    held = _held_there(role, desk.place.place_id, resident)
    code = invitation.offer(visit.conn, visit.actor, held, name, ends_at=ends_at, at=visit.at)
    good_until = min(ends_at, visit.at + timedelta(days=7))
    view = {"name": name, "code": code, "until": clock(good_until, visit.at), "desk": desk}
    return page(request, "invited.jinja", view, who=visit.actor.name)


def _held_there(role: Role, place_id: UUID, resident: str) -> RoleHeld:
    match role:
        case Role.CARER:
            return RoleHeld(role, resident_id=UUID(resident))
        case Role.HUB_CLINICIAN:
            return RoleHeld(role, hub_id=place_id)
        case _:
            return RoleHeld(role, home_id=place_id)


def _chosen_end(day: str, term: Term, at: datetime) -> datetime | str:
    """Return the end of the chosen day, or what is wrong with it."""
    latest = london_day(at) + term.longest
    try:
        chosen = date.fromisoformat(day.strip())
    except ValueError:
        return "Give the last day"
    if chosen < london_day(at):
        return "Give today or a day to come"
    if chosen > latest:
        return f"At most {term.longest.days} days: until {latest.day} {latest:%B %Y}"
    return _end_of(chosen)


def _usual_end(term: Term, at: datetime) -> datetime:
    return _end_of(london_day(at) + term.usual)


def _end_of(day: date) -> datetime:
    """Return the end of that day in London."""
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC)


def _home(visit: Visit, home_id: UUID) -> Desk:
    for one in desks.homes_managed(visit.conn):
        if one.place_id == home_id:
            looked_at_place(visit, f"home:{home_id}", "home.people_seen", Purpose.RECORD_KEEPING)
            lives = home.living_there(visit.conn, home_id, visit.at)
            residents = {str(resident.resident_id): resident.name for resident in lives}
            return Desk(one, f"/homes/{home_id}", (Role.CARE_WORKER, Role.CARER), residents)
    raise not_found("home")


def _hub(visit: Visit, hub_id: UUID) -> Desk:
    for one in desks.hubs_led(visit.conn):
        if one.place_id == hub_id:
            return Desk(one, f"/hubs/{hub_id}", (Role.HUB_CLINICIAN,))
    raise not_found("hub")


def _back(visit: Visit, held: RoleHeld, said: str) -> RedirectResponse:
    address = f"/hubs/{held.hub_id}" if held.hub_id else f"/homes/{held.home_id}"
    if held.resident_id:
        address = f"/homes/{desks.home_of(visit.conn, held.resident_id)}"
    return RedirectResponse(f"{address}/people?said={said}", HTTPStatus.SEE_OTHER)


def _page(
    request: Request,
    visit: Visit,
    desk: Desk,
    fields: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
    *,
    said: str | None = None,
) -> HTMLResponse:
    today, terms = london_day(visit.at), gift.terms(visit.conn)
    usual = {f"{role}_until": (today + terms[role].usual).isoformat() for role in desk.roles}
    place_id = desk.place.place_id
    view: dict[str, Any] = {
        "desk": desk,
        "rows": [
            words.held_row(one, _usual_end(terms[Role(one.role)], visit.at))
            for one in gift.held_at(visit.conn, place_id, visit.at)
        ],
        "waiting": [
            words.waiting_row(one, visit.at) for one in gift.waiting_at(visit.conn, place_id, visit.at)
        ],
        "usual_days": {str(role): terms[role].usual.days for role in desk.roles},
        "latest": {str(role): (today + terms[role].longest).isoformat() for role in desk.roles},
        "today": today.isoformat(),
        "fields": usual | dict(fields or {}),
        "faults": faults or {},
        "said": said,
    }
    return page(request, "people.jinja", view, who=visit.actor.name)
