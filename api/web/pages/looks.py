"""Who looked at a resident's record, or at those of a home, on one day.

Guards: only for those who answer for the home or lead its hub. Looking here is audited like any look.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.looking import looked, looked_at_place
from api.queries import looks
from api.queries.looks import Asked, Looks
from api.reach import home_answered_for, resident_answered_for
from api.web.presenters import looks as words
from api.web.presenters.moments import LONDON, calendar_day, london_day
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.rights import READ, Record

router = APIRouter()

LookingVisit = Annotated[Visit, needs(READ, Record.LOOKING)]
PageOf = Annotated[int, Query(alias="page", ge=1, le=1000)]
_NOT_YOURS = "Only the home's manager or the hub's lead sees who looked."
_A_DAY = timedelta(days=1)


@router.get("/residents/{resident_id}/looks")
def of_resident(
    request: Request, resident_id: UUID, visit: LookingVisit, day: date | None = None, number: PageOf = 1
) -> HTMLResponse:
    """Show the looks at one resident's record."""
    found = resident_answered_for(visit, resident_id, _NOT_YOURS)
    looked(visit, resident_id, "audit.seen", Purpose.AUDIT)
    shown, span = _span(visit, day)
    asked = Asked(*span, number)
    seen = looks.of_resident(visit.conn, resident_id, asked)
    place = _Place(f"/residents/{resident_id}", found.name, of_home=False)
    return _page(request, visit, place, seen, shown, number)


@router.get("/homes/{home_id}/looks")
def of_home(
    request: Request, home_id: UUID, visit: LookingVisit, day: date | None = None, number: PageOf = 1
) -> HTMLResponse:
    """Show the looks at the records of everybody who lives there."""
    found = home_answered_for(visit, home_id, _NOT_YOURS)
    looked_at_place(visit, f"home:{home_id}", "audit.seen", Purpose.AUDIT)
    shown, span = _span(visit, day)
    asked = Asked(*span, number)
    seen = looks.of_home(visit.conn, home_id, asked)
    place = _Place(f"/homes/{home_id}", found.name, of_home=True)
    return _page(request, visit, place, seen, shown, number)


def _span(visit: Visit, day: date | None) -> tuple[date, tuple[datetime, datetime]]:
    """Return the day to show (today for none or a future one), and when it begins and ends."""
    today = london_day(visit.at)
    shown = min(day, today) if day is not None and day > date.min + _A_DAY else today
    begins, ends = (
        datetime.combine(one, time.min, LONDON).astimezone(UTC) for one in (shown, shown + _A_DAY)
    )
    return shown, (begins, ends)


class _Place(NamedTuple):
    """Whose looks they are: a resident's, or a home's."""

    back: str
    name: str
    of_home: bool


def _page(request: Request, visit: Visit, place: _Place, seen: Looks, day: date, number: int) -> HTMLResponse:
    view: dict[str, Any] = {
        **place._asdict(),
        "day": calendar_day(day),
        "before": (day - _A_DAY).isoformat(),
        "after": (day + _A_DAY).isoformat() if day < london_day(visit.at) else None,
        "rows": words.rows(seen.rows, visit.actor.person_id, visit.at),
        "this": day.isoformat(),
        "later": number - 1 if number > 1 else None,
        "earlier": number + 1 if seen.more else None,
    }
    return page(request, "looks.jinja", view, who=visit.actor.name)
