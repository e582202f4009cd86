"""Records a ceiling of treatment for one resident, that it was reviewed or replaced, and that it was revoked.

Guards: on the word of a named, registered clinician, in words that are read at a glance, with what it rests on and a
review; it is shown, and changes no score and no escalation; one is in force at a time, an overdue review never ends it,
and what a colleague decided meanwhile is not ended unseen.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation.decision import ClinicalDecision, reason_fault
from delegation.people import Actor
from delegation.succession import Succession

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
    """How far treatment is to go: `statement` says it as everybody who sees the resident reads it."""

    statement: str

    def faults(self, at: datetime) -> dict[str, str]:
        """What keeps it from being recorded, by field."""
        found = {
            "statement": reason_fault(self.statement, "Say how far treatment is to go", LONGEST_STATEMENT)
        } | self.common_faults(at, "Say what the decision rests on, and with whom it was agreed")
        return {name: sentence for name, sentence in found.items() if sentence}

    def row(self, actor: Actor, at: datetime) -> dict[str, object]:
        """As it is recorded, from now on."""
        return ClinicalDecision.row(self, actor, at) | {"statement": self.statement.strip()}


def decide(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    decided: Decision,
    at: datetime,
    seen: UUID | None = None,
) -> UUID:
    """Record the ceiling, in the place of the one in force, which is `seen`. Raises as `Succession.decide`."""
    return _CEILINGS.decide(conn, actor, resident_id, decided, at, seen)


def revoke(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, reason: str, at: datetime, seen: UUID | None
) -> None:
    """End the ceiling, which is `seen`: none is recorded from now on. Raises as `Succession.end`."""
    _CEILINGS.end(conn, actor, resident_id, reason, at, seen)
