"""A resident's line: every reading ever held to be theirs, from when it became known until it turned out otherwise.

Guards: a line shows what was known at each moment, not what corrections made of it later. One reading may appear twice,
each time under another number.
"""

from datetime import datetime
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.rows import dict_row

from delegation.store import Placement
from ingest.arrival import NewReading
from ingest.storage import stored

# Both bounds are stated so that PostgreSQL reads only the chunks of the span.
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
    """When a reading turned out not to be theirs, and that event's number in their line."""

    number: int
    at: datetime


class Stay(NamedTuple):
    """A reading while it was held to be theirs, numbered in their line, with the time it became known."""

    reading: NewReading
    known_at: datetime
    gone: Gone | None = None


def line_of(conn: psycopg.Connection, theirs: Placement, since: datetime, until: datetime) -> list[Stay]:
    """Readings taken in a span, ends included, in the order in which they became known of this resident."""
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
