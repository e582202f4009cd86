"""A resident's line: every reading that was ever held to be theirs, from when it was known until it turned out not so.

Guards: a line is told as it was at each moment, never as corrections have left it; one reading can stand in it twice,
under another number each time.
"""

from datetime import datetime
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.rows import dict_row

from delegation.store import Placement
from ingest import stored
from ingest.arrival import NewReading

# Both bounds are there so that only the chunks of the span are looked at.
_LINE: LiteralString = """
SELECT reading.arrival_number AS number, reading.arrived_at AS known_at, gone.*, reading.*
FROM ingest.reading LEFT JOIN LATERAL (
    SELECT said.gone_number, said.corrected_at AS gone_at FROM ingest.reading_correction said
    WHERE said.kit_id = reading.kit_id AND said.reading_id = reading.reading_id AND said.held_for = reading.resident_id
    ORDER BY said.correction_id LIMIT 1
) gone ON true
WHERE reading.resident_id = %(resident)s
  AND reading.effective_at >= %(since)s AND reading.effective_at <= %(until)s
UNION ALL
SELECT came.arrival_number, came.corrected_at, gone.*, reading.*
FROM ingest.reading_correction came
JOIN ingest.reading ON reading.resident_id = came.stored_for AND reading.effective_at = came.effective_at
                   AND reading.kit_id = came.kit_id AND reading.reading_id = came.reading_id
LEFT JOIN LATERAL (
    SELECT said.gone_number, said.corrected_at AS gone_at FROM ingest.reading_correction said
    WHERE said.kit_id = came.kit_id AND said.reading_id = came.reading_id
      AND said.held_for = came.resident_id AND said.correction_id > came.correction_id
    ORDER BY said.correction_id LIMIT 1
) gone ON true
WHERE came.resident_id = %(resident)s
  AND came.effective_at >= %(since)s AND came.effective_at <= %(until)s
  AND reading.effective_at >= %(since)s AND reading.effective_at <= %(until)s
ORDER BY number
"""


class Gone(NamedTuple):
    """When a reading turned out not to be theirs, and the number of that in their line."""

    number: int
    at: datetime


class Stay(NamedTuple):
    """A reading while it was held to be theirs: from when it was known of them, numbered as then."""

    reading: NewReading
    known_at: datetime
    gone: Gone | None = None


def line_of(conn: psycopg.Connection, theirs: Placement, since: datetime, until: datetime) -> list[Stay]:
    """Readings taken in a span, ends included, in the order in which they became known of them."""
    span = {"resident": theirs.resident_id, "since": since, "until": until}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_LINE, span).fetchall()
    return [
        Stay(
            stored.reading_of(row, theirs),
            row["known_at"],
            None if row["gone_number"] is None else Gone(row["gone_number"], row["gone_at"]),
        )
        for row in rows
    ]
