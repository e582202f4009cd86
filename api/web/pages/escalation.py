"""What a clinician does with an escalation: claim, release, close, undo, and raise one from a phone call.

Guards: each form posts and redirects back to where the clinician was. A refusal is shown where it happened.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from alerts.cases import desk
from alerts.cases.desk import ChangedError, DeskError, Seen
from alerts.cases.escalation import Disposition
from alerts.policy import Severity
from alerts.standing import policies_in_force
from api.access import Visit
from api.looking import looked
from api.problems import not_found
from api.queries.course import courses
from api.queries.escalation import Escalation, escalation
from api.queries.resident import Resident, decisions
from api.reach import resident_at_my_hub
from api.routes.queue import AnsweringVisit, RaisingVisit
from api.web import decided as decided_form
from api.web.fields import Fields
from api.web.pages.queue import queue_page
from api.web.presenters import escalations
from api.web.presenters import resident as resident_words
from api.web.presenters.course import course_view
from api.web.presenters.moments import span
from api.web.rendering import page

router = APIRouter()

Back = Annotated[str, Form()]
_LONGEST_NOTE = 4000
_LONGEST_WORDS = 2000
_LONGEST_REVISION = 18
_NOT_SHOWN_YET = 2**62
_RAISED_BY_HAND = (Severity.HIGH, Severity.MEDIUM, Severity.LOW_MEDIUM, Severity.CONCERN)


@router.post("/escalations/{escalation_id}/claim")
def claim(request: Request, escalation_id: UUID, visit: AnsweringVisit, back: Back = "") -> Response:
    """Claim the escalation."""
    return _done(request, visit, escalation_id, desk.claim, "claimed", back)


@router.post("/escalations/{escalation_id}/release")
def release(request: Request, escalation_id: UUID, visit: AnsweringVisit, back: Back = "") -> Response:
    """Give it back to the queue."""
    return _done(request, visit, escalation_id, desk.release, "released", back)


@router.post("/escalations/{escalation_id}/undo")
def undo(request: Request, escalation_id: UUID, visit: AnsweringVisit, back: Back = "") -> Response:
    """Undo the visitor's own closing."""
    return _done(request, visit, escalation_id, desk.undo, "undone", back)


@router.get("/escalations/{escalation_id}/close")
def closing(request: Request, escalation_id: UUID, visit: AnsweringVisit) -> Response:
    """Show the form for the hub's answer."""
    return _closing(request, visit, _found(visit, escalation_id), {}, {})


@router.post("/escalations/{escalation_id}/close")
def close(request: Request, escalation_id: UUID, fields: Fields, visit: AnsweringVisit) -> Response:
    """Close it with the hub's answer."""
    one = _found(visit, escalation_id)
    disposition, note = fields.get("disposition", ""), fields.get("note", "")
    faults = {}
    if disposition not in set(Disposition):
        faults["disposition"] = "Choose what was decided"
    if not note.strip():
        faults["note"] = "Write a note: the home reads it as the hub's answer"
    if too_long := _too_long(note, _LONGEST_NOTE):
        faults["note"] = too_long
    if faults:
        return _closing(request, visit, one, fields, faults)
    decided, seen = Disposition(disposition), _seen(fields)
    try:
        desk.close(visit.conn, visit.actor, escalation_id, decided, note, visit.at, seen=seen)
    except ChangedError as changed:
        anew = decided_form.shown_anew(fields)
        return _closing(request, visit, _found(visit, escalation_id), anew, {"changed": str(changed)})
    except DeskError as refused:
        now = _found(visit, escalation_id)
        if now.closed_by == visit.actor.person_id:
            return queue_page(request, visit, one.hub_id, problem=str(refused))
        # The note is kept: it may have to be told by telephone, or to the colleague who has the case now.
        return _closing(request, visit, now, fields, {"why": str(refused)})
    return _onward(one.hub_id, "closed", escalation_id)


@router.get("/residents/{resident_id}/raise")
def raising(request: Request, resident_id: UUID, visit: RaisingVisit) -> Response:
    """Show the form for what a caller said."""
    return _raising(request, visit, resident_at_my_hub(visit, resident_id), {}, "", "")


@router.post("/residents/{resident_id}/raise")
def raise_by_hand(
    request: Request,
    resident_id: UUID,
    visit: RaisingVisit,
    severity: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
    stays: Annotated[str, Form()] = "",
) -> Response:
    """Raise an escalation, or let the call join an open one."""
    one = resident_at_my_hub(visit, resident_id)
    faults = {}
    if severity not in set(_RAISED_BY_HAND):
        faults["severity"] = "Choose how urgent it is"
    if not words.strip():
        faults["words"] = "Say in a sentence what the caller told you"
    if too_long := _too_long(words, _LONGEST_WORDS):
        faults["words"] = too_long
    if faults:
        return _raising(request, visit, one, faults, severity, words, stays=stays)
    try:
        raised = desk.raise_by_hand(
            visit.conn,
            visit.actor,
            resident_id,
            Severity(severity),
            words,
            visit.at,
            stays_at_hub=stays == "yes",
        )
    except DeskError as refused:
        return _raising(request, visit, one, {"words": str(refused)}, severity, words, stays=stays)
    return _onward(one.hub_id, "raised", raised)


def _too_long(text: str, longest: int) -> str | None:
    """Return a fault for the field, because refusing the whole form would lose the text."""
    if len(text) <= longest:
        return None
    return f"This has {len(text)} characters; there is room for {longest}"


def _done(
    request: Request,
    visit: Visit,
    escalation_id: UUID,
    act: Callable[..., None],
    said: str,
    back: str,
) -> Response:
    one = _found(visit, escalation_id)
    try:
        act(visit.conn, visit.actor, escalation_id, visit.at)
    except DeskError as refused:
        return queue_page(request, visit, one.hub_id, problem=str(refused))
    if back == "resident":
        onward = f"/residents/{one.resident_id}?said={said}#escalations"
        return RedirectResponse(onward, HTTPStatus.SEE_OTHER)
    return _onward(one.hub_id, said, escalation_id)


def _onward(hub_id: UUID, said: str, escalation_id: UUID) -> Response:
    return RedirectResponse(f"/hubs/{hub_id}?said={said}#escalation-{escalation_id}", HTTPStatus.SEE_OTHER)


def _found(visit: Visit, escalation_id: UUID) -> Escalation:
    one = escalation(visit.conn, escalation_id)
    if one is None:
        raise not_found("escalation")
    return one


def _seen(fields: Mapping[str, str]) -> Seen:
    """Return what the form was shown with; a revision that cannot be read is one that nobody was shown yet."""
    revision = fields.get("seen", "")
    known = revision.isascii() and revision.isdigit() and len(revision) < _LONGEST_REVISION
    return Seen(int(revision) if known else _NOT_SHOWN_YET, decided_form.shown_with(fields, "seen_ceiling"))


def _closing(
    request: Request, visit: Visit, one: Escalation, fields: Mapping[str, str], faults: Mapping[str, str]
) -> Response:
    looked(visit, one.resident_id, "escalation.seen")
    lives = resident_at_my_hub(visit, one.resident_id)
    course = courses(visit.conn, [one.escalation_id], visit.at).get(one.escalation_id)
    if course is None:
        raise not_found("escalation")
    decided = decisions(visit.conn, one.resident_id, visit.at)
    ceiling = str(decided.ceiling.ceiling_id) if decided.ceiling else ""
    view = {
        "one": one,
        "course": course_view(course, visit.actor.person_id, visit.at, is_open=one.state != "closed"),
        "resident": resident_words.view(lives, decided, visit.at),
        "call_back": resident_words.telephone(lives),
        "dispositions": escalations.DISPOSITIONS,
        "faults": faults,
        "fields": {"seen": str(one.revision), "seen_ceiling": ceiling, **fields},
    }
    return page(request, "close.jinja", view, who=visit.actor.name)


def _raising(
    request: Request,
    visit: Visit,
    one: Resident,
    faults: dict[str, str],
    severity: str,
    words: str,
    *,
    stays: str = "",
) -> Response:
    looked(visit, one.resident_id, "resident.seen")
    policy = policies_in_force(visit.conn, visit.at).for_hub(one.hub_id)
    view = {
        "resident": resident_words.view(one, decisions(visit.conn, one.resident_id, visit.at), visit.at),
        "severities": [
            (level, escalations.SEVERITIES[level], span(policy.deadline_at(level, visit.at) - visit.at))
            for level in _RAISED_BY_HAND
        ],
        "faults": faults,
        "severity": severity,
        "words": words,
        "stays": stays,
    }
    return page(request, "raise.jinja", view, who=visit.actor.name)
