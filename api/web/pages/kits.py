"""Kits, their ledgers and the quarantine, for an operator.

Guards: ids, counts, reasons and the names of homes only.
"""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.parts import parts_of
from api.queries import kits as queries
from api.web.presenters import kits as words
from api.web.presenters.moments import full_clock
from api.web.rendering import page
from delegation.people import Role

router = APIRouter()


@router.get("/kits")
def show(request: Request, visit: Annotated[Visit, needs(Role.OPERATOR)]) -> HTMLResponse:
    """Every kit, those that need looking at first."""
    rows = words.by_need([words.kit_row(one, visit.at) for one in queries.kits(visit.conn)])
    view = {
        "quiet": parts_of(request).pulse.words_for(visit.actor, visit.at),
        "rows": rows,
        "summary": words.summary(rows),
        "quarantine": [words.quarantine_row(one, visit.at) for one in queries.quarantined(visit.conn)],
        "now_iso": visit.at.isoformat(),
        "clock": full_clock(visit.at),
    }
    return page(request, "kits.jinja", view, who=visit.actor.name)
