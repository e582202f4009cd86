"""The page on a pause of a resident's monitoring: recording, changing and ending it.

Guards: a fault is shown beside its field, and no input is lost. A colleague's newer record is not ended unseen. The
page says what a pause does and does not, and which days are allowed. Pressing twice, or after a colleague, shows what
is in force.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api.access import Visit
from api.looking import looked
from api.queries.resident import Pause, Resident, decisions
from api.reach import resident_of_home_or_hub
from api.routes.pauses import EndingVisit, PausingVisit
from api.web import decided as decided_form
from api.web.fields import Fields, day_of
from api.web.presenters.moments import LONDON, calendar_day, london_day
from api.web.presenters.resident import view as resident_view
from api.web.rendering import page
from delegation.decisions import monitoring_pause
from delegation.decisions.decision import DecidedMeanwhileError, NotInForceError, UnfitDecisionError
from delegation.decisions.monitoring_pause import ABOUT, LONGEST, LONGEST_BEFORE, LONGEST_REASON, Away

router = APIRouter()

_DAY, _LAST_MINUTE = timedelta(days=1), time(23, 59)
_NO_DAY = {"starts_at": "Give the day since when they are away", "ends_at": "Give the last day of the pause"}


class Days(NamedTuple):
    """The days a pause may have; being whole days, one fewer fits than between two moments."""

    earliest: date
    today: date
    latest: date

    @classmethod
    def at(cls, moment: datetime) -> "Days":
        return cls(
            london_day(moment - LONGEST_BEFORE + _DAY),
            london_day(moment),
            london_day(moment + LONGEST - _DAY),
        )

    def faults(self, days: Mapping[str, date | None]) -> dict[str, str]:
        """Return what is wrong with the days given, or that one is missing."""
        found = {name: _NO_DAY[name] for name, day in days.items() if day is None}
        if (starts := days["starts_at"]) and starts < self.earliest:
            found["starts_at"] = f"Choose {calendar_day(self.earliest)} or a later day"
        if (ends := days["ends_at"]) and ends > self.latest:
            found["ends_at"] = (
                f"Choose {calendar_day(self.latest)} or an earlier day: you can record it again then"
            )
        return found


@router.get("/residents/{resident_id}/pause")
def form(request: Request, resident_id: UUID, visit: PausingVisit) -> HTMLResponse:
    """Show the pause in force, if there is one, and the form for another."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    return _form(request, visit, found)


@router.post("/residents/{resident_id}/pause")
def begin(request: Request, resident_id: UUID, fields: Fields, visit: PausingVisit) -> Response:
    """Record a pause, the first or in place of another."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    away, unread = _read(fields, visit.at)
    if unread:
        return _form(request, visit, found, fields, away.faults(visit.at) | unread)
    try:
        monitoring_pause.begin(
            visit.conn, visit.actor, resident_id, away, visit.at, decided_form.shown_with(fields)
        )
    except UnfitDecisionError as refused:
        return _form(request, visit, found, fields, refused.faults)
    except DecidedMeanwhileError as meanwhile:
        anew = decided_form.shown_anew(fields)
        return _form(request, visit, found, anew, {"standing": str(meanwhile)})
    return decided_form.back(resident_id, "paused")


@router.post("/residents/{resident_id}/pause/{pause_id}/end")
def end(request: Request, resident_id: UUID, pause_id: UUID, visit: EndingVisit) -> Response:
    """End the pause."""
    found = resident_of_home_or_hub(visit, resident_id, ABOUT)
    try:
        monitoring_pause.end(visit.conn, visit.actor, resident_id, pause_id, visit.at)
    except (NotInForceError, DecidedMeanwhileError) as meanwhile:
        return _form(request, visit, found, meanwhile=str(meanwhile))
    return decided_form.back(resident_id, "back")


def _read(fields: Mapping[str, str], at: datetime) -> tuple[Away, dict[str, str]]:
    """Read the form; return the pause, with today in place of a day that is missing, and the faults of the days."""
    days = {name: day_of(fields.get(name, "")) for name in _NO_DAY}
    away = Away(
        reason=fields.get("reason", ""),
        starts_at=_london(days["starts_at"] or london_day(at), time()),
        ends_at=_london(days["ends_at"] or london_day(at), _LAST_MINUTE),
    )
    return away, Days.at(at).faults(days)


def _london(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def _form(
    request: Request,
    visit: Visit,
    found: Resident,
    fields: Mapping[str, str] = decided_form.NOTHING,
    faults: Mapping[str, str] = decided_form.NOTHING,
    meanwhile: str = "",
) -> HTMLResponse:
    looked(visit, found.resident_id, "resident.pause_seen")
    decided = decisions(visit.conn, found.resident_id, visit.at)
    days = Days.at(visit.at)
    view = {
        "resident": resident_view(found, decided, visit.at),
        "pause": decided.pause,
        "days": {name: day.isoformat() for name, day in days._asdict().items()},
        "said": {name: calendar_day(day) for name, day in days._asdict().items()},
        "longest_reason": LONGEST_REASON,
        "fields": {**_standing(decided.pause, visit.at), **fields},
        "faults": faults,
        "meanwhile": meanwhile,
    }
    return page(request, "pause.jinja", view, who=visit.actor.name)


def _standing(pause: Pause | None, at: datetime) -> dict[str, str]:
    """Return what the form is shown with."""
    today = london_day(at).isoformat()
    if pause is None:
        return {"seen": "", "starts_at": today}
    last = london_day(pause.ends_at).isoformat()
    return {"seen": str(pause.pause_id), "starts_at": today, "reason": pause.reason, "ends_at": last}
