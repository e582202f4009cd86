"""The hub's list of reviews that are due, apart from the queue, because it is a task for the week.

Guards: it shows only residents of the hub's homes, and ends no decision.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.looking import Shown, looked_at_list
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
    due = reviews.due(visit.conn, hub_id, visit.at)
    view = {
        "hub": hub,
        "rows": words.rows(due, visit.at),
        "clock": full_clock(visit.at),
    }
    answer = page(request, "reviews.jinja", view, who=visit.actor.name)
    shown = Shown(f"hub:{hub_id}", "reviews", {one.resident_id for one in due})
    answer.background = looked_at_list(request, visit, shown)
    return answer
