"""Writing scores to the database: the row of each scored moment, with what it rests on.

Guards: scores are only appended. A part's value, time, kit and reading are those of the reading that gave it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import add
from typing import Any, LiteralString

import psycopg
from pydantic_core import to_json

from alerts import news2
from alerts.sets.outcome import SIGNS, outcome_of
from alerts.sets.scoring import COLUMN, Moments, Reading

_COPY: LiteralString = """
COPY alerts.score (resident_id, kit_id, reading_id, arrival_number, cause_kit_id, cause_reading_id, cause_arrival,
    effective_at, scored_at, rule_version, spo2_scale, assumed_air, low, high, red_score, band_low, band_high, complete,
    deciding, parts)
FROM STDIN (FORMAT BINARY)
"""
_TYPES = ["uuid", "uuid", "uuid", "int8", "uuid", "uuid", "int8", "timestamptz", "timestamptz"]
_TYPES += ["text", "int2", "bool", "int2", "int2"]
# The last column is jsonb, given as octets that are encoded already.
_TYPES += ["text", "text", "text", "bool", "text[]", "bytea"]
_JSONB_VERSION = b"\x01"
_UNKNOWN = b"}"


def append(conn: psycopg.Connection, scored: Sequence[Moments], at: datetime) -> None:
    """Append the scores of these moments."""
    if not any(map(len, scored)):
        return
    with conn.cursor() as cursor, cursor.copy(_COPY) as copying:
        copying.set_types(_TYPES)
        for moments in scored:
            for row in _rows(moments, at):
                copying.write_row(row)


def _rows(moments: Moments, at: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each score, in the order of the columns."""
    rows = moments.rows
    for target, cause, code, scale, assumed, rests_on in zip(
        moments.target.tolist(),
        moments.cause.tolist(),
        moments.codes.tolist(),
        moments.spo2_scale.tolist(),
        moments.assumed_air.tolist(),
        _rests_on(moments),
        strict=True,
    ):
        outcome, parts = _written(code)
        moment, arrived = rows[target], rows[cause]
        yield (
            arrived.resident_id,
            *moment.key,
            moment.arrival_number,
            *arrived.key,
            arrived.arrival_number,
            moment.effective_at,
            at,
            news2.RULE_VERSION,
            scale,
            assumed,
            *outcome,
            b"".join((_JSONB_VERSION, b"{", b",".join(map(add, parts, rests_on)), b"}")),
        )


@lru_cache(maxsize=4096)
def _written(code: int) -> tuple[tuple[Any, ...], list[bytes]]:
    """Return what the rows of one packed code share: columns, and the beginning of each part."""
    one = outcome_of(code)
    columns = (
        one.low,
        one.high,
        one.red,
        one.band_low,
        one.band_high,
        one.complete,
        list(map(str, one.deciding)),
    )
    parts = zip(SIGNS, one.parts, strict=True)
    return columns, [b'"%s":{"low":%d,"high":%d' % (sign.encode(), *bounds) for sign, bounds in parts]


def _rests_on(moments: Moments) -> Iterator[list[bytes]]:
    """Yield m lists of 7: the end of each part of each score, which says what it rests on.

    Each reading is encoded once for all the scores that rest on it.
    """
    sources = moments.source.tolist()
    ends = {row: _ends(moments.rows[row]) for row in set(chain.from_iterable(sources)) if row >= 0}
    ends[-1] = [_UNKNOWN] * len(SIGNS)
    for rows in sources:
        yield [ends[row][column] for column, row in enumerate(rows)]


def _ends(reading: Reading) -> list[bytes]:
    kit_id, reading_id = reading.key
    source = to_json({"effective_at": reading.effective_at, "kit": kit_id, "reading": reading_id})[1:]
    ends = [_UNKNOWN] * len(SIGNS)
    for sign, value in reading.values.items():
        if sign in COLUMN:
            ends[COLUMN[sign]] = b',"value":%s,%s' % (to_json(value), source)
    return ends
