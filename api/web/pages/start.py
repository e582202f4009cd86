"""The start page: the desks that a person's roles open.

Guards: a desk is offered only for a role in force. Somebody who answers for residents learns here that a record was
opened from outside, without a name.
"""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.access import SignedIn, Visit
from api.queries import desks, glass, notices
from api.web.presenters import glass as glass_words
from api.web.rendering import page
from delegation.rights import READ, Record

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Desk:
    """A place to work."""

    href: str
    name: str
    about: str


@router.get("/")
def start(request: Request, visit: SignedIn) -> Response:
    """Redirect to the only desk, or list several."""
    offered = _desks(visit)
    if len(offered) == 1:
        return RedirectResponse(offered[0].href, HTTPStatus.SEE_OTHER)
    view = {"desks": offered, "unseen": glass_words.unseen(glass.unseen_by_desk(visit.conn))}
    return page(request, "start.jinja", view, who=visit.actor.name)


def _desks(visit: Visit) -> list[Desk]:
    conn, actor = visit.conn, visit.actor
    offered = [Desk(f"/hubs/{hub.place_id}", hub.name, "Queue of escalations") for hub in desks.hubs(conn)]
    offered += [
        Desk(f"/homes/{home.place_id}", home.name, "Today: observations and escalations")
        for home in desks.homes_managed(conn)
    ]
    if actor.may(READ, Record.ROUND):
        offered.append(Desk("/rounds", "Round of observations", "Residents whose observations are due"))
    offered += [
        Desk(f"/residents/{resident.place_id}", resident.name, "Somebody you care for")
        for resident in desks.residents_cared_for(conn)
    ]
    if actor.may(READ, Record.COMPETENCES):
        offered.append(Desk("/training", "Training", "Who is signed off for what"))
    offered += [
        Desk(f"/hubs/{hub.place_id}/counts", hub.name, "Counts: how much, and how timely")
        for hub in desks.hubs_counted(conn)
    ]
    if actor.may(READ, Record.LEDGERS):
        unseen = " There is an emergency that nobody else is told of." if notices.of_no_home(conn) else ""
        offered.append(Desk("/kits", "Kits", f"Kits, ledgers and quarantine.{unseen}"))
    return offered
