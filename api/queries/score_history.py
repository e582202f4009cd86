"""All of a resident's scores between two moments: what was known, and what caused each.

Guards: limited in time on both sides and in number, so it costs the same after a day as after years.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

MOST_SCORES = 1000


@dataclass(frozen=True, slots=True)
class ScoreOfMoment:
    """One score. Several may be of one moment: the one caused last stands."""

    kit_id: UUID
    reading_id: UUID
    cause_kit_id: UUID
    cause_reading_id: UUID
    cause_arrival: int
    effective_at: datetime
    scored_at: datetime
    rule_version: str
    spo2_scale: int
    assumed_air: bool
    low: int
    high: int
    red_score: str
    band_low: str
    band_high: str
    complete: bool
    deciding: list[str]
    parts: dict[str, dict[str, Any]]


_SCORES: LiteralString = """
SELECT kit_id, reading_id, cause_kit_id, cause_reading_id, cause_arrival, effective_at, scored_at, rule_version,
       spo2_scale, assumed_air, low, high, red_score, band_low, band_high, complete, deciding, parts
FROM alerts.visible_score
WHERE resident_id = %s AND effective_at > %s AND effective_at <= %s
ORDER BY effective_at DESC, arrival_number DESC, cause_arrival DESC
LIMIT %s
"""


def scores_between(
    conn: psycopg.Connection[Any], resident_id: UUID, since: datetime, until: datetime
) -> list[ScoreOfMoment]:
    """Return scores after `since` and up to `until`, newest first, at most MOST_SCORES."""
    with conn.cursor(row_factory=class_row(ScoreOfMoment)) as cursor:
        return cursor.execute(_SCORES, (resident_id, since, until, MOST_SCORES)).fetchall()
