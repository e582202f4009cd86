"""Record, review, replace and revoke a ceiling of treatment for one resident.

Guards: a ceiling needs a named, registered clinician, a short statement, its reason and a review. It is shown; it
changes no score and no escalation. One is in force at a time, and an overdue review never ends it. A colleague's newer
decision is not ended unseen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import turns
from delegation.decisions.decision import ClinicalDecision, reason_fault
from delegation.decisions.succession import Succession
from delegation.people import Actor

LONGEST_STATEMENT = 200

_STANDING: LiteralString = """
SELECT ceiling_id FROM delegation.ceiling WHERE resident_id = %(resident)s AND revoked_at IS NULL
"""
_RECORD: LiteralString = """
INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason, decided_at,
    starts_at, review_by, recorded_by, looked_up_at)
VALUES (%(resident)s, %(statement)s, %(clinician_name)s, %(regulator)s, %(regulator_number)s, %(reason)s,
    %(decided_at)s, %(starts_at)s, %(review_by)s, %(recorded_by)s, %(looked_up_at)s) RETURNING ceiling_id
"""
_REVOKE: LiteralString = """
UPDATE delegation.ceiling SET revoked_at = %(at)s, revoked_by = %(by)s, revoked_because = %(reason)s
WHERE ceiling_id = %(standing)s
"""
_CEILINGS = Succession(
    about="a ceiling of treatment",
    subject="ceiling",
    actions=("ceiling.decided", "ceiling.reviewed", "ceiling.revoked"),
    none_in_force="No ceiling of treatment is in force for this resident.",
    meanwhile="A colleague has just recorded something else about a ceiling of treatment: look at it first.",
    standing=_STANDING,
    record=_RECORD,
    revoke=_REVOKE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(ClinicalDecision):
    """How far treatment is to go. `statement` is shown as it is to everybody who sees the resident."""

    statement: str

    def faults(self, at: datetime) -> dict[str, str]:
        """Return a sentence for each field that keeps this from being recorded."""
        found = {
            "statement": reason_fault(self.statement, "Say how far treatment is to go", LONGEST_STATEMENT)
        } | self.common_faults(at, "Say what the decision rests on, and with whom it was agreed")
        return {name: sentence for name, sentence in found.items() if sentence}

    def row(self, actor: Actor, at: datetime) -> dict[str, object]:
        """Return the row to record, in force from `at`."""
        return ClinicalDecision.row(self, actor, at) | {"statement": self.statement.strip()}


def held(conn: psycopg.Connection, resident_id: UUID) -> UUID | None:
    """Return the ceiling in force, which nobody else changes until the transaction ends; None: there is none."""
    turns.take(conn, "decision", resident_id)
    row = conn.execute(_STANDING, {"resident": resident_id}).fetchone()
    return row[0] if row else None


def decide(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    decided: Decision,
    at: datetime,
    seen: UUID | None,
) -> UUID:
    """Record the ceiling in place of `seen`, the one in force. Raises as `Succession.decide`."""
    return _CEILINGS.decide(conn, actor, resident_id, decided, at, seen)


def revoke(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, reason: str, at: datetime, seen: UUID | None
) -> None:
    """Revoke the ceiling in force, which is `seen`. Raises as `Succession.end`."""
    _CEILINGS.end(conn, actor, resident_id, reason, at, seen)
