"""What time alone brings about: questions nobody answered, residents nobody has heard of.

Guards: silence is measured by arrival on the hub's clock; every deadline is in the database, so a scheduler that
was away finds them all when it is back; what cannot be judged of one resident holds up nobody else.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts import case, questions, rules, silence
from alerts.case import Concern
from alerts.policy import PolicyBook
from alerts.questions import Question
from alerts.standing import policies_in_force
from delegation import store as delegation_store
from delegation.store import Placement

_log = logging.getLogger(__name__)
_MOST = 500
_TRY_AGAIN_AFTER = timedelta(minutes=10)

_MOVED: LiteralString = """
SELECT escalation.resident_id
FROM alerts.escalation JOIN delegation.resident USING (resident_id)
JOIN delegation.home ON home.home_id = resident.home_id
WHERE escalation.state <> 'closed'
  AND (escalation.home_id <> home.home_id OR escalation.hub_id <> home.hub_id)
LIMIT %s
"""
_UNFIT: LiteralString = """
SELECT resident_id FROM delegation.resident WHERE resident_id = ANY (%s) AND no_score_reason IS NOT NULL
"""
_LOCK: LiteralString = "SELECT resident_id, arrivals FROM ingest.lock_residents(%s)"
# What a replay goes by: when clocks were found due, whose, and how much was known of each by then.
_RAN: LiteralString = "INSERT INTO alerts.clock_run (run_at, residents, arrivals) VALUES (%s, %s, %s)"


def run(conn: psycopg.Connection, at: datetime) -> int:
    """Raise what is due; returns how many findings that was. The caller commits."""
    policies = policies_in_force(conn, at)
    residents = {question.resident_id for question in questions.due(conn, at, _MOST)}
    residents |= {one.placement.resident_id for one in silence.concerns(conn, policies, at)}
    moved = {resident for (resident,) in conn.execute(_MOVED, (_MOST,)).fetchall()}
    residents |= moved
    # All of them before anything else is locked. An answer or a reading may have come while we waited: look again.
    if not residents:
        return 0
    locked = conn.execute(_LOCK, (sorted(residents),)).fetchall()
    conn.execute(_RAN, (at, [resident for resident, _ in locked], [arrivals for _, arrivals in locked]))
    if moved:
        case.follow(conn, moved, at)
    try:
        with conn.transaction():
            return _raise_for(conn, policies, at, residents)
    except psycopg.OperationalError:
        raise  # the database's own trouble: all of it is tried again
    except Exception:
        _log.exception("could not judge %d residents together: each by itself", len(residents))
    return sum(_raise_for_one(conn, policies, at, resident) for resident in sorted(residents))


def _raise_for(conn: psycopg.Connection, policies: PolicyBook, at: datetime, among: Collection[UUID]) -> int:
    concerns = _unanswered(conn, policies, at, among)
    concerns += silence.concerns(conn, policies, at, among)
    case.open_or_join(conn, concerns, policies, at)
    return len(concerns)


def _raise_for_one(conn: psycopg.Connection, policies: PolicyBook, at: datetime, resident: UUID) -> int:
    try:
        with conn.transaction():
            return _raise_for(conn, policies, at, [resident])
    except psycopg.OperationalError:
        raise
    except Exception:
        _log.exception("could not judge what is due of resident %s", resident)
        questions.postpone(conn, resident, at + _TRY_AGAIN_AFTER)
        return 0


def _unanswered(
    conn: psycopg.Connection, policies: PolicyBook, at: datetime, residents: Collection[UUID]
) -> list[Concern]:
    """Of whom NEWS2 does not fit any more nothing is told: their question goes without a word of a score."""
    due = questions.due(conn, at, _MOST, residents)
    placements = delegation_store.placements(conn, residents)
    questions.answered(conn, [question.resident_id for question in due])
    unfit = {resident for (resident,) in conn.execute(_UNFIT, (list(residents),)).fetchall()}
    concerns = [
        _excluded_by_nobody(question, placements[question.resident_id], policies)
        for question in due
        if question.resident_id in placements and question.resident_id not in unfit
    ]
    return [one for one in concerns if one.found]


def _excluded_by_nobody(question: Question, placement: Placement, policies: PolicyBook) -> Concern:
    found = rules.could_not_be_excluded(
        question.low, question.high, question.deciding, policies.for_hub(placement.hub_id)
    )
    return Concern(
        placement=placement,
        found=found,
        evidence=[
            {
                "kit": str(question.kit_id),
                "reading": str(question.reading_id),
                "effective_at": question.effective_at.isoformat(),
            }
        ],
        low=question.low,
        cause_reading_id=question.reading_id,
    )
