"""Records that a resident is scored on SpO2 scale 2, that this was reviewed, and that it was revoked.

Guards: only on the word of a named, registered decision-maker, for confirmed hypercapnic respiratory failure with a
target of 88 to 92%, and until a review; it holds from now on and never for readings of before. A review is a decision
anew, and an overdue one ends nothing: only revoking it does, or its own end; what a colleague decided meanwhile is not
ended unseen. Source: RCP, NEWS2, 2017.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit, decision
from delegation.decision import ClinicalDecision, DecidedMeanwhileError, NotInForceError, UnfitDecisionError
from delegation.people import Actor

_ABOUT = "scale 2"
_MEANWHILE = "A colleague has just recorded something else about scale 2: look at it first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(ClinicalDecision):
    """That a resident is scored on SpO2 scale 2."""

    hypercapnic_failure_confirmed: bool
    target_88_to_92: bool

    def faults(self, at: datetime) -> dict[str, str]:
        """What keeps it from being recorded, by field."""
        found = self.common_faults(at, "Say what the decision rests on, as a blood gas and its date") | {
            "hypercapnic_failure_confirmed": ""
            if self.hypercapnic_failure_confirmed
            else "Scale 2 is only for confirmed hypercapnic respiratory failure: COPD alone is not enough",
            "target_88_to_92": ""
            if self.target_88_to_92
            else "Scale 2 is only for a target saturation of 88 to 92%",
        }
        return {name: sentence for name, sentence in found.items() if sentence}


_RECORD: LiteralString = """
INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by, looked_up_at)
VALUES (%(resident)s, %(clinician_name)s, %(regulator)s, %(regulator_number)s, %(reason)s, %(decided_at)s,
    %(starts_at)s, %(review_by)s, %(recorded_by)s, %(looked_up_at)s) RETURNING authorisation_id
"""
_REVOKE: LiteralString = """
UPDATE delegation.spo2_scale_authorisation SET revoked_at = %(at)s, revoked_by = %(by)s, revoked_because = %(reason)s
WHERE resident_id = %(resident)s AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > %(at)s)
"""
_STANDING: LiteralString = """
SELECT authorisation_id FROM delegation.spo2_scale_authorisation
WHERE resident_id = %(resident)s AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > %(at)s)
ORDER BY starts_at DESC LIMIT 1
"""


def authorise(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    decided: Decision,
    at: datetime,
    seen: UUID | None = None,
) -> UUID:
    """Record the decision: the first, or one made anew at a review of the one in force, which is `seen`.

    Raises DecisionRefusedError, UnfitDecisionError, and DecidedMeanwhileError where a colleague was first.
    """
    decision.take_turn(conn, actor, resident_id, _ABOUT)
    if faults := decided.faults(at):
        raise UnfitDecisionError(faults)
    if _standing(conn, resident_id, at) != seen:
        raise DecidedMeanwhileError(_MEANWHILE)
    row = conn.execute(_RECORD, decided.row(actor, at) | {"resident": resident_id}).fetchone()
    if row is None:
        raise RuntimeError("The decision was not recorded.")
    action = "scale_two.reviewed" if seen else "scale_two.authorised"
    subject = f"authorisation:{row[0]}"
    audit.record(conn, actor, action, subject, at=at, resident_id=resident_id, words=decided.reason.strip())
    return row[0]


def revoke(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, reason: str, at: datetime, seen: UUID | None
) -> None:
    """Back to scale 1 from now on; `seen` is the decision in force.

    Raises DecisionRefusedError, UnfitDecisionError, NotInForceError, DecidedMeanwhileError.
    """
    decision.take_turn(conn, actor, resident_id, _ABOUT)
    if fault := decision.revocation_fault(reason):
        raise UnfitDecisionError({"reason": fault})
    standing = _standing(conn, resident_id, at)
    if standing is None:
        raise NotInForceError("No authorisation of scale 2 is in force for this resident.")
    if standing != seen:
        raise DecidedMeanwhileError(_MEANWHILE)
    told = {"resident": resident_id, "at": at, "by": actor.person_id, "reason": reason.strip()}
    conn.execute(_REVOKE, told)
    subject = f"resident:{resident_id}"
    audit.record(
        conn, actor, "scale_two.revoked", subject, at=at, resident_id=resident_id, words=reason.strip()
    )


def _standing(conn: psycopg.Connection, resident_id: UUID, at: datetime) -> UUID | None:
    row = conn.execute(_STANDING, {"resident": resident_id, "at": at}).fetchone()
    return row[0] if row else None
