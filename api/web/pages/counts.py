"""A hub's counts for its commissioner, month by month, naming nobody.

Guards: small numbers are hidden before anything is put into words. Real residents are shown only in past months,
because a number that grows between two looks reveals the person who was added. Looks are audited.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.problems import RefusedError, not_found
from api.queries import counts, desks
from api.web.presenters import counts as words
from api.web.rendering import page
from delegation import audit
from delegation.rights import READ, Record

router = APIRouter()

CountsVisit = Annotated[Visit, needs(READ, Record.COUNTS)]


@router.get("/hubs/{hub_id}/counts")
def show(
    request: Request, hub_id: UUID, visit: CountsVisit, month: str = "", synthetic: bool = False
) -> HTMLResponse:
    """Show one month of a hub, home by home."""
    hub = next((one for one in desks.hubs_counted(visit.conn) if one.place_id == hub_id), None)
    if hub is None:
        raise not_found("hub")
    this_month, *earlier = words.months(visit.at)
    so_far = _counts(visit, hub_id, this_month[0])
    months = earlier if any(one.residents for one in so_far) else [this_month, *earlier]
    chosen = month or months[0][0]
    if chosen not in dict(months):
        raise RefusedError(
            HTTPStatus.NOT_FOUND, "There are no counts of this month here. A month is shown once it is over."
        )
    found = so_far if chosen == this_month[0] else _counts(visit, hub_id, chosen)
    with_synthetic = synthetic and not any(one.residents for one in found)
    if with_synthetic:
        found = _counts(visit, hub_id, chosen, with_synthetic=True)
    table = words.table(found, chosen, visit.at)
    audit.record(
        visit.conn, visit.actor, "counts.seen", f"hub:{hub_id}", at=visit.at, request_id=visit.request_id
    )
    view = {
        "hub": hub,
        "months": months,
        "month": chosen,
        "month_words": dict(months)[chosen],
        "table": table,
        "columns": words.COLUMNS,
        "with_synthetic": with_synthetic,
    }
    return page(request, "counts.jinja", view, who=visit.actor.name)


def _counts(
    visit: Visit, hub_id: UUID, month: str, *, with_synthetic: bool = False
) -> Sequence[counts.HomeCounts]:
    return counts.of_hub(visit.conn, hub_id, *words.span(month), with_synthetic=with_synthetic)
