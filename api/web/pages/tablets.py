"""Shared tablets: a manager enrols the browser they use, and workers set a PIN on it and sign in by it.

Guards: enrolling and setting a PIN need a full sign-in. The browser's own cookie says which tablet it is.
"""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api import cookies
from api.access import FullySignedIn, Visit, needs, public
from api.parts import parts_of
from api.problems import RefusedError, not_found
from api.queries import desks
from api.signing_in import tablets
from api.signing_in.own_account import write_down
from api.signing_in.pins import good_until, set_pin, sign_in_by_pin
from api.signing_in.proofs import OwnPassword
from api.signing_in.tablets import Tablet
from api.web.onward import inside
from api.web.pages.session import sign_in_form
from api.web.presenters.moments import clock, moment
from api.web.rendering import page
from delegation.rights import CHANGE, Record
from devices.identifiers import UnreadableIdError, parse_id

router = APIRouter()

ManagerVisit = Annotated[Visit, needs(CHANGE, Record.TABLETS, full=True)]
LONGEST_NAME = 60


@router.get("/tablets")
def show(request: Request, visit: ManagerVisit) -> HTMLResponse:
    """Show the shared tablets of the visitor's homes, and whether this browser is one."""
    return _page(request, visit, {"home": "", "name": ""}, {})


@router.post("/tablets")
def enrol(
    request: Request,
    visit: ManagerVisit,
    home: Annotated[str, Form()] = "",
    name: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Make this browser a shared tablet of a home."""
    fields = {"home": home, "name": name.strip()}
    faults = _faults(visit, fields)
    if faults:
        return _page(request, visit, fields, faults)
    token = tablets.enrol(visit.conn, UUID(home), fields["name"], visit.actor.person_id, visit.at)
    write_down(visit, "tablet.enrolled")
    done = RedirectResponse("/tablets", HTTPStatus.SEE_OTHER)
    cookies.give(request, done, _cookie(request), token, tablets.KEPT_FOR)
    return done


@router.post("/tablets/{tablet_id}/remove")
def remove(tablet_id: UUID, visit: ManagerVisit) -> Response:
    """Remove a tablet, with its PINs and every session on it."""
    if not tablets.remove(visit.conn, tablet_id):
        raise not_found("tablet")
    write_down(visit, "tablet.removed")
    return RedirectResponse("/tablets", HTTPStatus.SEE_OTHER)


@router.get("/account/pin")
def ask_pin(request: Request, visit: FullySignedIn) -> HTMLResponse:
    """Show the form for the visitor's PIN on this tablet."""
    return _pin_form(request, visit, _tablet(request, visit), {})


@router.post("/account/pin")
def keep_pin(
    request: Request,
    wrong: OwnPassword,
    visit: FullySignedIn,
    pin: Annotated[str, Form(max_length=100)] = "",
    again: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Set the visitor's PIN on this tablet."""
    tablet = _tablet(request, visit)
    faults = set_pin(visit, tablet, wrong, pin, again)
    if faults:
        return _pin_form(request, visit, tablet, dict(faults))
    return RedirectResponse("/account?said=pin", HTTPStatus.SEE_OTHER)


@router.post("/sign-in/pin", dependencies=[public])
def quick(
    request: Request,
    person: Annotated[str, Form(max_length=100)] = "",
    pin: Annotated[str, Form(max_length=100)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in by PIN."""
    onward = RedirectResponse(inside(next), HTTPStatus.SEE_OTHER)
    try:
        sign_in_by_pin(request, onward, _person(person), pin)
    except RefusedError as refused:
        return sign_in_form(
            request, next, person=person, problem=str(refused), at_field="pin", status=refused.status
        )
    return onward


def _person(text: str) -> UUID:
    try:
        return parse_id(text, "person")
    except UnreadableIdError:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Choose your name.") from None


def _tablet(request: Request, visit: Visit) -> Tablet:
    found = tablets.tablet_of(request, visit.conn)
    if found is None:
        raise not_found("shared tablet in this browser")
    return found


def _faults(visit: Visit, fields: dict[str, str]) -> dict[str, str]:
    faults = {}
    if fields["home"] not in {str(home.place_id) for home in desks.homes_managed(visit.conn)}:
        faults["home"] = "Choose the home it stays in"
    if not fields["name"]:
        faults["name"] = "Say which tablet it is"
    elif len(fields["name"]) > LONGEST_NAME:
        faults["name"] = f"There is room for {LONGEST_NAME} characters"
    return faults


def _page(request: Request, visit: Visit, fields: dict[str, str], faults: dict[str, str]) -> HTMLResponse:
    homes = {home.place_id: home.name for home in desks.homes_managed(visit.conn)}
    here = tablets.tablet_of(request, visit.conn)
    view: dict[str, Any] = {
        "homes": [(str(home_id), name) for home_id, name in homes.items()],
        "tablets": [
            {
                "tablet_id": one.tablet_id,
                "name": one.name,
                "home": homes[one.home_id],
                "since": moment(one.enrolled_at, visit.at),
                "here": here is not None and one.tablet_id == here.tablet_id,
            }
            for one in tablets.of_homes_managed(visit.conn)
        ],
        "here": here,
        "fields": fields,
        "faults": faults,
        "now_iso": visit.at.isoformat(),
    }
    return page(request, "tablets.jinja", view, who=visit.actor.name)


def _pin_form(request: Request, visit: Visit, tablet: Tablet, faults: dict[str, str]) -> HTMLResponse:
    until = clock(good_until(visit, tablet), visit.at)
    view = {"tablet": tablet, "until": until, "faults": faults}
    return page(request, "pin.jinja", view, who=visit.actor.name)


def _cookie(request: Request) -> str:
    return cookies.tablet_name(https=parts_of(request).uses_https)
