"""What every decision about one resident shares, and what a named clinician's decision adds.

Guards: a clinician's decision is recorded with who decided it, its reason and a review date. An overdue review ends
nothing. Only the resident's hub records it; other decisions the home's manager may record too. Two people who decide
about one resident take turns, so that each compares what they saw with what the other has recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import LiteralString, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from delegation import turns
from delegation.decisions import registers
from delegation.decisions.registers import Regulator
from delegation.people import Actor, Role

LONGEST_REVIEW = timedelta(days=366)
"""Our starting value, for a clinician to change: every decision is reviewed at least once a year."""
LONGEST_REASON = 1000
_LONDON = ZoneInfo("Europe/London")
_NOON, _LAST_MINUTE = time(12), time(23, 59)


class DecisionRefusedError(PermissionError):
    """The actor may not record this decision; the message says why."""


class NotInForceError(LookupError):
    """No such decision is in force; the message says which."""


class DecidedMeanwhileError(RuntimeError):
    """Somebody else recorded a decision meanwhile; the message says what to do."""


class UnfitDecisionError(ValueError):
    """The decision lacks something it needs. `faults` maps each field to a sentence."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{sentence}." for sentence in faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalDecision:
    """A decision by a named clinician. `looked_up`: the recorder found them in the register."""

    clinician_name: str
    regulator: Regulator
    regulator_number: str
    decided_on: date
    review_on: date
    reason: str
    looked_up: bool = False

    def common_faults(self, at: datetime, reason_missing: str) -> dict[str, str]:
        """Return a sentence for each field that keeps any such decision from being recorded."""
        today = at.astimezone(_LONDON).date()
        return {
            "clinician_name": "" if self.clinician_name.strip() else "Say who decided it",
            "regulator_number": self._number_fault(),
            "decided_on": "A decision cannot be of a day to come" if self.decided_on > today else "",
            "review_on": _review_fault(self.review_on, today),
            "reason": reason_fault(self.reason, reason_missing),
        }

    def _number_fault(self) -> str:
        if registers.has_the_form(self.regulator, self.regulator_number):
            return ""
        return f"This is not a number of the {self.regulator}: it has {registers.FORMS[self.regulator]}"

    def row(self, actor: Actor, at: datetime) -> dict[str, object]:
        """Return the row to record, in force from `at`."""
        return {
            "clinician_name": self.clinician_name.strip(),
            "regulator": self.regulator,
            "regulator_number": registers.written(self.regulator_number),
            "reason": self.reason.strip(),
            "decided_at": datetime.combine(self.decided_on, _NOON, _LONDON),
            "starts_at": at,
            "review_by": datetime.combine(self.review_on, _LAST_MINUTE, _LONDON),
            "recorded_by": actor.person_id,
            "looked_up_at": at if self.looked_up else None,
        }


def _review_fault(review_on: date, today: date) -> str:
    if review_on <= today:
        return "The review must be on a day to come"
    return "" if review_on <= today + LONGEST_REVIEW else "Review it within a year: choose an earlier day"


def reason_fault(reason: str, missing: str, longest: int = LONGEST_REASON) -> str:
    """Return what is wrong with a reason, or an empty string; `missing` is the sentence for an empty reason."""
    if not reason.strip():
        return missing
    return "" if len(reason) <= longest else f"This has {len(reason)} characters; there is room for {longest}"


def revocation_fault(reason: str) -> str:
    """Return what is wrong with the reason for revoking a decision, or an empty string."""
    return reason_fault(reason, "Say why, and who decided it: it is recorded with your name")


class Recorders(NamedTuple):
    """The roles that record a kind of decision, and what the refusal calls them."""

    roles: tuple[Role, ...]
    called: str


HUB = Recorders((Role.HUB_CLINICIAN, Role.HUB_LEAD), "the hub that watches over this resident")
HOME_OR_HUB = Recorders(
    (Role.HOME_MANAGER, *HUB.roles), "the home's manager, or the hub that watches over this resident,"
)

_MAY: LiteralString = """
SELECT EXISTS (SELECT FROM delegation.resident
               WHERE resident_id = %s AND home_id IN (SELECT delegation.homes_held(VARIADIC %s::text[])))
"""


def may_record(conn: psycopg.Connection, resident_id: UUID, who: Recorders) -> bool:
    """Return whether the transaction's actor holds one of these roles for this resident."""
    answer = conn.execute(_MAY, (resident_id, list(who.roles))).fetchone()
    return answer is not None and answer[0]


def check(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, about: str, who: Recorders = HUB
) -> None:
    """Raise DecisionRefusedError unless the actor is one of those who record decisions about this."""
    if not actor.holds(*who.roles) or not may_record(conn, resident_id, who):
        raise DecisionRefusedError(f"Only {who.called} records what is decided about {about}.")


def take_turn(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, about: str, who: Recorders = HUB
) -> None:
    """Make others wait who decide about this resident, until the transaction ends. Raises DecisionRefusedError."""
    check(conn, actor, resident_id, about, who)
    turns.take(conn, "decision", resident_id)
