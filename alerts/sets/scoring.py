"""From readings to scored moments: what is known at each moment is composed, then all of it is scored in arrays.

Guards: scale and assumed air are those in force at the moment scored. What nobody measured stays unknown.
Each part carries the value, the time and the reading it rests on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from alerts import news2
from alerts.rules import Part
from alerts.sets.composition import Composed, columns, compose
from alerts.sets.outcome import SIGNS, Outcome, outcome_of
from alerts.sets.timeline import Readings
from delegation.authority import Authority
from devices.vital_signs import VitalSign
from ingest.arrival import KnownReading, NewReading

COLUMN = {sign: column for column, sign in enumerate(SIGNS)}
_OXYGEN = COLUMN[VitalSign.ON_OXYGEN]
_CODES = {str(letter): code for letter, code in news2.CONSCIOUSNESS_CODES.items()}
_MICROSECOND = timedelta(microseconds=1)

_NOTHING_DECIDED = Authority()

Reading = NewReading | KnownReading


@dataclass(frozen=True, slots=True)
class Scored:
    """One score: of the moment of `target`, because `cause` arrived."""

    target: Reading
    cause: NewReading
    spo2_scale: int
    assumed_air: bool
    outcome: Outcome
    parts: Mapping[VitalSign, Part]

    @property
    def may_be(self) -> tuple[datetime, ...]:
        """The times at which its moment may have been, earliest first (`may_be`)."""
        return may_be(self.target, self.cause)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """m scored moments, by resident, the cause's arrival, the moment.

    `target`, `cause` and `source` are places in `rows`.
    """

    rows: Sequence[Reading]
    residents: Sequence[UUID]
    resident: NDArray[np.intp]  # m: which of the residents
    target: NDArray[np.intp]  # m: the reading whose moment is scored
    cause: NDArray[np.intp]  # m: the new reading whose arrival gives the score
    source: NDArray[np.intp]  # m x 7, columns as SIGNS: the reading that gave the value, -1 unknown
    spo2_scale: NDArray[np.int8]  # m: 1 or 2
    assumed_air: NDArray[np.bool_]  # m
    codes: NDArray[np.uint16]  # m: packed (`news2.pack`), for `outcome_of` and `news2.score_packed`

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def own(self) -> NDArray[np.bool_]:
        """m: whether the moment is that of the reading that arrived."""
        return self.target == self.cause

    def __iter__(self) -> Iterator[Scored]:
        return map(self.scored, range(len(self)))

    def may_be(self, place: int) -> tuple[datetime, ...]:
        """Return the times at which one of these moments may have been, earliest first."""
        return may_be(self.rows[self.target[place]], arrived(self.rows[self.cause[place]]))

    def scored(self, place: int) -> Scored:
        """Return the score of one of these moments."""
        outcome = outcome_of(int(self.codes[place]))
        sources = self.source[place].tolist()
        return Scored(
            target=self.rows[self.target[place]],
            cause=arrived(self.rows[self.cause[place]]),
            spo2_scale=int(self.spo2_scale[place]),
            assumed_air=bool(self.assumed_air[place]),
            outcome=outcome,
            parts={
                sign: self._part(sign, *bounds, source)
                for sign, bounds, source in zip(SIGNS, outcome.parts, sources, strict=True)
            },
        )

    def _part(self, sign: VitalSign, low: int, high: int, source: int) -> Part:
        if source < 0:
            return Part(low, high)
        row = self.rows[source]
        return Part(low, high, row.values.get(sign), row.effective_at, *row.key)

    def caused_by(self, cause: NewReading, places: Sequence[int]) -> "Moments":
        """Return some of these moments, with another reading as their cause."""
        chosen = np.array(places, np.intp)
        return Moments(
            [*self.rows, cause],
            self.residents,
            self.resident[chosen],
            self.target[chosen],
            np.full(len(chosen), len(self.rows)),
            self.source[chosen],
            self.spo2_scale[chosen],
            self.assumed_air[chosen],
            self.codes[chosen],
        )


def score_readings(
    new: Sequence[NewReading],
    known: Sequence[KnownReading],
    authorities: Mapping[UUID, Authority],
    window: timedelta,
) -> Moments:
    """Score every new reading, and every known one that a late new reading touches, in arrival order.

    `authorities`: as they were before the new readings; what these say of oxygen counts from their arrival
    on. Scale 2 and assumed air apply only if they are in force at every time at which the moment may have
    been.
    """
    rows: list[Reading] = [*known, *new]
    residents, resident = _residents(rows)
    composed = _composed(rows, resident, len(known), window)
    moments = Moments(
        rows,
        residents,
        resident[composed.target],
        composed.target,
        composed.cause,
        composed.source,
        spo2_scale=np.ones(len(composed), np.int8),
        assumed_air=np.zeros(len(composed), np.bool_),
        codes=np.empty(0, np.uint16),
    )
    decided = [authorities.get(one, _NOTHING_DECIDED) for one in residents]
    _choose_scales(moments, decided)
    _assume_air(moments, decided, oxygen_seen(new), np.isnan(composed.values[:, _OXYGEN]))
    composed.values[moments.assumed_air, _OXYGEN] = 0.0
    return replace(moments, codes=news2.pack(**columns(composed.values), spo2_scale=moments.spo2_scale))


def low_alone(values: Mapping[VitalSign, Any]) -> int:
    """Return the least that NEWS2 can be for one set by itself, on scale 1; 0 for an empty set."""
    row = np.full((1, len(SIGNS)), np.nan)
    _put(values, row[0])
    return outcome_of(int(news2.pack(**columns(row), spo2_scale=np.ones(1, np.int8))[0])).low


def oxygen_seen(new: Sequence[NewReading]) -> Mapping[UUID, Sequence[NewReading]]:
    """Return, by resident, the readings that say oxygen is in use, or that this could not be told.

    A worker who could not tell leaves a doubt that no air record takes away.
    """
    seen: dict[UUID, list[NewReading]] = {}
    for reading in new:
        if reading.values.get(VitalSign.ON_OXYGEN) is True or VitalSign.ON_OXYGEN in reading.cleared:
            seen.setdefault(reading.resident_id, []).append(reading)
    return seen


def may_be(target: Reading, cause: NewReading) -> tuple[datetime, ...]:
    """Return the times at which a reading may have been taken: its own, and later if its kit's clock is slow.

    If nothing was known of that clock when the reading came, the cause tells, provided it is from the same
    kit.
    """
    slow_by = target.clock_slow_by
    if not slow_by and target.kit_id == cause.kit_id:
        slow_by = cause.clock_slow_by
    return (target.effective_at, target.effective_at + slow_by) if slow_by else (target.effective_at,)


def _residents(rows: Sequence[Reading]) -> tuple[list[UUID], NDArray[np.intp]]:
    """Return the residents, each once, and the place of each row's resident among them."""
    places: dict[UUID, int] = {}
    of_row = np.array([places.setdefault(row.resident_id, len(places)) for row in rows], np.intp)
    return list(places), of_row


def _composed(rows: Sequence[Reading], resident: NDArray[np.intp], known: int, window: timedelta) -> Composed:
    values = np.full((len(rows), len(SIGNS)), np.nan)
    cleared = np.zeros((len(rows), len(SIGNS)), dtype=bool)
    for index, row in enumerate(rows):
        _put(row.values, values[index])
        for sign in row.cleared:
            if sign in COLUMN:
                cleared[index, COLUMN[sign]] = True
    # Rounded to the microsecond: a float64 holds seconds since 1970 to a quarter of one.
    seconds = np.array([row.effective_at.timestamp() for row in rows])
    readings = Readings(
        resident=resident,
        effective_at=np.rint(seconds * 1e6).astype(np.int64),
        arrival=np.array([row.arrival_number for row in rows], dtype=np.int64),
        values=values,
        cleared=cleared,
        new=np.arange(len(rows)) >= known,
    )
    return compose(readings, window // _MICROSECOND)


def _put(values: Mapping[VitalSign, Any], row: NDArray[np.float64]) -> None:
    for sign, value in values.items():
        if sign in COLUMN:
            row[COLUMN[sign]] = _CODES[value] if isinstance(value, str) else float(value)


def _choose_scales(moments: Moments, decided: Sequence[Authority]) -> None:
    has_scales = np.array([bool(one.scales) for one in decided], np.bool_)
    for place in np.flatnonzero(has_scales[moments.resident]).tolist():
        decision = decided[moments.resident[place]]
        moments.spo2_scale[place] = min(decision.spo2_scale(at) for at in moments.may_be(place))


def _assume_air(
    moments: Moments,
    decided: Sequence[Authority],
    seen: Mapping[UUID, Sequence[NewReading]],
    unknown: NDArray[np.bool_],
) -> None:
    """Assume air where nobody said anything of oxygen and it is recorded that none is in use."""
    has_air = np.array([bool(one.air) for one in decided], np.bool_)
    for place in np.flatnonzero(unknown & has_air[moments.resident]).tolist():
        decision = decided[moments.resident[place]]
        oxygen = _by_then(seen, arrived(moments.rows[moments.cause[place]]))
        moments.assumed_air[place] = all(decision.air_assumed(at, oxygen) for at in moments.may_be(place))


def _by_then(seen: Mapping[UUID, Sequence[NewReading]], cause: NewReading) -> list[datetime]:
    return [
        at
        for one in seen.get(cause.resident_id, ())
        if one.arrival_number <= cause.arrival_number
        for at in may_be(one, one)
    ]


def arrived(row: Reading) -> NewReading:
    """Return the new reading that caused a score. Raise TypeError for one that is not new."""
    if not isinstance(row, NewReading):
        raise TypeError("A score was caused by a reading that is not new.")
    return row
