"""What people said while a case was open: phone calls, and signs, worries and notes that came with readings.

Guards: it is read as the actor, so what they may not see, or was told to others alone, is left out. So are readings
taken from somebody else. Time and number are limited.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

_SHORT = timedelta(days=3)
MOST_SAID = 20
"""Of each kind and case: the newest."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which what was measured and said belongs to a resident's case."""

    escalation_id: UUID
    resident_id: UUID
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that somebody said. `by` took the call, or the reading it came with."""

    at: datetime
    by_phone: bool
    by: UUID | None
    by_name: str | None
    known_by: str | None
    words: str | None
    soft_signs: list[str]
    worry: str | None
    emergency_signs: list[str]
    """The signs that go straight to 999."""
    phoned_999: bool
    stays_at_hub: bool = False
    """Whether only the hub reads it."""


_CALLS: LiteralString = """
SELECT escalation_id, at, true AS by_phone, by, person.name AS by_name, NULL AS known_by, words,
       '{}'::text[] AS soft_signs, NULL AS worry, '{}'::text[] AS emergency_signs, false AS phoned_999, stays_at_hub
FROM (
    SELECT escalation_id, taken_at AS at, words, taken_by AS by, stays_at_hub,
           row_number() OVER (PARTITION BY escalation_id ORDER BY taken_at DESC) AS place
    FROM alerts.phone_call
    WHERE escalation_id = ANY (%(cases)s)
) call
LEFT JOIN delegation.person ON person.person_id = call.by
WHERE place <= %(most)s
"""
_WITH_READINGS: LiteralString = """
SELECT escalation_id, at, false AS by_phone, by, person.name AS by_name, known_by, told ->> 'note' AS words,
       ARRAY(SELECT sign.key FROM jsonb_each_text(coalesce(told -> 'soft_signs', '{}')) sign
             WHERE sign.value = 'present' ORDER BY sign.key) AS soft_signs,
       told ->> 'worry' AS worry,
       ARRAY(SELECT sign.key FROM jsonb_each_text(coalesce(told -> 'emergency_signs', '{}')) sign
             WHERE sign.value = 'present' ORDER BY sign.key) AS emergency_signs,
       coalesce((told ->> 'phoned_999')::boolean, false) AS phoned_999
FROM (
    SELECT span.escalation_id, reading.effective_at AS at, reading.taken_by AS by,
           reading.operator_known_by AS known_by, reading.observations AS told,
           row_number() OVER (PARTITION BY span.escalation_id
                              ORDER BY reading.effective_at DESC, reading.arrival_number DESC) AS place
    FROM ingest.visible_reading reading
    JOIN unnest(%(cases)s::uuid[], %(residents)s::uuid[], %(sinces)s::timestamptz[], %(untils)s::timestamptz[])
        AS span (escalation_id, resident_id, since, until)
      ON span.resident_id = reading.resident_id AND reading.effective_at BETWEEN span.since AND span.until
    WHERE reading.resident_id = ANY (%(residents)s)
      AND reading.effective_at BETWEEN %(earliest)s AND %(latest)s
      AND reading.observations IS NOT NULL AND reading.counts
      AND (reading.observations ? 'note' OR reading.observations ? 'worry'
           OR jsonb_path_exists(reading.observations, '$.soft_signs.* ? (@ == "present")')
           OR jsonb_path_exists(reading.observations, '$.emergency_signs.* ? (@ == "present")')
           OR reading.observations @> '{"phoned_999": true}')
) told_with
LEFT JOIN delegation.person ON person.person_id = told_with.by
WHERE place <= %(most)s
"""


def said(conn: psycopg.Connection[Any], windows: Collection[Window]) -> dict[UUID, list[Said]]:
    """Return what was said in each of these cases, newest first; a case with nothing is missing."""
    if not windows:
        return {}
    found: dict[UUID, list[Said]] = defaultdict(list)
    for some in alike(windows):
        wanted = as_arrays(some) | {"most": MOST_SAID}
        for query in (_CALLS, _WITH_READINGS):
            for escalation_id, *one in conn.execute(query, wanted):
                found[escalation_id].append(Said(*one))
    return {case: sorted(all_, key=lambda one: one.at, reverse=True) for case, all_ in found.items()}


def alike(windows: Collection[Window]) -> list[list[Window]]:
    """Separate recent windows from longer ones, so that a query for many does not reach back as far as one needs."""
    back_to = max(one.until for one in windows) - _SHORT
    short = [one for one in windows if one.since >= back_to]
    long = [one for one in windows if one.since < back_to]
    return [some for some in (short, long) if some]


def as_arrays(windows: Collection[Window]) -> dict[str, Any]:
    """Return the windows as query parameters, with the earliest and the latest moment of all."""
    return {
        "cases": [one.escalation_id for one in windows],
        "residents": [one.resident_id for one in windows],
        "sinces": [one.since for one in windows],
        "untils": [one.until for one in windows],
        "earliest": min(one.since for one in windows),
        "latest": max(one.until for one in windows),
    }
