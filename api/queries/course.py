"""How a resident has been while their case was open: the worst score, the latest score, and what was said.

Guards: it is read for many cases at once, as the actor, within a limited time. Of a reading's scores, the one caused by
the latest arrival stands. A score is always given with its moment.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from api.queries.reasons import Reason, reasons
from api.queries.said import Said, Window, alike, as_arrays, said
from ingest.quality import AHEAD

# For a case that is open longer, only this much is read: earlier scores say little about now.
LONGEST = timedelta(days=30)
# Nearly everybody was measured recently; for the others the search goes further back.
_LOOK_BACK = (timedelta(hours=6), timedelta(days=3), timedelta(days=30))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds, band and red score of one moment."""

    low: int
    high: int
    assumed_air: bool
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """The course of one case. `since`: when it was raised, or the newest reading of its first findings, if earlier."""

    since: datetime
    read_from: datetime
    """`since`, or 30 days ago if later; the worst score and what was said are no older."""
    worst: Bounds | None
    latest: Bounds | None
    """Within 30 days; None for a closed case."""
    last_arrived_at: datetime | None
    not_scored: bool
    """Whether NEWS2 is not used for this resident."""
    said: list[Said]
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class _Case:
    window: Window
    since: datetime
    read_from: datetime
    is_open: bool
    last_arrived_at: datetime | None
    not_scored: bool


# The first finding may rest on a reading older than the case: it came late, or an answer was awaited.
_CASES: LiteralString = """
SELECT escalation.escalation_id, escalation.resident_id, escalation.closed_at,
       least(escalation.raised_at, min(found.newest)) AS since,
       least(escalation.raised_at, min(found.oldest)) AS earliest,
       vitals.last_arrived_at, resident.no_score_reason IS NOT NULL AS not_scored
FROM alerts.escalation
JOIN delegation.resident USING (resident_id)
LEFT JOIN ingest.current_vitals vitals USING (resident_id)
LEFT JOIN LATERAL (
    SELECT min((item ->> 'effective_at')::timestamptz) AS oldest,
           max((item ->> 'effective_at')::timestamptz) AS newest
    FROM alerts.finding, jsonb_array_elements(finding.evidence) item
    WHERE finding.escalation_id = escalation.escalation_id
      AND finding.found_at <= escalation.raised_at + interval '1 day'
    GROUP BY finding.finding_id
) found ON true
WHERE escalation.escalation_id = ANY (%s)
GROUP BY escalation.escalation_id, vitals.last_arrived_at, resident.no_score_reason
"""
_WORST: LiteralString = """
SELECT DISTINCT ON (span.escalation_id)
       span.escalation_id, standing.low, standing.high, standing.assumed_air, standing.effective_at
FROM unnest(%(cases)s::uuid[], %(residents)s::uuid[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
    AS span (escalation_id, resident_id, since, until)
JOIN (
    SELECT DISTINCT ON (resident_id, effective_at, kit_id, reading_id)
           resident_id, effective_at, low, high, assumed_air
    FROM alerts.visible_score
    WHERE resident_id = ANY (%(residents)s) AND effective_at BETWEEN %(earliest)s AND %(latest)s
    ORDER BY resident_id, effective_at, kit_id, reading_id, cause_arrival DESC
) standing ON standing.resident_id = span.resident_id AND standing.effective_at BETWEEN span.since AND span.until
ORDER BY span.escalation_id, standing.low DESC, standing.high DESC, standing.effective_at DESC
"""
_LATEST: LiteralString = """
SELECT DISTINCT ON (resident_id) resident_id, low, high, assumed_air, effective_at
FROM alerts.visible_score
WHERE resident_id = ANY (%s) AND effective_at BETWEEN %s AND %s
ORDER BY resident_id, effective_at DESC, arrival_number DESC, cause_arrival DESC
"""


def courses(conn: psycopg.Connection[Any], escalations: Collection[UUID], at: datetime) -> dict[UUID, Course]:
    """Return the course of each of these cases, open or closed, that the actor may see."""
    cases = _cases(conn, escalations, at)
    if not cases:
        return {}
    worst = _worst(conn, cases)
    latest = _latest(conn, {one.window.resident_id for one in cases if one.is_open}, at)
    words = said(conn, [one.window for one in cases])
    why = reasons(conn, [one.window.escalation_id for one in cases])
    return {
        case.window.escalation_id: Course(
            since=case.since,
            read_from=case.read_from,
            worst=worst.get(case.window.escalation_id),
            latest=latest.get(case.window.resident_id) if case.is_open else None,
            last_arrived_at=case.last_arrived_at,
            not_scored=case.not_scored,
            said=words.get(case.window.escalation_id, []),
            reasons=why.get(case.window.escalation_id, []),
        )
        for case in cases
    }


def _cases(conn: psycopg.Connection[Any], escalations: Collection[UUID], at: datetime) -> list[_Case]:
    if not escalations:
        return []
    return [
        _Case(
            window=Window(
                escalation_id,
                resident_id,
                max(earliest, (closed_at or at) - LONGEST),
                closed_at or at + AHEAD,
            ),
            since=since,
            read_from=max(since, (closed_at or at) - LONGEST),
            is_open=closed_at is None,
            last_arrived_at=last_arrived_at,
            not_scored=not_scored,
        )
        for escalation_id, resident_id, closed_at, since, earliest, last_arrived_at, not_scored in conn.execute(
            _CASES, (list(escalations),)
        )
    ]


def _worst(conn: psycopg.Connection[Any], cases: Collection[_Case]) -> dict[UUID, Bounds]:
    windows = [
        Window(one.window.escalation_id, one.window.resident_id, one.read_from, one.window.until)
        for one in cases
    ]
    return {
        case: Bounds(*row) for some in alike(windows) for case, *row in conn.execute(_WORST, as_arrays(some))
    }


def _latest(conn: psycopg.Connection[Any], residents: Collection[UUID], at: datetime) -> dict[UUID, Bounds]:
    found: dict[UUID, Bounds] = {}
    for back in _LOOK_BACK:
        missing = set(residents) - found.keys()
        if not missing:
            break
        rows = conn.execute(_LATEST, (list(missing), at - back, at + AHEAD))
        found |= {resident: Bounds(*row) for resident, *row in rows}
    return found
