"""Readings of whole residents as columns, which is what a replay reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MICROSECONDS = 1_000_000
HOUR = 3600 * MICROSECONDS
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """n readings, a row each: all the readings of each resident. Moments are microseconds since 1970, UTC."""

    resident: NDArray[np.int64]  # a code for each resident
    home: NDArray[np.int64]  # a code for each home
    effective_at: NDArray[np.int64]
    arrival: NDArray[np.int64]  # unique: the place in the order of all arrivals
    judged_at: NDArray[np.int64]  # when it arrived; freshness and clocks count from there
    values: NDArray[np.float64]  # n x 7, columns as news2.SIGNS, NaN unknown
    cleared: NDArray[np.bool_]  # n x 7: tried and could not be had
    spo2_scale: NDArray[np.int8]
    scheduled: NDArray[np.bool_]  # a full set was due
    worry: NDArray[np.bool_]
    soft_signs: NDArray[np.uint8]  # how many
    unrecordable: NDArray[np.bool_]  # of any sign, no signal
    unfit: NDArray[np.bool_]  # NEWS2 is not used for it
    outside_own: NDArray[np.bool_]  # a value lies outside a limit of the resident's own

    def __len__(self) -> int:
        return len(self.resident)
