"""A set of observations by hand: the form on a phone, and its answer.

Guards: the reading id is made with the form, so a form sent twice is one reading. A form keeps its age, however often
it is shown again. The answer says stored only of what is committed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.capture import capture
from api.looking import looked
from api.parts import parts_of
from api.problems import RefusedError
from api.queries import forms, scores
from api.queries.escalation import open_case
from api.queries.resident import decisions
from api.reach import resident_seen
from api.web.capture_form import WHOLE_FORM, read
from api.web.fields import Fields
from api.web.presenters import capture as words
from api.web.presenters import resident as resident_words
from api.web.presenters.resident import ResidentView
from api.web.presenters.soft_signs import SOFT_SIGNS, WORRIED
from api.web.rendering import page
from delegation.rights import ADD, READ, Record
from devices.identifiers import UnreadableIdError, new_reading_id, parse_id
from ingest.quality import AHEAD

router = APIRouter()

# Far from the ends of the calendar, so that sums with it cannot overflow.
_YEARS = range(2000, 9000)
# A form that was sent before says that its readings are of today or the day before.
_SENT_WITHIN = timedelta(days=3)

CarerVisit = Annotated[Visit, needs(ADD, Record.READINGS)]


@dataclass(frozen=True, slots=True)
class _Opened:
    """One form: the id of its reading, and when it was opened."""

    reading_id: UUID
    at: datetime


@router.get("/residents/{resident_id}/capture")
def blank(request: Request, resident_id: UUID, visit: CarerVisit, round: str = "") -> HTMLResponse:
    """Show an empty form with a reading id of its own."""
    fields = {"round": "yes"} if round == "yes" else {}
    lives = _lives(visit, resident_id)
    return _form(request, visit, lives, _Opened(new_reading_id(), visit.at), fields, {})


@router.post("/residents/{resident_id}/capture")
def send(request: Request, resident_id: UUID, fields: Fields, visit: CarerVisit) -> HTMLResponse:
    """Store what was filled in and answer at once, or ask about what cannot be right."""
    lives = _lives(visit, resident_id)
    opened = _made_with(fields)
    filled = read(fields, opened.reading_id, opened.at, visit.at)
    faults = dict(filled.faults)
    if fields.get("opened_by") != str(visit.actor.person_id):
        faults |= {
            WHOLE_FORM: _by_another(visit, resident_id, opened.reading_id, fields.get("opened_by", ""))
        }
        # A reading sent before under the form's id stays its sender's.
        opened = replace(opened, reading_id=new_reading_id())
    if faults:
        return _form(request, visit, lives, opened, fields, faults)
    parts = parts_of(request)
    captured = capture(visit, parts.door, parts.evaluator, resident_id, filled.observations)
    sent = words.Sent(
        filled.observations,
        captured,
        open_case(visit.conn, resident_id),
        visit.at,
        scores.of_reading(visit.conn, resident_id, visit.at - _SENT_WITHIN, opened.reading_id),
    )
    view = {
        "resident": lives,
        "answer": words.answer(sent, lives),
        "goes_round": visit.actor.may(READ, Record.ROUND),
    }
    return page(request, "captured.jinja", view, who=visit.actor.name)


def _by_another(visit: Visit, resident_id: UUID, reading_id: UUID, opened_by: str) -> str:
    """Return the question to somebody who sends a form that a colleague opened."""
    me = visit.actor.name
    stored = forms.sent_by(visit.conn, resident_id, reading_id, visit.at - _SENT_WITHIN, visit.at + AHEAD)
    if stored is not None:
        return f"This is stored already, as taken by {stored}: send it only if you, {me}, measured anew"
    return (
        f"{_name(visit, opened_by)} opened this form, and you are signed in as {me}: nothing of it is stored yet."
        " Send it if you took the readings yourself; if not, switch to whoever took them"
    )


def _name(visit: Visit, person: str) -> str:
    try:
        return forms.name_of(visit.conn, parse_id(person, "person")) or "Somebody else"
    except UnreadableIdError:
        return "Somebody else"


def _made_with(fields: dict[str, str]) -> _Opened:
    try:
        opened_at = datetime.fromisoformat(fields.get("opened_at", ""))
        reading_id = parse_id(fields.get("reading_id", ""), "reading")
    except (ValueError, UnreadableIdError):
        opened_at, reading_id = None, None
    if reading_id is None or opened_at is None or opened_at.tzinfo is None or opened_at.year not in _YEARS:
        sentence = (
            "This form has lost its number: nothing was stored. Open it again from the resident's page."
        )
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, sentence)
    return _Opened(reading_id, opened_at)


def _lives(visit: Visit, resident_id: UUID) -> ResidentView:
    found = resident_seen(visit, resident_id)
    return resident_words.view(found, decisions(visit.conn, resident_id, visit.at), visit.at)


def _form(
    request: Request,
    visit: Visit,
    lives: ResidentView,
    opened: _Opened,
    fields: dict[str, str],
    faults: dict[str, str],
) -> HTMLResponse:
    looked(visit, lives.resident_id, "resident.form_opened")
    view = {
        "resident": lives,
        "reading_id": opened.reading_id,
        "opened_at": opened.at.isoformat(),
        "open_for": (visit.at - opened.at) // timedelta(milliseconds=1),
        "opened_by": visit.actor.person_id,
        "fields": fields,
        "faults": faults,
        "at_once": words.AT_ONCE,
        "emergency_said": any(fields.get(f"emergency-{code}") for code in words.AT_ONCE),
        "numbers": words.NUMBERS,
        "acvpu": words.ACVPU,
        "oxygen": words.OXYGEN,
        "reasons": words.REASONS,
        "soft_signs": SOFT_SIGNS,
        "soft_sign_said": any(fields.get(f"soft-{code}") for code in SOFT_SIGNS),
        "worried": WORRIED,
    }
    return page(request, "capture.jinja", view, who=visit.actor.name)
