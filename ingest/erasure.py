"""Erases what was read of one resident, once its time has come.

Guards: what was seen stays, so that a kit which sends an erased reading again is told `duplicate`; a reading that
was corrected to be somebody else's goes with that person's records, not with these.
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

    `moved`: kit, id and moment of those that were once held to be somebody else's: of them others have scores.
    """

    counts: Mapping[str, int]
    span: tuple[datetime, datetime] | None
    moved: Sequence[tuple[UUID, UUID, datetime]] = ()


_LOCK: LiteralString = "SELECT FROM ingest.lock_residents(%s)"
_LAST_ARRIVALS: LiteralString = """
SELECT resident_id, last_arrived_at FROM ingest.current_vitals
WHERE resident_id = ANY (%s) AND last_arrived_at IS NOT NULL
"""
# Also of readings that were held to be theirs for a while: their scores are still there.
_SPAN: LiteralString = """
SELECT min(first), max(last) FROM (
    SELECT min(effective_at) AS first, max(effective_at) AS last FROM ingest.reading WHERE resident_id = %(resident)s
    UNION ALL
    SELECT min(effective_at), max(effective_at) FROM ingest.reading_correction
    WHERE %(resident)s IN (resident_id, held_for)
) theirs
"""
# What in quarantine names this resident, whoever sent it: in capitals, or without hyphens, too.
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
# Of which it was said at last that they were taken from this resident, mostly stored for others.
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
# Of readings that are no longer there.
_CORRECTIONS: LiteralString = """
DELETE FROM ingest.reading_correction gone
WHERE (kit_id, reading_id) IN (SELECT kit_id, reading_id FROM ingest.reading_correction
                               WHERE %(resident)s IN (stored_for, held_for, resident_id))
  AND NOT EXISTS (SELECT FROM ingest.reading
                  WHERE reading.kit_id = gone.kit_id AND reading.reading_id = gone.reading_id
                    AND reading.effective_at = gone.effective_at)
"""
# The row stays, and so does its count of arrivals: should this resident ever be read again, numbers go on.
_FORGET: LiteralString = """
UPDATE ingest.current_vitals SET last_arrived_at = NULL, last_news_at = NULL, last_effective_at = NULL, signs = '{}'
WHERE resident_id = %s AND last_arrived_at IS NOT NULL
"""


def last_arrivals(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, datetime]:
    """When something last arrived about each of these residents that has not been erased."""
    return dict(conn.execute(_LAST_ARRIVALS, (list(residents),)).fetchall())


def lock(conn: psycopg.Connection, resident_id: UUID) -> None:
    """The first lock of the one lock order."""
    conn.execute(_LOCK, ([resident_id],))


def erase(conn: psycopg.Connection, resident_id: UUID) -> Erased:
    """Erase this resident's readings, what is in quarantine about them, and what was last known. They are locked."""
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
