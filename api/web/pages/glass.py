"""Breaking the glass: the page on which a clinician opens a resident's record from outside their hub.

Guards: what was typed is not shown again after a try. Each try counts whatever its outcome, so no error may be raised
after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit
from api.queries import glass
from api.routes.glass import AnsweringVisit, BreakingVisit, break_open
from api.web.fields import Fields, day_of
from api.web.presenters.glass import PLACES, REASONS
from api.web.presenters.moments import clock
from api.web.rendering import page
from delegation.break_glass import (
    LONGEST_WORDS,
    Desk,
    Outcome,
    Reason,
    Tried,
    Try,
    acknowledge,
)

router = APIRouter()

NOBODY = "Nobody has this NHS number and this date of birth. Check both; no part of one is enough."


@dataclass(frozen=True, slots=True)
class _Read:
    """What was filled in, and what has to be mended."""

    tried: Try | None
    faults: Mapping[str, str]


@router.get("/break-glass")
def form(request: Request, visit: BreakingVisit) -> HTMLResponse:
    """Show the empty form."""
    return _form(request, visit, {}, {})


@router.post("/break-glass")
def break_glass(request: Request, fields: Fields, visit: BreakingVisit) -> Response:
    """Open the record, if both facts match a resident."""
    read = _read(fields)
    if read.tried is None:
        return _form(request, visit, fields, read.faults)
    done = break_open(request, visit, read.tried)
    if done.resident_id is not None:
        return RedirectResponse(f"/residents/{done.resident_id}", HTTPStatus.SEE_OTHER)
    kept = {name: fields.get(name, "") for name in ("reason", "words")}
    return _form(request, visit, kept, {"nhs_number": _why_not(done, visit)})


@router.post("/break-glass/{glass_id}/seen")
def seen(
    glass_id: UUID, visit: AnsweringVisit, desk: Annotated[Desk, Form()], back: Annotated[UUID, Form()]
) -> Response:
    """Acknowledge for the home or its hub, and return to that desk."""
    acknowledge(visit.conn, visit.actor, glass_id, desk, visit.at)
    return RedirectResponse(f"/{PLACES[desk]}/{back}?said=glass", HTTPStatus.SEE_OTHER)


def _why_not(done: Tried, visit: Visit) -> str:
    if done.outcome is Outcome.WAIT and done.until is not None:
        return (
            f"You have tried too often. Try again {clock(done.until, visit.at)}, or phone the resident's hub."
        )
    return NOBODY


def _read(fields: Mapping[str, str]) -> _Read:
    faults: dict[str, str] = {}
    number = "".join(fields.get("nhs_number", "").split())
    if not (number.isascii() and number.isdigit() and len(number) == 10):
        faults["nhs_number"] = "Give the NHS number: 10 digits"
    born_on = day_of(fields.get("born_on", ""))
    if born_on is None:
        faults["born_on"] = "Give the date of birth"
    reason = fields.get("reason", "")
    if reason not in set(Reason):
        faults["reason"] = "Choose why it cannot wait"
    said = fields.get("words", "").strip()
    if not said or len(said) > LONGEST_WORDS:
        faults["words"] = f"Say in your own words what has happened, in at most {LONGEST_WORDS} characters"
    if faults or born_on is None:
        return _Read(None, faults)
    return _Read(Try(number, born_on, Reason(reason), said), {})


def _form(
    request: Request, visit: Visit, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    view = {
        "minutes": glass.lasts(visit.conn, visit.at),
        "reasons": REASONS,
        "most": LONGEST_WORDS,
        "fields": fields,
        "faults": faults,
    }
    return page(request, "break_glass.jinja", view, who=visit.actor.name)
