"""What was measured of one resident, as columns, for rules that compare a value with many earlier ones.

Guards: readings are ordered by effective time, then by arrival. `known` leaves out readings that had not
arrived by then, or are of a later moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.vital_signs import QUANTITIES, VitalSign
from ingest.arrival import NewReading, ReadingKey

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND


@dataclass(frozen=True, slots=True, eq=False)
class OwnLine:
    """n readings of one resident. Moments are microseconds since 1970, UTC."""

    at: NDArray[np.int64]  # n: effective times
    arrival: NDArray[np.int64]  # n
    values: NDArray[
        np.float64
    ]  # n x 6, columns as QUANTITIES, in each sign's unit; NaN where it does not say
    keys: Sequence[ReadingKey]

    def known(self, moment: datetime, arrival_number: int, days: int) -> "OwnLine":
        """Return the readings of the `days` before a moment, and of the moment, that had arrived by then."""
        until = micros(moment)
        first, past = np.searchsorted(self.at, (until - days * _DAY, until + 1)).tolist()
        chosen = first + np.flatnonzero(self.arrival[first:past] <= arrival_number)
        return OwnLine(
            self.at[chosen],
            self.arrival[chosen],
            self.values[chosen],
            [self.keys[place] for place in chosen.tolist()],
        )

    def of(self, sign: VitalSign) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the places of the readings that give a sign, and its values there."""
        values = self.values[:, QUANTITIES.index(sign)]
        places = np.flatnonzero(~np.isnan(values))
        return places, values[places]


OwnRow = tuple[ReadingKey, datetime, int, Sequence[float | None]]
"""A reading of a line: its key, effective time, arrival number, and values as QUANTITIES."""


def line_of(rows: Iterable[OwnRow]) -> OwnLine:
    """Return the line of these readings, which may come in any order."""
    ordered = sorted(rows, key=lambda row: (row[1], row[2]))
    values = [tuple(np.nan if value is None else value for value in row[3]) for row in ordered]
    return OwnLine(
        at=np.array([micros(row[1]) for row in ordered], dtype=np.int64),
        arrival=np.array([row[2] for row in ordered], dtype=np.int64),
        values=np.array(values, dtype=np.float64).reshape(-1, len(QUANTITIES)),
        keys=[row[0] for row in ordered],
    )


def line_of_readings(readings: Iterable[NewReading]) -> OwnLine:
    """Return the line of these readings."""
    return line_of(
        (one.key, one.effective_at, one.arrival_number, _quantities(one.values)) for one in readings
    )


def _quantities(values: Mapping[VitalSign, Any]) -> list[float | None]:
    return [float(values[sign]) if sign in values else None for sign in QUANTITIES]


def micros(moment: datetime) -> int:
    """Return a moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(at: int) -> datetime:
    """Return the moment that is so many microseconds after 1970 began."""
    return _EPOCH + at * _MICROSECOND
