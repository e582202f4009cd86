"""Erases the readings of one resident when their retention time is over.

Guards: the ids that were seen stay, so a kit that sends an erased reading again is told `duplicate`. A reading that was
corrected to another resident is erased with that resident's records, not with these.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased, by noun, and the span of the resident's readings.

    `moved`: kit, id and effective time of readings once held to be another resident's. Scores of that resident used
    them.
    """

    counts: Mapping[str, int]
    span: tuple[datetime, datetime] | None
    moved: Sequence[tuple[UUID, UUID, datetime]] = ()


_LOCK: LiteralString = "SELECT FROM ingest.lock_residents(%s)"
_LAST_ARRIVALS: LiteralString = """
SELECT resident_id, last_arrived_at FROM ingest.current_vitals
WHERE resident_id = ANY (%s) AND last_arrived_at IS NOT NULL
"""
# Includes readings that were held to be theirs for a while: their scores are still there.
_SPAN: LiteralString = """
SELECT min(first), max(last) FROM (
    SELECT min(effective_at) AS first, max(effective_at) AS last FROM ingest.reading WHERE resident_id = %(resident)s
    UNION ALL
    SELECT min(effective_at), max(effective_at) FROM ingest.reading_correction
    WHERE %(resident)s IN (resident_id, held_for)
) theirs
"""
# Quarantined payloads that name this resident, from any sender, also in capitals or without hyphens.
_QUARANTINE: LiteralString = """
DELETE FROM ingest.quarantine kept
WHERE position(replace(%(resident)s::text, '-', '') IN replace(lower(encode(kept.payload, 'escape')), '-', '')) > 0
"""
_READINGS: LiteralString = """
DELETE FROM ingest.reading
WHERE resident_id = %(resident)s AND effective_at BETWEEN %(first)s AND %(last)s
  AND NOT EXISTS (SELECT FROM ingest.reading_correction said
                  WHERE said.kit_id = reading.kit_id AND said.reading_id = reading.reading_id
                    AND said.resident_id <> %(resident)s
                    AND NOT EXISTS (SELECT FROM ingest.reading_correction later
                                    WHERE later.kit_id = said.kit_id AND later.reading_id = said.reading_id
                                      AND later.correction_id > said.correction_id))
"""
# Readings whose last correction says they were taken from this resident; most are stored for others.
_TAKEN_FROM: LiteralString = """
SELECT kit_id, reading_id, effective_at FROM ingest.reading_correction said
WHERE resident_id = %(resident)s
  AND NOT EXISTS (SELECT FROM ingest.reading_correction later
                  WHERE later.kit_id = said.kit_id AND later.reading_id = said.reading_id
                    AND later.correction_id > said.correction_id)
"""
_READING: LiteralString = (
    "DELETE FROM ingest.reading WHERE kit_id = %s AND reading_id = %s AND effective_at = %s"
)
# Corrections of readings that are no longer stored.
_CORRECTIONS: LiteralString = """
DELETE FROM ingest.reading_correction gone
WHERE (kit_id, reading_id) IN (SELECT kit_id, reading_id FROM ingest.reading_correction
                               WHERE %(resident)s IN (stored_for, held_for, resident_id))
  AND NOT EXISTS (SELECT FROM ingest.reading
                  WHERE reading.kit_id = gone.kit_id AND reading.reading_id = gone.reading_id
                    AND reading.effective_at = gone.effective_at)
"""
# The row and its count of arrivals stay: if this resident is ever read again, the numbers continue.
_FORGET: LiteralString = """
UPDATE ingest.current_vitals SET last_arrived_at = NULL, last_news_at = NULL, last_effective_at = NULL, signs = '{}'
WHERE resident_id = %s AND last_arrived_at IS NOT NULL
"""


def last_arrivals(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, datetime]:
    """When something last arrived for each of these residents, leaving out what was erased."""
    return dict(conn.execute(_LAST_ARRIVALS, (list(residents),)).fetchall())


def lock(conn: psycopg.Connection, resident_id: UUID) -> None:
    """Lock the resident: the first lock in the order everybody uses."""
    conn.execute(_LOCK, ([resident_id],))


def erase(conn: psycopg.Connection, resident_id: UUID) -> Erased:
    """Erase a locked resident's readings, quarantined messages and current vital signs."""
    wanted = {"resident": resident_id}
    span = _span(conn, resident_id)
    readings = 0
    if span is not None:
        readings = conn.execute(_READINGS, wanted | {"first": span[0], "last": span[1]}).rowcount
    moved = conn.execute(_TAKEN_FROM, wanted).fetchall()
    for row in moved:
        readings += conn.execute(_READING, row).rowcount
    counts = {
        "readings": readings,
        "corrections": conn.execute(_CORRECTIONS, wanted).rowcount,
        "quarantined": conn.execute(_QUARANTINE, wanted).rowcount,
        "current vital signs": conn.execute(_FORGET, (resident_id,)).rowcount,
    }
    return Erased(counts, span, moved)


def _span(conn: psycopg.Connection, resident_id: UUID) -> tuple[datetime, datetime] | None:
    first, last = conn.execute(_SPAN, {"resident": resident_id}).fetchone() or (None, None)
    return None if first is None or last is None else (first, last)
