"""The page on which a reading is said to be somebody else's: whose, how it happened, a look at the choice, and what to
do.

Guards: nothing changes before it was read back and confirmed. The answer is as urgent as the readings.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from api.access import Visit, needs
from api.capture import Captured, Observations
from api.correcting import Said, choices, correct, in_question
from api.looking import looked, looked_at_place
from api.parts import parts_of
from api.queries.escalation import open_case
from api.queries.readings import Reading
from api.queries.resident import Resident, decisions, resident
from api.web.presenters import capture as answers
from api.web.presenters import corrections as words
from api.web.presenters.history import reading_row
from api.web.presenters.moments import calendar_day
from api.web.presenters.resident import ResidentView
from api.web.presenters.resident import view as resident_view
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.rights import CHANGE, Record
from devices.identifiers import UnreadableIdError, parse_id
from devices.receipt import Outcome
from ingest.correction import Corrected, CorrectionRefusedError, Reason

router = APIRouter()

CorrectorVisit = Annotated[Visit, needs(CHANGE, Record.READINGS)]
_LONGEST = 500


@router.get("/residents/{resident_id}/readings/{kit_id}/{reading_id}/correct")
def ask(
    request: Request, resident_id: UUID, kit_id: UUID, reading_id: UUID, visit: CorrectorVisit
) -> HTMLResponse:
    """Show the form."""
    found, one = in_question(visit, resident_id, (kit_id, reading_id))
    return _form(request, visit, found, one, {"seen": str(one.correction)}, {})


@router.post("/residents/{resident_id}/readings/{kit_id}/{reading_id}/correct")
def say(
    request: Request,
    resident_id: UUID,
    kit_id: UUID,
    reading_id: UUID,
    visit: CorrectorVisit,
    whose: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    seen: Annotated[int, Form(ge=0, le=2**62)] = 0,
    confirmed: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Ask for what is missing, read back the choice, and correct the reading once confirmed."""
    found, one = in_question(visit, resident_id, (kit_id, reading_id))
    fields = {"whose": whose, "reason": reason, "note": note.strip(), "seen": str(seen)}
    names = _names(visit, found, one)
    faults = _faults(fields, names)
    if faults or confirmed != "yes":
        names[words.NOBODY] = words.NOT_KNOWN
        return _form(request, visit, found, one, fields, faults, chosen=None if faults else names[whose])
    parts = parts_of(request)
    taken_from = None if whose == words.NOBODY else _resident_id(whose)
    said = Said(taken_from, Reason(reason), seen, fields["note"] or None)
    try:
        corrected = correct(visit, parts.door, parts.evaluator, resident_id, (kit_id, reading_id), said)
    except CorrectionRefusedError as refused:
        return _form(
            request, visit, found, one, fields | {"seen": str(one.correction)}, {"whose": str(refused)}
        )
    return _done(request, visit, found, one, corrected)


def _names(visit: Visit, found: Resident, one: Reading) -> dict[str, str]:
    """Return the residents it may belong to, by id; two in one home may share a name."""
    return {
        str(lives.resident_id): f"{lives.name}, born {calendar_day(lives.born_on)}"
        for lives in choices(visit, found, one)
    }


def _faults(fields: dict[str, str], names: dict[str, str]) -> dict[str, str]:
    faults = {}
    if fields["whose"] != words.NOBODY and fields["whose"] not in names:
        faults["whose"] = "Choose whose it is, or that it is not known"
    if fields["reason"] not in set(Reason):
        faults["reason"] = "Choose how it came about"
    if len(fields["note"]) > _LONGEST:
        faults["note"] = f"There is room for {_LONGEST} characters"
    return faults


def _resident_id(text: str) -> UUID | None:
    try:
        return parse_id(text, "resident")
    except UnreadableIdError:
        return None


def _form(
    request: Request,
    visit: Visit,
    found: Resident,
    one: Reading,
    fields: dict[str, str],
    faults: dict[str, str],
    *,
    chosen: str | None = None,
) -> HTMLResponse:
    looked(visit, found.resident_id, "reading.seen", Purpose.CORRECTION)
    looked_at_place(visit, f"home:{found.home_id}", "home.residents_named", Purpose.CORRECTION)
    view: dict[str, Any] = {
        "resident": _head(visit, found),
        "reading": reading_row(one, visit.at),
        "path": f"/residents/{found.resident_id}/readings/{one.kit_id}/{one.reading_id}/correct",
        "choices": list(_names(visit, found, one).items()),
        "nobody": (words.NOBODY, words.NOT_KNOWN),
        "reasons": words.REASONS,
        "fields": fields,
        "faults": faults,
        "chosen": chosen,
    }
    return page(request, "correct.jinja", view, who=visit.actor.name)


def _done(
    request: Request, visit: Visit, found: Resident, one: Reading, corrected: Corrected
) -> HTMLResponse:
    view: dict[str, Any] = {
        "resident": _head(visit, found),
        "reading": reading_row(one, visit.at),
        "given_back": False,
    }
    theirs = None
    if corrected.reading is not None:
        theirs = resident(visit.conn, corrected.reading.resident_id)
    if theirs is not None:
        lives = _head(visit, theirs)
        sent = _sent(visit, corrected)
        view |= {"theirs": lives, "answer": answers.answer(sent, lives)}
        if lives.at_my_hub:
            view["in_queue"] = words.in_queue(sent.case, sent.captured, visit.actor.person_id, visit.at)
        view["given_back"] = theirs.resident_id == found.resident_id
    return page(request, "corrected.jinja", view, who=visit.actor.name)


def _sent(visit: Visit, corrected: Corrected) -> answers.Sent:
    """Return the reading as if it had just been sent for the resident it belongs to."""
    reading, verdict = corrected.reading, corrected.verdict
    if reading is None or verdict is None:
        raise ValueError("The reading is nobody's.")
    seen = Observations(
        reading_id=reading.payload.reading_id,
        taken_at=reading.effective_at,
        values=reading.values,
        soft_signs=reading.payload.soft_signs,
        phoned_999=reading.payload.phoned_999,
    )
    captured = Captured.of(Outcome.STORED, verdict)
    return answers.Sent(seen, captured, open_case(visit.conn, reading.resident_id), visit.at)


def _head(visit: Visit, found: Resident) -> ResidentView:
    return resident_view(found, decisions(visit.conn, found.resident_id, visit.at), visit.at)
