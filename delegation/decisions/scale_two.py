"""Authorise scoring on SpO2 scale 2 for a resident, review the authorisation, and revoke it.

Guards: it needs a named, registered decision-maker, confirmed hypercapnic respiratory failure, a target of 88 to 92%
and a review. It holds from now on, never for earlier readings. A review is a new decision. An overdue review ends
nothing; only revocation or the authorisation's own end does. A colleague's newer decision is not ended unseen.

Source: RCP, NEWS2, 2017.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation.decisions.decision import ClinicalDecision
from delegation.decisions.succession import Succession
from delegation.people import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(ClinicalDecision):
    """The decision to score a resident on SpO2 scale 2."""

    hypercapnic_failure_confirmed: bool
    target_88_to_92: bool

    def faults(self, at: datetime) -> dict[str, str]:
        """Return a sentence for each field that keeps this from being recorded."""
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

_SCALE_TWO = Succession(
    about="scale 2",
    subject="authorisation",
    actions=("scale_two.authorised", "scale_two.reviewed", "scale_two.revoked"),
    none_in_force="No authorisation of scale 2 is in force for this resident.",
    meanwhile="A colleague has just recorded something else about scale 2: look at it first.",
    standing=_STANDING,
    record=_RECORD,
    revoke=_REVOKE,
    review_ends_the_last=False,
)


def authorise(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    decided: Decision,
    at: datetime,
    seen: UUID | None,
) -> UUID:
    """Record the decision: the first, or a new one at a review of `seen`. Raises as `Succession.decide`."""
    return _SCALE_TWO.decide(conn, actor, resident_id, decided, at, seen)


def revoke(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, reason: str, at: datetime, seen: UUID | None
) -> None:
    """Return to scale 1 from now on; `seen` is the decision in force. Raises as `Succession.end`."""
    _SCALE_TWO.end(conn, actor, resident_id, reason, at, seen)
