"""Kits, their ledgers and the quarantine, for an operator.

Guards: ids, counts, reasons and the names of homes and hubs only.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alerts.standing import faulty
from api.access import Visit, needs
from api.parts import parts_of
from api.queries import desks, glass, notices
from api.queries import kits as queries
from api.web.presenters import glass as glass_words
from api.web.presenters import kits as words
from api.web.presenters import notices as notice_words
from api.web.presenters import policies as policy_words
from api.web.presenters.moments import full_clock
from api.web.rendering import page
from delegation.rights import READ, Record
from ingest.worker import leases

router = APIRouter()


OperatorVisit = Annotated[Visit, needs(READ, Record.LEDGERS)]
SAID = {"acknowledged": "Put away: you have seen to it."}


@router.get("/kits")
def show(request: Request, visit: OperatorVisit, said: str = "") -> HTMLResponse:
    """Show every kit, those that need looking at first."""
    return kits_page(request, visit, said=SAID.get(said))


def kits_page(
    request: Request, visit: Visit, *, said: str | None = None, problem: str | None = None
) -> HTMLResponse:
    """Return the page, with what was just done or why it was not."""
    rows = words.by_need([words.kit_row(one, visit.at) for one in queries.kits(visit.conn)])
    view = {
        "quiet": parts_of(request).pulse.words_for(visit.actor, visit.at),
        "said": said,
        "problem": problem,
        "notices": notice_words.notices(notices.of_no_home(visit.conn), visit.at),
        "policies": policy_words.to_operator(faulty(visit.conn, visit.at), desks.hub_names(visit.conn)),
        "rows": rows,
        "summary": words.summary(rows),
        "quarantine": [words.quarantine_row(one, visit.at) for one in queries.quarantined(visit.conn)],
        "glass": glass_words.counted(glass.of_late(visit.conn, visit.at - timedelta(days=30))),
        "workers": words.workers(leases.roll(visit.conn)),
        "now_iso": visit.at.isoformat(),
        "clock": full_clock(visit.at),
    }
    status = HTTPStatus.CONFLICT if problem else HTTPStatus.OK
    return page(request, "kits.jinja", view, who=visit.actor.name, status=status)
