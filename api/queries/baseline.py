"""What is usual for a resident, for each vital sign and the score, as the drift rule works it out.

Guards: only readings that are theirs as last corrected count, and only standing scores whose bounds meet, because a
range has no centile. No more history is read than needed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray

from alerts.beside.own_line import micros
from alerts.beside.usual import Usual, usual
from alerts.options import Stretch
from devices.vital_signs import QUANTITIES

SCORE = "score"
_SIGNS: LiteralString = """
SELECT effective_at, respiration_rate::float8, spo2::float8, systolic::float8, diastolic::float8, pulse::float8,
       temperature::float8
FROM ingest.visible_reading
WHERE resident_id = %s AND effective_at >= %s AND effective_at < %s AND counts
ORDER BY effective_at
"""
_SCORES: LiteralString = """
SELECT effective_at, low::float8
FROM (
    SELECT DISTINCT ON (effective_at, kit_id, reading_id) effective_at, low, high
    FROM alerts.visible_score
    WHERE resident_id = %s AND effective_at >= %s AND effective_at < %s
    ORDER BY effective_at, kit_id, reading_id, cause_arrival DESC
) standing
WHERE low = high
ORDER BY effective_at
"""


def baseline(
    conn: psycopg.Connection[Any], resident_id: UUID, stretch: Stretch, at: datetime
) -> Mapping[str, Usual]:
    """Return what is usual for them now, by sign and SCORE; those without values are missing."""
    span = resident_id, at - timedelta(days=stretch.days), at - timedelta(hours=stretch.but_hours)
    columns = _columns(QUANTITIES, conn.execute(_SIGNS, span).fetchall())
    columns |= _columns((SCORE,), conn.execute(_SCORES, span).fetchall())
    told = {name: usual(*column, micros(at), stretch) for name, column in columns.items()}
    return {name: one for name, one in told.items() if one is not None}


def _columns(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return by name the moments at which a value is known, and the values."""
    at = np.array([micros(moment) for moment, *_ in rows], dtype=np.int64)
    values = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, len(names))
    known = ~np.isnan(values)
    return {name: (at[known[:, place]], values[known[:, place], place]) for place, name in enumerate(names)}
