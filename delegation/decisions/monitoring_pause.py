"""Pause a resident's monitoring while they are in hospital or away, and end the pause.

Guards: the home's manager or the hub records it, with a reason and an end. Every pause has an end, and none reaches
back more than a few days. A pause that replaces or ends another must name it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation import audit
from delegation.decisions import decision
from delegation.decisions.decision import (
    HOME_OR_HUB,
    DecidedMeanwhileError,
    NotInForceError,
    UnfitDecisionError,
)
from delegation.people import Actor

LONGEST = timedelta(days=28)
"""Our starting value, for a clinician to change: by then somebody must record that the resident is still away."""
LONGEST_BEFORE = timedelta(days=7)
LONGEST_REASON = 100
ABOUT = "a pause of their monitoring"
_MEANWHILE = "A colleague has just recorded something else about a pause: look at it first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Why, from when and until when a resident is not watched."""

    reason: str
    starts_at: datetime
    ends_at: datetime

    def faults(self, at: datetime) -> dict[str, str]:
        """Return a sentence for each field that keeps this from being recorded."""
        found = {
            "reason": decision.reason_fault(self.reason, "Say why they are away", LONGEST_REASON),
            "starts_at": _start_fault(self.starts_at, at),
            "ends_at": _end_fault(self.ends_at, at),
        }
        return {name: sentence for name, sentence in found.items() if sentence}


def _start_fault(starts_at: datetime, at: datetime) -> str:
    if starts_at > at:
        return "They are watched until they have gone: record it then"
    early = starts_at < at - LONGEST_BEFORE
    return f"Choose a day within the last {LONGEST_BEFORE.days} days" if early else ""


def _end_fault(ends_at: datetime, at: datetime) -> str:
    if ends_at <= at:
        return "Choose a day to come, or today"
    late = ends_at > at + LONGEST
    return f"Choose a day within {LONGEST.days} days: you can record it again then" if late else ""


_RECORD: LiteralString = """
INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
VALUES (%(resident)s, %(reason)s, %(starts_at)s, %(ends_at)s, %(by)s, %(at)s) RETURNING pause_id
"""
_STANDING: LiteralString = """
SELECT pause_id FROM delegation.monitoring_pause
WHERE resident_id = %(resident)s AND ended_by IS NULL AND starts_at <= %(at)s AND ends_at > %(at)s
ORDER BY ends_at DESC LIMIT 1
"""
_END: LiteralString = """
UPDATE delegation.monitoring_pause SET ends_at = %(at)s, ended_by = %(by)s WHERE pause_id = %(pause)s
"""


def begin(
    conn: psycopg.Connection, actor: Actor, resident_id: UUID, away: Away, at: datetime, seen: UUID | None
) -> UUID:
    """Record the pause in place of `seen`, the one in force; None: there was none.

    Raises DecisionRefusedError, UnfitDecisionError, and DecidedMeanwhileError where a colleague was first.
    """
    decision.take_turn(conn, actor, resident_id, ABOUT, HOME_OR_HUB)
    if faults := away.faults(at):
        raise UnfitDecisionError(faults)
    if _standing(conn, resident_id, at) != seen:
        raise DecidedMeanwhileError(_MEANWHILE)
    if seen is not None:
        _end(conn, actor, seen, at)
    reason = away.reason.strip()
    said = {"reason": reason, "starts_at": away.starts_at, "ends_at": away.ends_at}
    row = conn.execute(_RECORD, said | {"resident": resident_id, "by": actor.person_id, "at": at}).fetchone()
    if row is None:
        raise RuntimeError("The pause was not recorded.")
    action = "pause.changed" if seen else "pause.recorded"
    audit.record(conn, actor, action, f"pause:{row[0]}", at=at, resident_id=resident_id, words=reason)
    return row[0]


def end(conn: psycopg.Connection, actor: Actor, resident_id: UUID, pause_id: UUID, at: datetime) -> None:
    """End the pause now. Raises DecisionRefusedError, NotInForceError, DecidedMeanwhileError."""
    decision.take_turn(conn, actor, resident_id, ABOUT, HOME_OR_HUB)
    standing = _standing(conn, resident_id, at)
    if standing is None:
        raise NotInForceError("Their monitoring is not paused any more.")
    if standing != pause_id:
        raise DecidedMeanwhileError(_MEANWHILE)
    _end(conn, actor, pause_id, at)
    audit.record(conn, actor, "pause.ended", f"pause:{pause_id}", at=at, resident_id=resident_id)


def _standing(conn: psycopg.Connection, resident_id: UUID, at: datetime) -> UUID | None:
    row = conn.execute(_STANDING, {"resident": resident_id, "at": at}).fetchone()
    return row[0] if row else None


def _end(conn: psycopg.Connection, actor: Actor, pause_id: UUID, at: datetime) -> None:
    conn.execute(_END, {"pause": pause_id, "at": at, "by": actor.person_id})
