"""The pages on who a resident is: adding them to a home, and correcting their facts.

Guards: only somebody who answers for the home may. A fault is shown beside its field, and no input is lost. A
colleague's change is shown, never overwritten unseen. Residents with the same name and date of birth are shown before
another is added. Of somebody known at a home of others, the page only says to ring the hub.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Visit
from api.looking import looked
from api.queries.resident import Resident
from api.reach import home_answered_for, resident_answered_for
from api.routes.particulars import NOT_YOURS, AddingVisit, CorrectingVisit
from api.web import namesakes
from api.web.fields import Fields
from api.web.presenters.moments import clock, london_day
from api.web.presenters.resident import nhs_number
from api.web.rendering import page
from delegation.audit import Purpose
from delegation.residents import admission
from delegation.residents.admission import ChangedMeanwhileError, Done, Outcome, UnfitParticularsError
from delegation.residents.particulars import LONGEST, NONE_KNOWN, NoScore, Particulars, stand_as, typed

router = APIRouter()

_FIELDS = (
    *(
        "other_than",
        "name",
        "nhs_number",
        "born_on",
        "asked",
        "allergies",
        "background",
        "call_back_phone",
        "usual_company",
    ),
    "no_score_reason",
)
_REASONS = {
    "": "No",
    NoScore.PREGNANT: "They are pregnant",
    NoScore.SPINAL_CORD_INJURY: "They have a high spinal cord injury",
}
_ASKED = {NONE_KNOWN: "None known", "some": "They have some", "": "Nobody has asked yet"}


@dataclass(frozen=True, slots=True)
class _Form:
    """A home, and a resident who lives there or is to be added."""

    home_name: str
    hub: str
    hub_phone: str
    action: str
    back: str
    resident: Resident | None = None


@router.get("/homes/{home_id}/residents/new")
def adding(request: Request, home_id: UUID, visit: AddingVisit) -> HTMLResponse:
    """Show the empty form."""
    return _page(request, visit, _of_home(visit, home_id), {"no_score_reason": ""}, {})


@router.post("/homes/{home_id}/residents/new")
def add(request: Request, home_id: UUID, fields: Fields, visit: AddingVisit) -> Response:
    """Add a resident to a home."""
    form = _of_home(visit, home_id)
    given, faults = _read(fields)
    if given is None or faults:
        return _page(request, visit, form, fields, faults)
    try:
        done = admission.add(
            visit.conn, visit.actor, home_id, given, visit.at, other_than=namesakes.others(fields)
        )
    except UnfitParticularsError as unfit:
        return _page(request, visit, form, fields, unfit.faults)
    return _after(request, visit, form, fields, done, "added")


@router.get("/residents/{resident_id}/details")
def correcting(request: Request, resident_id: UUID, visit: CorrectingVisit) -> HTMLResponse:
    """Show the form with the stored facts."""
    form = _of_resident(visit, resident_id)
    return _page(request, visit, form, _standing(form.resident), {})


@router.post("/residents/{resident_id}/details")
def correct(request: Request, resident_id: UUID, fields: Fields, visit: CorrectingVisit) -> Response:
    """Correct the facts."""
    form = _of_resident(visit, resident_id)
    given, faults = _read(fields)
    if given is None or faults:
        return _page(request, visit, form, fields, faults)
    try:
        done = admission.correct(
            visit.conn,
            visit.actor,
            resident_id,
            given,
            visit.at,
            fields.get("seen", ""),
            namesakes.others(fields),
        )
    except UnfitParticularsError as unfit:
        return _page(request, visit, form, fields, unfit.faults)
    except ChangedMeanwhileError as changed:
        return _page(request, visit, form, _standing(form.resident), {"name": str(changed)})
    return _after(request, visit, form, fields, done, "details")


def _after(
    request: Request, visit: Visit, form: _Form, fields: Mapping[str, str], done: Done, said: str
) -> Response:
    if done.outcome is Outcome.DONE:
        return RedirectResponse(f"/residents/{done.resident_id}?said={said}", HTTPStatus.SEE_OTHER)
    if done.outcome is Outcome.ALIKE:
        asking = namesakes.asking(fields, done)
        return _page(request, visit, form, asking, {"other_than": namesakes.ALIKE})
    return _page(request, visit, form, fields, {"nhs_number": _why_not(visit, form, done)})


def _why_not(visit: Visit, form: _Form, done: Done) -> str:
    if done.outcome is Outcome.WAIT and done.until is not None:
        again = clock(done.until, visit.at)
        return f"You have tried too often. Try again {again}, or ring {form.hub}, {form.hub_phone}."
    known = namesakes.known(visit, done.resident_id) if done.resident_id else None
    if known is not None:
        return f"{known.name} at {known.home_name} has this NHS number already.{namesakes.if_ended(visit, known)}"
    return (
        f"Somebody who is known elsewhere has this NHS number. Check it; if it is right, ring {form.hub},"
        f" {form.hub_phone}. Nobody is named here, and that you asked is recorded."
    )


def _of_home(visit: Visit, home_id: UUID) -> _Form:
    found = home_answered_for(visit, home_id, NOT_YOURS)
    back = f"/homes/{home_id}"
    return _Form(found.name, found.hub_name, found.hub_phone, f"{back}/residents/new", back)


def _of_resident(visit: Visit, resident_id: UUID) -> _Form:
    found = resident_answered_for(visit, resident_id, NOT_YOURS)
    back = f"/residents/{resident_id}"
    return _Form(found.home_name, found.hub_name, found.hub_phone, f"{back}/details", back, found)


def _read(fields: Mapping[str, str]) -> tuple[Particulars | None, dict[str, str]]:
    """Read the form. Allergies are two questions on the page: whether somebody asked, and which."""
    asked = fields.get("asked", "")
    said = fields.get("allergies", "") if asked == "some" else asked
    given, faults = typed({**fields, "allergies": said if asked in _ASKED else ""})
    if "asked" not in fields or asked not in _ASKED:
        faults["asked"] = "Choose whether they have allergies"
    elif asked == "some" and not said.strip():
        faults["allergies"] = "Say which allergies they have"
    return given, faults


def _standing(found: Resident | None) -> dict[str, str]:
    if found is None:
        return {}
    allergies = found.allergies or ""
    said = {name: getattr(found, name) or "" for name in LONGEST}
    return said | {
        "seen": stand_as(asdict(found)),
        "nhs_number": nhs_number(found.nhs_number) or "",
        "born_on": found.born_on.isoformat(),
        "no_score_reason": found.no_score_reason if found.no_score_reason in _REASONS else "",
        "asked": allergies if allergies in _ASKED else "some",
        "allergies": "" if allergies in _ASKED else allergies,
    }


def _page(
    request: Request, visit: Visit, form: _Form, fields: Mapping[str, str], faults: Mapping[str, str]
) -> HTMLResponse:
    if form.resident is not None:
        looked(visit, form.resident.resident_id, "resident.details_seen", Purpose.RECORD_KEEPING)
    view = {
        "form": form,
        "asked": _ASKED,
        "reasons": _REASONS,
        "longest": LONGEST,
        "today": london_day(visit.at).isoformat(),
        "there": namesakes.there(visit, fields),
        "fields": fields,
        "faults": {name: faults[name] for name in _FIELDS if name in faults},
    }
    return page(request, "details.jinja", view, who=visit.actor.name)
