"""Record, review and revoke a resident's own limit for one vital sign.

Guards: a limit needs a named, registered clinician, a reason and a review. It adds remarks and removes none: no score,
red score or limit of the hub is weakened. It holds from now on. A review is a new decision, and an overdue one ends
nothing. A colleague's newer decision is not ended unseen.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation.decisions.decision import ClinicalDecision
from delegation.decisions.succession import Succession
from delegation.people import Actor

# The signs that are quantities, in the order of the pages. A test compares them with those in devices.
SIGNS = ("respiration_rate", "spo2", "systolic", "diastolic", "pulse", "temperature")
_MOST, _DECIMALS = Decimal(1000), 2
_NO_NUMBER = "Give a number, with two decimals at the most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(ClinicalDecision):
    """The limits to remark on: a value under `low` or over `high`, in the sign's unit; None: no limit that way."""

    sign: str
    low: Decimal | None
    high: Decimal | None

    def faults(self, at: datetime) -> dict[str, str]:
        """Return a sentence for each field that keeps this from being recorded."""
        found = {
            "sign": "" if self.sign in SIGNS else "Choose the vital sign",
            "low": self._low_fault(),
            "high": "" if _is_sound(self.high) else _NO_NUMBER,
        } | self.common_faults(at, "Say what the decision rests on")
        return {name: sentence for name, sentence in found.items() if sentence}

    def _low_fault(self) -> str:
        if not _is_sound(self.low):
            return _NO_NUMBER
        if self.low is None and self.high is None:
            return "Give at least one of the two limits"
        crossed = (
            self.low is not None and self.high is not None and _is_sound(self.high) and self.low >= self.high
        )
        return "The lower limit must lie under the upper one" if crossed else ""

    def row(self, actor: Actor, at: datetime) -> dict[str, object]:
        """Return the row to record, in force from `at`."""
        limit: dict[str, object] = {"sign": self.sign, "low": self.low, "high": self.high}
        return ClinicalDecision.row(self, actor, at) | limit


def _is_sound(limit: Decimal | None) -> bool:
    """Return whether the limit is possible; thirty decimals, or thousands, are a slip."""
    return limit is None or (limit.is_finite() and 0 <= limit < _MOST and limit == round(limit, _DECIMALS))


_RECORD: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, low, high, clinician_name, regulator, regulator_number,
    reason, decided_at, starts_at, review_by, recorded_by, looked_up_at)
VALUES (%(resident)s, %(sign)s, %(low)s, %(high)s, %(clinician_name)s, %(regulator)s, %(regulator_number)s, %(reason)s,
    %(decided_at)s, %(starts_at)s, %(review_by)s, %(recorded_by)s, %(looked_up_at)s) RETURNING limit_id
"""
_STANDING: LiteralString = """
SELECT limit_id FROM delegation.personal_limit
WHERE resident_id = %(resident)s AND sign = %(sign)s AND revoked_at IS NULL
"""
_REVOKE: LiteralString = """
UPDATE delegation.personal_limit SET revoked_at = %(at)s, revoked_by = %(by)s, revoked_because = %(reason)s
WHERE limit_id = %(standing)s
"""
_LIMITS = Succession(
    about="their own limits",
    subject="limit",
    actions=("personal_limit.decided", "personal_limit.reviewed", "personal_limit.revoked"),
    none_in_force="No limit of this resident's own is in force for this vital sign.",
    meanwhile="A colleague has just recorded something else for this vital sign: look at it first.",
    standing=_STANDING,
    record=_RECORD,
    revoke=_REVOKE,
)


def decide(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    decided: Decision,
    at: datetime,
    seen: UUID | None,
) -> UUID:
    """Record the limit in place of the one in force for this sign. Raises as `Succession.decide`."""
    return _LIMITS.decide(conn, actor, resident_id, decided, at, seen, {"sign": decided.sign})


def revoke(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    sign: str,
    reason: str,
    at: datetime,
    seen: UUID | None,
) -> None:
    """Revoke the limit in force for this sign, which is `seen`. Raises as `Succession.end`."""
    _LIMITS.end(conn, actor, resident_id, reason, at, seen, {"sign": sign})
