"""The form fields that all clinicians' decisions share, read in one place.

Guards: what cannot be read is a fault beside its field; an unreadable day or register is never guessed. A form shown
again with faults still names the decision it was first shown with, whatever was decided meanwhile.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple, TypedDict
from uuid import UUID

from fastapi.responses import RedirectResponse

from api.web.fields import day_of
from api.web.presenters.moments import london_day
from delegation.decisions.decision import LONGEST_REVIEW
from delegation.decisions.registers import FORMS, Regulator
from devices.identifiers import UnreadableIdError, parse_id

USUAL_REVIEW = timedelta(days=182)
_NO_DAY = {"decided_on": "Give the day of the decision", "review_on": "Give the day to review it by"}
NOTHING: Mapping[str, str] = MappingProxyType({})
"""No field was filled in, or none has a fault."""
FIELDS = ("clinician_name", "regulator", "regulator_number", "decided_on", "review_on", "reason")


class Common(TypedDict):
    """The fields that every decision has."""

    clinician_name: str
    regulator: Regulator
    regulator_number: str
    decided_on: date
    review_on: date
    reason: str
    looked_up: bool


class Filled(NamedTuple):
    """The filled-in fields, with placeholders for what cannot be read, and a fault for each placeholder."""

    said: Common
    faults: dict[str, str]

    def with_others(self, others: Mapping[str, str]) -> dict[str, str]:
        """Return all faults; without a register nothing is said about the number."""
        hidden = {"regulator_number"} if "regulator" in self.faults else set[str]()
        return {name: said for name, said in others.items() if name not in hidden} | self.faults


def read(fields: Mapping[str, str], at: datetime) -> Filled:
    """Read what every form about a decision asks for."""
    days = {name: day_of(fields.get(name, "")) for name in _NO_DAY}
    faults = {name: _NO_DAY[name] for name, day in days.items() if day is None}
    regulator = fields.get("regulator", "")
    known = regulator in set(Regulator)
    if not known:
        faults["regulator"] = "Choose whose register they are on"
    today = london_day(at)
    said = Common(
        clinician_name=fields.get("clinician_name", ""),
        regulator=Regulator(regulator) if known else Regulator.NMC,
        regulator_number=fields.get("regulator_number", ""),
        decided_on=days["decided_on"] or today,
        review_on=days["review_on"] or today + timedelta(days=1),
        reason=fields.get("reason", ""),
        looked_up=fields.get("looked_up") == "yes",
    )
    return Filled(said, faults)


def shown_with(fields: Mapping[str, str], name: str = "seen") -> UUID | None:
    """Return the decision that the form was shown with; None for what is no id."""
    try:
        return parse_id(fields.get(name, ""), "decision")
    except UnreadableIdError:
        return None


def shown_anew(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields without the decision they were shown with, so that the form shows the one in force."""
    return {name: said for name, said in fields.items() if not name.startswith("seen")}


def empty(at: datetime) -> dict[str, str]:
    """Return the fields of an empty form."""
    return {"review_on": london_day(at + USUAL_REVIEW).isoformat()}


def asked(at: datetime) -> dict[str, object]:
    """Return what the form's fields need to be shown."""
    return {
        "regulators": FORMS,
        "latest": london_day(at + LONGEST_REVIEW).isoformat(),
        "today": london_day(at).isoformat(),
    }


def back(resident_id: UUID, said: str, part: str = "") -> RedirectResponse:
    """Redirect to the resident's page, or to a part of it, with the message `said`."""
    anchor = f"#{part}" if part else ""
    return RedirectResponse(f"/residents/{resident_id}?said={said}{anchor}", HTTPStatus.SEE_OTHER)
