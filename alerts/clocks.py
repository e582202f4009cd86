"""What falls due by time alone: questions that nobody answered and residents who have gone silent.

Guards: silence is measured from a reading's arrival, by the hub's clock. Deadlines live in the database, so a
scheduler that was down finds them all when it restarts. A resident who cannot be judged does not delay the
others.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts import questions, rules, silence
from alerts.cases import case
from alerts.cases.case import Concern
from alerts.policy import PolicyBook
from alerts.questions import Question
from alerts.standing import policies_in_force
from delegation import store as delegation_store
from delegation.store import Placement
from ingest.trouble import blames_no_rule

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
# A replay reads these rows: when clocks were due, for whom, and how many readings of each had arrived.
_RAN: LiteralString = "INSERT INTO alerts.clock_run (run_at, residents, arrivals) VALUES (%s, %s, %s)"


def run(conn: psycopg.Connection, at: datetime) -> int:
    """Raise what is due; return how many findings that made. The caller commits."""
    policies = policies_in_force(conn, at)
    residents = {question.resident_id for question in questions.due(conn, at, _MOST)}
    residents |= {one.placement.resident_id for one in silence.concerns(conn, policies, at)}
    moved = {resident for (resident,) in conn.execute(_MOVED, (_MOST,)).fetchall()}
    residents |= moved
    # Residents are locked before anything else. A reading may arrive during the wait, so all is read again
    # below.
    if not residents:
        return 0
    locked = conn.execute(_LOCK, (sorted(residents),)).fetchall()
    conn.execute(_RAN, (at, [resident for resident, _ in locked], [arrivals for _, arrivals in locked]))
    if moved:
        case.follow(conn, moved, at)
    try:
        with conn.transaction():
            return _raise_for(conn, policies, at, residents)
    except Exception as error:
        if blames_no_rule(error):
            raise  # the next run tries it all again
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
    except Exception as error:
        if blames_no_rule(error):
            raise
        _log.exception("could not judge what is due of resident %s", resident)
        questions.postpone(conn, resident, at + _TRY_AGAIN_AFTER)
        return 0


def _unanswered(
    conn: psycopg.Connection, policies: PolicyBook, at: datetime, residents: Collection[UUID]
) -> list[Concern]:
    """Close the questions that are due; return a concern for each whose hub is to be told.

    Questions about residents whom NEWS2 no longer fits are dropped.
    """
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
