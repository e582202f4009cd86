"""The hub's queue: the page, and the part of it that is fetched again when something changes.

Guards: page and part come from one template, so a live page and a reloaded one are the same.
"""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alerts.cases.desk import UNDO_WITHIN
from alerts.standing import faulty
from api.access import Visit
from api.looking import Shown, looked_at_each, looked_at_list, looked_at_place
from api.parts import parts_of
from api.queries import desks, glass, notices, quiet_kits, reviews
from api.queries import queue as queries
from api.queries.course import courses
from api.reach import hub_of
from api.routes.queue import QueueVisit, RaisingVisit
from api.web.presenters import glass as glass_words
from api.web.presenters import notices as notice_words
from api.web.presenters import policies as policy_words
from api.web.presenters import quiet_kits as quiet_words
from api.web.presenters import reviews as review_words
from api.web.presenters.moments import calendar_day
from api.web.presenters.queue import queue as present
from api.web.rendering import page
from delegation.rights import CHANGE, Record

router = APIRouter()

_TRIES_OF_DAYS = 7
SAID = {
    "claimed": "Claimed: it is yours to answer.",
    "released": "Released: it waits again for anybody at the hub.",
    "closed": "Closed. The home sees your answer. You can undo this for 10 minutes.",
    "undone": "Undone: it is open again, and the home reads that you took your answer back.",
    "raised": "The phone call is in the queue.",
    "scale-two": "Recorded: scale 2 from now on. What was scored before stays as it was.",
    "limit": "Recorded: this limit counts for readings from now on.",
    "no-limit": "Revoked: nothing is told because of this limit any more.",
    "ceiling": "Recorded: this ceiling of treatment stands at the top of their page from now on.",
    "no-ceiling": "Revoked: no ceiling of treatment is in force any more.",
    "paused": "Recorded: they are due for no round while it lasts, and silence about them calls nobody.",
    "back": "The pause has ended. Measure them now: the hub is told if nothing has come of them for too long.",
    "air": "Recorded: a score without an oxygen entry assumes air from now on, and says so.",
    "no-air": "Ended: air is not assumed any more.",
    "scale-one": "Revoked: scale 1 from now on. Both results are shown for 30 days.",
    "added": "They live here now, and are due from the next round.",
    "details": "Recorded. What stood there before is kept with your name.",
    "moved": "Recorded: they have moved.",
    "acknowledged": "Put away: you have rung the home.",
    "glass": glass_words.NOTED,
}


@router.get("/hubs/{hub_id}")
def show(
    request: Request,
    hub_id: UUID,
    visit: QueueVisit,
    order: str = "",
    said: str = "",
    after: UUID | None = None,
) -> HTMLResponse:
    """Show the whole page; `after` shows the escalations that follow that one."""
    return queue_page(request, visit, hub_id, order=order, after=after, said=SAID.get(said))


@router.get("/hubs/{hub_id}/queue")
def fragment(
    request: Request, hub_id: UUID, visit: QueueVisit, order: str = "", after: UUID | None = None
) -> HTMLResponse:
    """Return the part that changes."""
    view, residents = _view(visit, hub_id, order, after)
    answer = page(request, "queue_fragment.jinja", view)
    answer.background = looked_at_list(
        request, visit, Shown(f"hub:{hub_id}", "queue", residents), opened=False
    )
    return answer


@router.get("/hubs/{hub_id}/raise")
def find(request: Request, hub_id: UUID, visit: RaisingVisit, name: str | None = None) -> HTMLResponse:
    """Find the resident somebody rang about."""
    hub = hub_of(visit, hub_id)
    asked = (name or "").strip()
    faults = {"name": "Give a name, or part of one"} if name is not None and not asked else {}
    found = queries.residents_named(visit.conn, hub_id, asked) if asked else []
    if asked:
        looked_at_place(visit, f"hub:{hub_id}", "hub.residents_named")
        looked_at_each(visit, [one.resident_id for one in found], "resident.found")
    view = {
        "hub": hub,
        "name": asked,
        "faults": faults,
        "found": [(one, calendar_day(one.born_on)) for one in found],
    }
    return page(request, "find.jinja", view, who=visit.actor.name)


def queue_page(
    request: Request,
    visit: Visit,
    hub_id: UUID,
    *,
    order: str = "",
    after: UUID | None = None,
    said: str | None = None,
    problem: str | None = None,
) -> HTMLResponse:
    """Return the queue, with what was just done or why it was not."""
    live, residents = _view(visit, hub_id, order, after)
    opened, mine = glass.unseen_at_hub(visit.conn, hub_id), glass.opened_by_me(visit.conn)
    parts = parts_of(request)
    view = {
        **live,
        "said": said,
        "problem": problem,
        "ping_seconds": parts.pace.ping_seconds,
        "reviews": review_words.summary(reviews.due(visit.conn, hub_id, visit.at), visit.at),
        "quiet": parts.pulse.words(visit.at),
        "glass": glass_words.views(opened, visit.at),
        "still_open": glass_words.still_open(mine, visit.at),
        "to_lead": _to_lead(visit, hub_id),
    }
    status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
    answer = page(request, "queue.jinja", view, who=visit.actor.name, status=status)
    residents |= {one.resident_id for one in opened}  # what they opened themselves is a name alone
    answer.background = looked_at_list(request, visit, Shown(f"hub:{hub_id}", "queue", residents))
    return answer


def _to_lead(visit: Visit, hub_id: UUID) -> list[str]:
    """Return the messages for the hub's lead alone."""
    if hub_id not in {one.place_id for one in desks.hubs_led(visit.conn)}:
        return []
    tries = glass.tried_in_vain(visit.conn, hub_id, visit.at - timedelta(days=_TRIES_OF_DAYS))
    return [
        *policy_words.to_lead(faulty(visit.conn, visit.at), hub_id),
        *glass_words.in_vain(tries, _TRIES_OF_DAYS),
    ]


def _view(visit: Visit, hub_id: UUID, order: str, after: UUID | None) -> tuple[Mapping[str, Any], set[UUID]]:
    """Return the part that changes, and whom it shows."""
    conn, at = visit.conn, visit.at
    hub = hub_of(visit, hub_id)
    # Read first: the stream has what happens afterwards, so nothing is lost in between.
    revision = queries.revision(conn, hub_id)
    by_deadline = order == "deadline"
    waiting = queries.waiting(conn, hub_id, high_first=not by_deadline, after=after)
    closed = queries.closed_since(conn, hub_id, at - UNDO_WITHIN - timedelta(seconds=1))
    shown = present(
        waiting,
        courses(conn, [one.escalation_id for one in waiting.rows], at),
        closed,
        queries.totals(conn, hub_id, at),
        revision,
        me=visit.actor.person_id,
        now=at,
        lead=visit.actor.may(CHANGE, Record.CLAIMS),
    )
    view = {
        "hub": hub,
        "queue": shown,
        "order": "deadline" if by_deadline else "",
        "after": after,
        "now_iso": shown.now_iso,
        "notices": notice_words.notices(notices.of_hub(conn, hub_id), at),
        "quiet_kits": quiet_words.lines(quiet_kits.of_hub(conn, hub_id, at), at),
    }
    return view, {one.resident_id for one in [*waiting.rows, *closed]}
