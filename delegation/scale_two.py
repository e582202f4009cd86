"""Records that a resident is scored on SpO2 scale 2, that this was reviewed, and that it was revoked.

Guards: only on the word of a named, registered decision-maker, for confirmed hypercapnic respiratory failure with a
target of 88 to 92 %, and until a review; it holds from now on and never for readings of before. A review is a decision
anew, and an overdue one ends nothing: only revoking it does, or its own end. Source: RCP, NEWS2, 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from delegation import audit, registers
from delegation.people import Actor
from delegation.registers import Regulator
from delegation.rights import ADD, Record

LONGEST_REVIEW = timedelta(days=366)
"""Ours to start from, for a clinician to change: a decision is looked at again at least every year."""
LONGEST_REASON = 1000
_LONDON = ZoneInfo("Europe/London")
_NOON, _LAST_MINUTE = time(12), time(23, 59)


class ScaleRefusedError(PermissionError):
    """This is not the actor's to decide; the sentence says why."""


class NotInForceError(LookupError):
    """There is nothing to end: scale 2 is not used for this resident."""


class UnfitDecisionError(ValueError):
    """A decision that lacks what it needs. `faults`: a sentence for each field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{sentence}." for sentence in faults.values()))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Decision:
    """What a competent clinical decision-maker decided. `looked_up`: the recorder found them in the register."""

    clinician_name: str
    regulator: Regulator
    regulator_number: str
    decided_on: date
    review_on: date
    reason: str
    hypercapnic_failure_confirmed: bool
    target_88_to_92: bool
    looked_up: bool = False

    def faults(self, at: datetime) -> dict[str, str]:
        """What keeps it from being recorded, by field."""
        today = at.astimezone(_LONDON).date()
        found = {
            "clinician_name": "" if self.clinician_name.strip() else "Say who decided it",
            "regulator_number": self._number_fault(),
            "decided_on": "A decision cannot be of a day to come" if self.decided_on > today else "",
            "review_on": _review_fault(self.review_on, today),
            "hypercapnic_failure_confirmed": ""
            if self.hypercapnic_failure_confirmed
            else "Scale 2 is only for confirmed hypercapnic respiratory failure: COPD alone is not enough",
            "target_88_to_92": ""
            if self.target_88_to_92
            else "Scale 2 is only for a target saturation of 88 to 92 %",
            "reason": _reason_fault(
                self.reason, "Say what the decision rests on, as a blood gas and its date"
            ),
        }
        return {name: sentence for name, sentence in found.items() if sentence}

    def _number_fault(self) -> str:
        if registers.has_the_form(self.regulator, self.regulator_number):
            return ""
        return f"This is not a number of the {self.regulator}: it has {registers.FORMS[self.regulator]}"


def _review_fault(review_on: date, today: date) -> str:
    if review_on <= today:
        return "The review must be on a day to come"
    return "" if review_on <= today + LONGEST_REVIEW else "Review it within a year: choose an earlier day"


def _reason_fault(reason: str, missing: str) -> str:
    if not reason.strip():
        return missing
    return (
        ""
        if len(reason) <= LONGEST_REASON
        else f"This has {len(reason)} characters; there is room for {LONGEST_REASON}"
    )


_MAY: LiteralString = """
SELECT EXISTS (SELECT FROM delegation.resident
               WHERE resident_id = %s AND home_id IN (SELECT delegation.homes_held('hub_clinician', 'hub_lead')))
"""
_RECORD: LiteralString = """
INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by, looked_up_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING authorisation_id
"""
_REVOKE: LiteralString = """
UPDATE delegation.spo2_scale_authorisation SET revoked_at = %(at)s, revoked_by = %(by)s, revoked_because = %(reason)s
WHERE resident_id = %(resident)s AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > %(at)s)
"""
_IN_FORCE: LiteralString = """
SELECT EXISTS (SELECT FROM delegation.spo2_scale_authorisation
               WHERE resident_id = %(resident)s AND starts_at <= %(at)s
                 AND coalesce(least(ends_at, revoked_at), 'infinity') > %(at)s)
"""


def authorise(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, decision: Decision, at: datetime
) -> UUID:
    """Record the decision, the first or one made anew at a review. Raises ScaleRefusedError, UnfitDecisionError."""
    _check(conn, actor, resident_id)
    if faults := decision.faults(at):
        raise UnfitDecisionError(faults)
    reviewed = in_force(conn, resident_id, at)
    row = conn.execute(
        _RECORD,
        (
            resident_id,
            decision.clinician_name.strip(),
            decision.regulator,
            registers.written(decision.regulator_number),
            decision.reason.strip(),
            _at(decision.decided_on, _NOON),
            at,
            _at(decision.review_on, _LAST_MINUTE),
            actor.person_id,
            at if decision.looked_up else None,
        ),
    ).fetchone()
    if row is None:
        raise RuntimeError("The decision was not recorded.")
    action = "scale_two.reviewed" if reviewed else "scale_two.authorised"
    subject = f"authorisation:{row[0]}"
    audit.record(conn, actor, action, subject, at=at, resident_id=resident_id, words=decision.reason.strip())
    return row[0]


def revoke(conn: psycopg.Connection, actor: Actor, resident_id: UUID, reason: str, at: datetime) -> None:
    """Back to scale 1 from now on. Raises ScaleRefusedError, UnfitDecisionError, NotInForceError."""
    _check(conn, actor, resident_id)
    if fault := _reason_fault(reason, "Say why, and who decided it: it is recorded with your name"):
        raise UnfitDecisionError({"reason": fault})
    told = {"resident": resident_id, "at": at, "by": actor.person_id, "reason": reason.strip()}
    if conn.execute(_REVOKE, told).rowcount == 0:
        raise NotInForceError("No authorisation of scale 2 is in force for this resident.")
    subject = f"resident:{resident_id}"
    audit.record(
        conn, actor, "scale_two.revoked", subject, at=at, resident_id=resident_id, words=reason.strip()
    )


def in_force(conn: psycopg.Connection, resident_id: UUID, at: datetime) -> bool:
    """Whether scale 2 is used for this resident at this moment."""
    row = conn.execute(_IN_FORCE, {"resident": resident_id, "at": at}).fetchone()
    return row is not None and row[0]


def _check(conn: psycopg.Connection, actor: Actor, resident_id: UUID) -> None:
    answer = conn.execute(_MAY, (resident_id,)).fetchone()
    if not actor.may(ADD, Record.SCALE_TWO) or answer is None or not answer[0]:
        raise ScaleRefusedError(
            "Only the hub that watches over this resident records what is decided about scale 2."
        )


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, _LONDON)
