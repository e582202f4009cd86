"""Who a resident is and what has been decided for them, in words.

Guards: a ceiling of treatment is shown right after the resident's name; where people decide, a missing one is
mentioned. "Nobody has asked" is never shown as "none". No text advises giving oxygen.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.oxygen import Entry
from api.queries.resident import Air, Ceiling, Decisions, Resident, ScaleTwo
from api.web.presenters import escalations, signs
from api.web.presenters.decided import clinician, decided, review, revoked
from api.web.presenters.moments import calendar_day, clock, full_clock, london_day, years_old
from delegation.residents.particulars import NONE_KNOWN
from devices.vital_signs import VitalSign

NO_SCORE = {
    "under_16": "they are under 16",
    "pregnant": "they are pregnant",
    "spinal_cord_injury": "of a high spinal cord injury",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known, or not known, about a resident."""

    label: str
    text: str
    missing: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class CeilingView:
    """A ceiling of treatment, whose decision it is, and when it is reviewed."""

    statement: str
    decided: str
    review: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class ResidentView:
    """The head of the resident's page."""

    resident_id: UUID
    name: str
    born: str
    synthetic: bool
    home_id: UUID
    home: str
    hub_id: UUID
    at_my_hub: bool
    hub: str
    hub_phone: str
    ceiling: CeilingView | None
    ceiling_revoked: str | None
    call_back: Fact
    pause: str | None
    pause_recorded: str | None
    no_score: str | None
    facts: tuple[Fact, ...]
    oxygen: tuple[Fact, ...]
    printed: str


def view(resident: Resident, decisions: Decisions, now: datetime) -> ResidentView:
    """Return the resident as everybody sees them who may."""
    return ResidentView(
        resident_id=resident.resident_id,
        name=resident.name,
        born=f"{years_old(resident.born_on, now)} years, born {calendar_day(resident.born_on)}",
        synthetic=resident.synthetic,
        home_id=resident.home_id,
        home=resident.home_name,
        hub_id=resident.hub_id,
        at_my_hub=resident.at_my_hub,
        hub=resident.hub_name,
        hub_phone=resident.hub_phone,
        ceiling=ceiling(decisions.ceiling, now),
        ceiling_revoked=_revoked(decisions.ceiling_revoked),
        call_back=telephone(resident),
        pause=_pause(decisions, now),
        pause_recorded=_pause_recorded(decisions, now),
        no_score=no_score(resident.no_score_reason),
        facts=_facts(resident),
        oxygen=(Fact("Oxygen saturation scale", scale(decisions.scale_two, now)), _air(decisions.air)),
        printed=full_clock(now),
    )


def ceiling(one: Ceiling | None, now: datetime) -> CeilingView | None:
    """Return a ceiling in words; None where nobody recorded one."""
    if one is None:
        return None
    return CeilingView(one.statement, decided(one), review(one, now), overdue=one.review_by <= now)


def _revoked(one: Ceiling | None) -> str | None:
    if one is None:
        return None
    return f"Ceiling of treatment: none is in force. “{one.statement.rstrip('.')}” was {revoked(one)}"


def no_score(reason: str | None) -> str | None:
    """Return why no score is shown, where NEWS2 does not fit."""
    if reason is None:
        return None
    return f"NEWS2 is not used for this resident, because {NO_SCORE.get(reason, reason)}: look at each vital sign."


def telephone(resident: Resident) -> Fact:
    """Return the number to call back: the resident's own, else the home's."""
    own = resident.call_back_phone
    whose = "their own number" if own else resident.home_name
    number = own or resident.home_phone
    return Fact("Call back", f"{number} ({whose})", link=f"tel:{number.replace(' ', '')}")


def _facts(resident: Resident) -> tuple[Fact, ...]:
    return (
        _known("Who is with them", resident.usual_company, "not recorded"),
        _known("Allergies", _allergies(resident.allergies), "not recorded: nobody has asked"),
        _known("Background", resident.background, "not recorded"),
        _known("NHS number", nhs_number(resident.nhs_number), "not recorded"),
    )


def _allergies(said: str | None) -> str | None:
    return NONE_KNOWN.capitalize() if said == NONE_KNOWN else said


def _known(label: str, text: str | None, otherwise: str) -> Fact:
    return Fact(label, text or otherwise.capitalize(), missing=not text)


def nhs_number(digits: str | None) -> str | None:
    """Return the NHS number as it is read out."""
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}" if digits else None


def _pause(decisions: Decisions, now: datetime) -> str | None:
    pause = decisions.pause
    if pause is None:
        return None
    return f"Monitoring is paused until {clock(pause.ends_at, now)}: {pause.reason.rstrip('.')}."


def _pause_recorded(decisions: Decisions, now: datetime) -> str | None:
    pause = decisions.pause
    if pause is None:
        return None
    who = escalations.named(pause.recorded_by_name, pause.recorded_by)
    return f"Recorded by {who}, {clock(pause.recorded_at, now)}."


def in_force(scale_two: tuple[ScaleTwo, ...], now: datetime) -> ScaleTwo | None:
    """Return the authorisation of scale 2 in force, if any."""
    for one in scale_two:
        ends = [end for end in (one.ends_at, one.revoked_at) if end is not None]
        if one.starts_at <= now and all(now < end for end in ends):
            return one
    return None


def scale(scale_two: tuple[ScaleTwo, ...], now: datetime) -> str:
    """Return which SpO2 scale is used, on whose authority, and whether its review is due."""
    one = in_force(scale_two, now)
    if one is not None:
        day = calendar_day(london_day(one.decided_at))
        said = f"Scale 2, authorised by {clinician(one)} on {day}: {one.reason.rstrip('.')}."
        return f"{said} {review(one, now, 'scale 2')}"
    if scale_two:
        ended = min(end for end in (scale_two[0].ends_at, scale_two[0].revoked_at) if end is not None)
        day = calendar_day(london_day(ended))
        why = f" ({because.rstrip('.')})" if (because := scale_two[0].revoked_because) else ""
        return (
            f"Scale 1. The authorisation of scale 2 ended on {day}{why}; both results are shown for 30 days."
        )
    return "Scale 1. No authorisation of scale 2 is recorded."


def _air(air: Air | None) -> Fact:
    if air is None:
        return Fact(
            "Oxygen at this address",
            "Not recorded: a score without an oxygen entry stays a range",
            missing=True,
        )
    who = escalations.named(air.recorded_by_name, air.recorded_by)
    day = calendar_day(london_day(air.recorded_at))
    return Fact(
        "Oxygen at this address", f"No oxygen in use, recorded {day} by {who}: air is assumed, and said so"
    )


def last_oxygen(entry: Entry | None, now: datetime) -> Fact:
    """Return the last entry on oxygen, and its time."""
    if entry is None:
        return Fact(_LAST_OXYGEN, "None yet", missing=True)
    when = clock(entry.effective_at, now)
    if entry.in_use is None:
        return Fact(_LAST_OXYGEN, f"Tried, could not be recorded, {when}", missing=True)
    return Fact(_LAST_OXYGEN, f"{signs.with_unit(VitalSign.ON_OXYGEN, entry.in_use)}, {when}")


_LAST_OXYGEN = "Last entry of oxygen"
