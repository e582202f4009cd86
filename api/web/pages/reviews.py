"""The hub's list of reviews that are due, apart from the queue, because it is a task for the week.

Guards: it shows only residents of the hub's homes, and ends no decision.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.looking import looked_at_place
from api.queries import reviews
from api.reach import hub_of
from api.routes.queue import QueueVisit
from api.web.presenters import reviews as words
from api.web.presenters.moments import full_clock
from api.web.rendering import page

router = APIRouter()


@router.get("/hubs/{hub_id}/reviews")
def show(request: Request, hub_id: UUID, visit: QueueVisit) -> HTMLResponse:
    """Show the list."""
    hub = hub_of(visit, hub_id)
    looked_at_place(visit, f"hub:{hub_id}", "hub.reviews_seen")
    view = {
        "hub": hub,
        "rows": words.rows(reviews.due(visit.conn, hub_id, visit.at), visit.at),
        "clock": full_clock(visit.at),
    }
    return page(request, "reviews.jinja", view, who=visit.actor.name)
