"""A resident's own baseline: the 20th and 80th centile of scores and signs over a rolling period.

Source: Stow and others, 2021 (own baseline in care homes). Guards: no centile without the number of readings
behind it; only scores whose bounds meet count,
because a range has no centile.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg


@dataclass(frozen=True, slots=True)
class Usual:
    """The middle three fifths of `count` values: from the 20th centile to the 80th, in the sign's unit."""

    count: int
    low: Decimal | None
    high: Decimal | None


_SIGNS: LiteralString = """
SELECT
    count(respiration_rate), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY respiration_rate),
    count(spo2), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY spo2),
    count(systolic), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY systolic),
    count(diastolic), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY diastolic),
    count(pulse), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY pulse),
    count(temperature), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY temperature)
FROM ingest.visible_reading
WHERE resident_id = %s AND effective_at > %s AND counts
"""
_SIGN_ORDER = ("respiration_rate", "spo2", "systolic", "diastolic", "pulse", "temperature")
_SCORE: LiteralString = """
SELECT count(low), percentile_disc(ARRAY[0.2, 0.8]) WITHIN GROUP (ORDER BY low)
FROM (
    SELECT DISTINCT ON (effective_at, kit_id, reading_id) low, high
    FROM alerts.visible_score
    WHERE resident_id = %s AND effective_at > %s
    ORDER BY effective_at, kit_id, reading_id, cause_arrival DESC
) standing
WHERE low = high
"""


def baseline(conn: psycopg.Connection[Any], resident_id: UUID, since: datetime) -> dict[str, Usual]:
    """The usual range of each sign and of `score`, over what was measured after `since`."""
    [signs] = conn.execute(_SIGNS, (resident_id, since)).fetchall()
    [score] = conn.execute(_SCORE, (resident_id, since)).fetchall()
    usual = {sign: _usual(*signs[2 * n : 2 * n + 2]) for n, sign in enumerate(_SIGN_ORDER)}
    return usual | {"score": _usual(*score)}


def _usual(count: int, centiles: list[Decimal | None] | None) -> Usual:
    low, high = centiles or (None, None)
    return Usual(count, low, high)
