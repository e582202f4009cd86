"""What time alone brings about: questions nobody answered, residents nobody has heard of.

Guards: silence is measured by arrival on the hub's clock; every deadline is in the database, so a scheduler that
was away finds them all when it is back; what cannot be judged of one resident holds up nobody else.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from alerts import case, questions, rules, store
from alerts.case import Concern
from alerts.policy import Policy, PolicyBook, Severity
from alerts.questions import Question
from alerts.rules import Finding
from delegation import store as delegation_store
from delegation.store import Placement

_log = logging.getLogger(__name__)
_MOST = 500
_TRY_AGAIN_AFTER = timedelta(minutes=10)
_LONDON = ZoneInfo("Europe/London")

_MOVED: LiteralString = """
SELECT escalation.resident_id
FROM alerts.escalation JOIN delegation.resident USING (resident_id)
JOIN delegation.home ON home.home_id = resident.home_id
WHERE escalation.state <> 'closed'
  AND (escalation.home_id <> home.home_id OR escalation.hub_id <> home.hub_id)
LIMIT %s
"""
_LOCK: LiteralString = "SELECT FROM ingest.lock_residents(%s)"
# Of whom nothing ever came, the wait begins when they lived there with a kit to be watched by; where there is none,
# nobody is watched. A hub that has answered a silence is told again if it lasts as long once more. Whose care has ended
# is silent, unless something came since that was recorded: then care goes on.
_SILENT: LiteralString = """
SELECT resident_id, quiet_from, heard, home_id, organisation_id, hub_id
FROM (
    SELECT resident.resident_id, home.home_id, home.organisation_id, home.hub_id,
           vitals.last_arrived_at IS NOT NULL AS heard,
           coalesce(vitals.last_arrived_at, greatest(resident.lives_here_from, watching.lent_at)) AS quiet_from,
           coalesce(own.since, %(since)s) AS since
    FROM delegation.resident
    JOIN delegation.home USING (home_id)
    LEFT JOIN ingest.current_vitals vitals USING (resident_id)
    LEFT JOIN (
        SELECT loan.home_id, min(loan.lent_at) AS lent_at
        FROM devices.kit_loan loan JOIN devices.kit USING (kit_id)
        WHERE loan.returned_at IS NULL AND kit.kind = 'kit' AND kit.revoked_at IS NULL
        GROUP BY loan.home_id
    ) watching USING (home_id)
    LEFT JOIN unnest(%(hubs)s::uuid[], %(sinces)s::timestamptz[]) AS own (hub_id, since) USING (hub_id)
    WHERE vitals.last_arrived_at IS NOT NULL OR watching.lent_at IS NOT NULL
) watched
WHERE quiet_from < since
  AND (%(among)s::uuid[] IS NULL OR resident_id = ANY (%(among)s))
  AND NOT EXISTS (SELECT FROM delegation.end_of_care ended
                  WHERE ended.resident_id = watched.resident_id AND ended.withdrawn_at IS NULL
                    AND ended.recorded_at >= watched.quiet_from)
  AND NOT EXISTS (SELECT FROM delegation.monitoring_pause pause
                  WHERE pause.resident_id = watched.resident_id
                    AND pause.starts_at <= %(at)s AND %(at)s < pause.ends_at)
  AND NOT EXISTS (SELECT FROM alerts.escalation told
                  WHERE told.resident_id = watched.resident_id
                    AND (told.state <> 'closed' OR (told.origin = 'silence' AND told.closed_at >= watched.since)))
ORDER BY quiet_from LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Silent:
    """Somebody of whom nothing has come since `since`, or nothing ever, and then that is when watching began."""

    placement: Placement
    since: datetime
    heard: bool


def run(conn: psycopg.Connection, at: datetime) -> int:
    """Raise what is due; returns how many findings that was. The caller commits."""
    policies = store.policies_in_force(conn, at)
    residents = {question.resident_id for question in questions.due(conn, at, _MOST)}
    residents |= {one.placement.resident_id for one in _silent(conn, policies, at)}
    moved = {resident for (resident,) in conn.execute(_MOVED, (_MOST,)).fetchall()}
    residents |= moved
    if not residents:
        return 0
    # All of them before anything else is locked. An answer or a reading may have come while we waited: look again.
    conn.execute(_LOCK, (sorted(residents),))
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
    concerns += [_silence(one) for one in _silent(conn, policies, at, among)]
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
    due = questions.due(conn, at, _MOST, residents)
    placements = delegation_store.placements(conn, residents)
    questions.answered(conn, [question.resident_id for question in due])
    return [
        _excluded_by_nobody(question, placements[question.resident_id], policies)
        for question in due
        if question.resident_id in placements
    ]


def _silent(
    conn: psycopg.Connection, policies: PolicyBook, at: datetime, among: Collection[UUID] | None = None
) -> list[_Silent]:
    """Who has been silent for longer than their hub's policy lets them be."""
    wanted = {
        "at": at,
        "since": _since(policies.default, at),
        "hubs": list(policies.of_hub),
        "sinces": [_since(policy, at) for policy in policies.of_hub.values()],
        "among": None if among is None else list(among),
        "most": _MOST,
    }
    return [
        _Silent(Placement(resident, *place), since, heard)
        for resident, since, heard, *place in conn.execute(_SILENT, wanted).fetchall()
    ]


def _since(policy: Policy, at: datetime) -> datetime:
    return at - timedelta(hours=policy.silent_after_hours)


def _excluded_by_nobody(question: Question, placement: Placement, policies: PolicyBook) -> Concern:
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


def _silence(one: _Silent) -> Concern:
    since = f"{one.since.astimezone(_LONDON):%d %B at %H:%M}"
    sentence = f"Nothing has arrived about this resident since {since}."
    if not one.heard:
        sentence = f"Nothing has ever arrived about this resident, watched since {since}."
    return Concern(one.placement, [Finding("silence", Severity.SILENT, sentence)], origin="silence")
