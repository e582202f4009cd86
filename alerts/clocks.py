"""What time alone brings about: questions nobody answered, residents nobody has heard of.

Guards: silence is measured by arrival on the hub's clock; every deadline is in the database, so a scheduler that
was away finds them all when it is back.
"""

from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts import case, questions, rules, store
from alerts.case import Concern
from alerts.policy import PolicyBook, Severity
from alerts.questions import Question
from alerts.rules import Finding
from delegation import store as delegation_store

_MOST = 500

_LOCK: LiteralString = "SELECT FROM ingest.lock_residents(%s)"
_STILL_OPEN: LiteralString = """
SELECT resident_id FROM alerts.open_question WHERE resident_id = ANY (%s) AND answer_by <= %s
"""
# Only residents a kit has ever spoken for: silence is the end of something.
_SILENT: LiteralString = """
SELECT resident_id, last_arrived_at FROM ingest.current_vitals
WHERE last_arrived_at < %s
  AND NOT EXISTS (SELECT FROM alerts.escalation
                  WHERE escalation.resident_id = current_vitals.resident_id
                    AND (state <> 'closed' OR escalation.raised_at > current_vitals.last_arrived_at))
ORDER BY resident_id LIMIT %s
"""


def run(conn: psycopg.Connection, at: datetime) -> int:
    """Raise what is due; returns how many residents that was. The caller commits."""
    policies = store.policies_in_force(conn, at)
    return _unanswered(conn, policies, at) + _silent(conn, policies, at)


def _unanswered(conn: psycopg.Connection, policies: PolicyBook, at: datetime) -> int:
    waiting = {question.resident_id: question for question in questions.due(conn, at, _MOST)}
    if not waiting:
        return 0
    conn.execute(_LOCK, (sorted(waiting),))
    # An answer may have come while we waited for the lock.
    still = {row[0] for row in conn.execute(_STILL_OPEN, (list(waiting), at)).fetchall()}
    placements = delegation_store.placements(conn, still)
    concerns = [
        _excluded_by_nobody(waiting[resident], placements[resident], policies)
        for resident in sorted(still & placements.keys())
    ]
    questions.answered(conn, still)
    case.open_or_join(conn, concerns, policies, at)
    return len(concerns)


def _excluded_by_nobody(
    question: Question, placement: delegation_store.Placement, policies: PolicyBook
) -> Concern:
    found = rules.could_not_be_excluded(
        question.low, question.high, question.deciding, policies.for_hub(placement.hub_id)
    )
    return Concern(
        placement=placement,
        found=[found],
        evidence=[
            {
                "kit": str(question.kit_id),
                "reading": str(question.reading_id),
                "effective_at": question.effective_at.isoformat(),
            }
        ],
        low=question.low,
        high=question.high,
        cause_reading_id=question.reading_id,
    )


def _silent(conn: psycopg.Connection, policies: PolicyBook, at: datetime) -> int:
    shortest = min(one.silent_after_hours for one in (policies.default, *policies.of_hub.values()))
    quiet: dict[UUID, datetime] = dict(
        conn.execute(_SILENT, (at - timedelta(hours=shortest), _MOST)).fetchall()
    )
    if not quiet:
        return 0
    conn.execute(_LOCK, (sorted(quiet),))
    placements = delegation_store.placements(conn, quiet)
    authorities = delegation_store.authorities(conn, quiet)
    concerns = [
        Concern(placement, [_silence(quiet[resident])], origin="silence")
        for resident, placement in sorted(placements.items())
        if not authorities[resident].paused(at)
        and quiet[resident] < at - timedelta(hours=policies.for_hub(placement.hub_id).silent_after_hours)
    ]
    case.open_or_join(conn, concerns, policies, at)
    return len(concerns)


def _silence(last: datetime) -> Finding:
    sentence = f"Nothing has arrived about this resident since {last:%d %B %H:%M} UTC."
    return Finding("silence", Severity.SILENT, sentence)
