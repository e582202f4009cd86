"""From readings to scored sets: composes what is known at each moment and scores all of it at once.

Guards: the scale and any assumed air are those in force at the moment scored; what nobody measured stays unknown;
each part carries the value, the time and the reading it rests on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress
from typing import Any
from uuid import UUID

import numpy as np

from alerts import news2
from alerts.composition import Composed, columns, compose
from alerts.rules import Part
from delegation.authority import Authority
from devices.vital_signs import VitalSign
from ingest.arrival import KnownReading, NewReading

SIGNS = tuple(VitalSign(sign) for sign in news2.SIGNS)
_COLUMN = {sign: column for column, sign in enumerate(SIGNS)}
_OXYGEN = _COLUMN[VitalSign.ON_OXYGEN]
_LETTERS = {code: str(letter) for letter, code in news2.CONSCIOUSNESS_CODES.items()}
_CODES = {letter: code for code, letter in _LETTERS.items()}
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)

Reading = NewReading | KnownReading


@dataclass(frozen=True, slots=True)
class Scored:
    """One score: of the moment of `target`, because `cause` arrived."""

    target: Reading
    cause: NewReading
    spo2_scale: int
    assumed_air: bool
    low: int
    high: int
    red: str
    band_low: str
    band_high: str
    complete: bool
    deciding: tuple[VitalSign, ...]
    parts: Mapping[VitalSign, Part]


def score_readings(
    new: Sequence[NewReading],
    known: Sequence[KnownReading],
    authorities: Mapping[UUID, Authority],
    window: timedelta,
) -> list[Scored]:
    """Score every new reading, and every known one that a late new reading touches, in arrival order.

    `authorities` as they were before the new readings: what these say of oxygen counts from their arrival on.
    """
    rows: list[Reading] = [*known, *new]
    if not new:
        return []
    composed = _composed(rows, len(known), window)
    if not len(composed.target):
        return []
    targets = [rows[index] for index in composed.target]
    values = composed.values.copy()
    decided = [authorities.get(one.resident_id, Authority()) for one in targets]
    scales = np.array(
        [one.spo2_scale(target.effective_at) for one, target in zip(decided, targets, strict=True)]
    )
    seen = oxygen_seen(new)
    by_then = [_by_then(seen, _new(rows[index])) for index in composed.cause]
    assumed = np.isnan(values[:, _OXYGEN]) & np.array(
        [
            one.air_assumed(target.effective_at, oxygen)
            for one, target, oxygen in zip(decided, targets, by_then, strict=True)
        ]
    )
    values[assumed, _OXYGEN] = 0.0
    return _read(rows, composed, values, scales, assumed)


def oxygen_seen(new: Sequence[NewReading]) -> Mapping[UUID, Sequence[NewReading]]:
    """By resident, the readings that say oxygen is in use, or say of it what nobody can read."""
    seen: dict[UUID, list[NewReading]] = {}
    for reading in new:
        if reading.values.get(VitalSign.ON_OXYGEN) is True or VitalSign.ON_OXYGEN in reading.unusable:
            seen.setdefault(reading.resident_id, []).append(reading)
    return seen


def _by_then(seen: Mapping[UUID, Sequence[NewReading]], cause: NewReading) -> list[datetime]:
    return [
        one.effective_at
        for one in seen.get(cause.resident_id, ())
        if one.arrival_number <= cause.arrival_number
    ]


def _composed(rows: Sequence[Reading], known: int, window: timedelta) -> Composed:
    number: dict[UUID, int] = {}
    values = np.full((len(rows), len(SIGNS)), np.nan)
    cleared = np.zeros((len(rows), len(SIGNS)), dtype=bool)
    for index, row in enumerate(rows):
        for sign, value in row.values.items():
            if sign in _COLUMN:
                values[index, _COLUMN[sign]] = _CODES[value] if isinstance(value, str) else float(value)
        for sign in row.cleared:
            if sign in _COLUMN:
                cleared[index, _COLUMN[sign]] = True
    return compose(
        resident=np.array([number.setdefault(row.resident_id, len(number)) for row in rows]),
        effective_at=np.array([(row.effective_at - _EPOCH) // _MICROSECOND for row in rows], dtype=np.int64),
        arrival=np.array([row.arrival_number for row in rows], dtype=np.int64),
        values=values,
        cleared=cleared,
        new=np.arange(len(rows)) >= known,
        window=window // _MICROSECOND,
    )


def _read(
    rows: Sequence[Reading], composed: Composed, values: np.ndarray, scales: np.ndarray, assumed: np.ndarray
) -> list[Scored]:
    scores = news2.score(**columns(values), spo2_scale=scales)
    # Out of numpy all at once: a list gives a number back five times as fast as an array does.
    per_result = (
        composed.target,
        composed.cause,
        scales,
        assumed,
        scores.low,
        scores.high,
        scores.red,
        scores.band_low,
        scores.band_high,
        scores.complete,
        scores.deciding,
        scores.part_low,
        scores.part_high,
        composed.source,
    )
    return [
        Scored(
            target=rows[target],
            cause=_new(rows[cause]),
            spo2_scale=scale,
            assumed_air=air,
            low=low,
            high=high,
            red=news2.RED_SCORES[red],
            band_low=news2.BANDS[band_low],
            band_high=news2.BANDS[band_high],
            complete=complete,
            deciding=tuple(compress(SIGNS, deciding)),
            parts={
                sign: _part(rows, sign, least, most, source)
                for sign, least, most, source in zip(SIGNS, part_low, part_high, sources, strict=True)
            },
        )
        for (
            target,
            cause,
            scale,
            air,
            low,
            high,
            red,
            band_low,
            band_high,
            complete,
            deciding,
            part_low,
            part_high,
            sources,
        ) in zip(*(column.tolist() for column in per_result), strict=True)
    ]


def _part(rows: Sequence[Reading], sign: VitalSign, low: int, high: int, source: int) -> Part:
    if source < 0:
        return Part(low, high)
    row = rows[source]
    return Part(low, high, row.values.get(sign), row.effective_at, *row.key)


def _new(row: Reading) -> NewReading:
    if not isinstance(row, NewReading):
        raise TypeError("A score was caused by a reading that is not new.")
    return row


def row_of(scored: Scored, at: datetime) -> tuple[Any, ...]:
    """The score as it is stored: the order of the columns of `alerts.score`."""
    return (
        scored.cause.resident_id,
        *scored.target.key,
        *scored.cause.key,
        scored.cause.arrival_number,
        scored.target.effective_at,
        at,
        news2.RULE_VERSION,
        scored.spo2_scale,
        scored.assumed_air,
        scored.low,
        scored.high,
        scored.red,
        scored.band_low,
        scored.band_high,
        scored.complete,
        list(scored.deciding),
        {str(sign): _part_json(part) for sign, part in scored.parts.items()},
    )


def _part_json(part: Part) -> dict[str, Any]:
    """Decimals, moments and ids are written as text when it becomes JSON."""
    if part.reading_id is None:
        return {"low": part.low, "high": part.high}
    return {
        "low": part.low,
        "high": part.high,
        "value": part.value,
        "effective_at": part.effective_at,
        "kit": part.kit_id,
        "reading": part.reading_id,
    }
