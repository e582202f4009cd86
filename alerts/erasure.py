"""Erasing what was concluded about one resident, once its time has come.

Guards: a closed case still counts, with its times and disposition, but none of its words and numbers remain.
The caller leaves out residents with an open case (`with_open_case`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

_OPEN: LiteralString = """
SELECT DISTINCT resident_id FROM alerts.escalation WHERE resident_id = ANY (%s) AND state <> 'closed'
"""
_SCORES: LiteralString = (
    "DELETE FROM alerts.score WHERE resident_id = %s AND effective_at >= %s AND effective_at <= %s"
)
# Scores that other residents were given with this resident's readings. Without the corrections, which are
# erased too, they would seem to be right.
_SCORES_OF: LiteralString = (
    "DELETE FROM alerts.score WHERE kit_id = %s AND reading_id = %s AND effective_at = %s"
)
_ESCALATIONS: LiteralString = """
UPDATE alerts.escalation SET why = 'Erased.', note = NULL, low = NULL WHERE resident_id = %s
"""
_FINDINGS: LiteralString = """
UPDATE alerts.finding SET sentence = 'Erased.', low = NULL, evidence = '[]' WHERE resident_id = %s
"""
_EVENTS: LiteralString = """
UPDATE alerts.escalation_event SET words = NULL, cause_reading_id = NULL
WHERE escalation_id IN (SELECT escalation_id FROM alerts.escalation WHERE resident_id = %s)
"""
_CALLS: LiteralString = "DELETE FROM alerts.phone_call WHERE resident_id = %s"
_QUESTION: LiteralString = "DELETE FROM alerts.open_question WHERE resident_id = %s"
_CLOCKS: LiteralString = """
UPDATE alerts.clock_run SET (residents, arrivals) = (
    SELECT coalesce(array_agg(one.resident ORDER BY one.place), '{}'),
           coalesce(array_agg(one.arrived ORDER BY one.place), '{}')
    FROM unnest(residents, arrivals) WITH ORDINALITY AS one (resident, arrived, place)
    WHERE one.resident <> %(resident)s)
WHERE residents @> ARRAY[%(resident)s]::uuid[]
"""
_OF_NOBODY: LiteralString = "DELETE FROM alerts.clock_run WHERE residents = '{}'"


def with_open_case(conn: psycopg.Connection, residents: Collection[UUID]) -> set[UUID]:
    """Return those of these residents who have an open case."""
    return {resident for (resident,) in conn.execute(_OPEN, (list(residents),))}


def erase(
    conn: psycopg.Connection,
    resident_id: UUID,
    span: tuple[datetime, datetime] | None,
    moved: Iterable[tuple[UUID, UUID, datetime]] = (),
) -> dict[str, int]:
    """Erase a resident's scores within the span of their readings, and the words of their cases; return the counts.

    `moved`: their readings that other residents were scored with, by kit, id and effective time. Those scores
    go too.
    """
    clocks = conn.execute(_CLOCKS, {"resident": resident_id}).rowcount
    conn.execute(_OF_NOBODY)
    scores = conn.execute(_SCORES, (resident_id, *span)).rowcount if span else 0
    scores += sum(conn.execute(_SCORES_OF, one).rowcount for one in moved)
    return {
        "scores": scores,
        "escalations": conn.execute(_ESCALATIONS, (resident_id,)).rowcount,
        "findings": conn.execute(_FINDINGS, (resident_id,)).rowcount,
        "events": conn.execute(_EVENTS, (resident_id,)).rowcount,
        "phone calls": conn.execute(_CALLS, (resident_id,)).rowcount,
        "questions": conn.execute(_QUESTION, (resident_id,)).rowcount,
        "clocks": clocks,
    }
