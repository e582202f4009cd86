"""Observations as whole numbers that index the NEWS2 chart: checked, rounded half up, unknown kept unknown.

Invariant: what cannot be scored is refused with a sentence, no value is guessed, and rounding is half up in
float64, the only way that is right on every hundredth of a degree.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alerts.news2_chart import (
    CONSCIOUSNESS_CODES,
    OXYGEN_UNKNOWN,
    UNKNOWN_CONSCIOUSNESS,
    UNKNOWN_SPO2,
    UNKNOWN_TENTHS,
    UNKNOWN_WHOLE,
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Checked observations, n rows each; floats with NaN for unknown."""

    respiration_rate: NDArray[np.float64]
    spo2: NDArray[np.float64]
    on_oxygen: NDArray[np.float64]
    systolic: NDArray[np.float64]
    pulse: NDArray[np.float64]
    consciousness: NDArray[np.integer]
    temperature: NDArray[np.float64]
    spo2_scale: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.respiration_rate)


@dataclass(frozen=True, slots=True)
class Codes:
    """Rows as indexes into the chart's tables."""

    respiration_rate: NDArray[np.intp]
    oxygenation: NDArray[np.intp]
    systolic: NDArray[np.intp]
    pulse: NDArray[np.intp]
    consciousness: NDArray[np.intp]
    temperature: NDArray[np.intp]


def check(
    *,
    respiration_rate: ArrayLike,
    spo2: ArrayLike,
    spo2_scale: ArrayLike,
    on_oxygen: ArrayLike,
    systolic: ArrayLike,
    pulse: ArrayLike,
    consciousness: ArrayLike,
    temperature: ArrayLike,
) -> Columns:
    """Columns that can be scored, or ValueError in a sentence that names the column."""
    n = np.size(respiration_rate)
    columns = Columns(
        respiration_rate=_measured("respiration_rate", respiration_rate, n),
        spo2=_measured("spo2", spo2, n),
        on_oxygen=_measured("on_oxygen", on_oxygen, n),
        systolic=_measured("systolic", systolic, n),
        pulse=_measured("pulse", pulse, n),
        consciousness=_coded("consciousness", consciousness, -1, max(CONSCIOUSNESS_CODES.values()), n),
        temperature=_measured("temperature", temperature, n),
        spo2_scale=_coded("spo2_scale", spo2_scale, 1, 2, n),
    )
    oxygen = columns.on_oxygen
    if not bool(np.all((oxygen == 0) | (oxygen == 1) | np.isnan(oxygen))):
        raise ValueError("on_oxygen must be 1 (on oxygen), 0 (breathing air) or NaN (unknown) in every row.")
    return columns


def encode(columns: Columns, rows: slice) -> Codes:
    """The codes of some rows."""
    # fmin takes the number where the other side is NaN: unknown becomes 2, 0 and 1 stay.
    supply = np.fmin(columns.on_oxygen[rows], OXYGEN_UNKNOWN).astype(np.intp)
    scale = columns.spo2_scale[rows].astype(np.intp) - 1
    return Codes(
        respiration_rate=_half_up(columns.respiration_rate[rows] + 0.5, 254, UNKNOWN_WHOLE),
        oxygenation=(scale * 3 + supply) * (UNKNOWN_SPO2 + 1)
        + _half_up(columns.spo2[rows] + 0.5, 126, UNKNOWN_SPO2),
        systolic=_half_up(columns.systolic[rows] + 0.5, 254, UNKNOWN_WHOLE),
        pulse=_half_up(columns.pulse[rows] + 0.5, 254, UNKNOWN_WHOLE),
        # -1, unknown, has all bits set.
        consciousness=columns.consciousness[rows].astype(np.intp) & UNKNOWN_CONSCIOUSNESS,
        temperature=_half_up(columns.temperature[rows] * 10.0 + 0.5, 510, UNKNOWN_TENTHS),
    )


def _half_up(raised: NDArray[np.float64], most: int, unknown: int) -> NDArray[np.intp]:
    """Round down what was raised by a half, within 0..most (beyond, all score alike); NaN is `unknown`."""
    np.minimum(raised, most, out=raised)  # keeps NaN,
    np.fmin(raised, unknown, out=raised)  # and fmin replaces it
    np.maximum(raised, 0.0, out=raised)
    return raised.astype(np.intp)  # cutting off is rounding down, as nothing is negative now


def _measured(name: str, values: ArrayLike, n: int) -> NDArray[np.float64]:
    array = np.asarray(values)
    # A float32 of 38.05 is 38.0499992 and would round down: precision the caller lost cannot be regained.
    if array.dtype != np.float64 and array.dtype.kind not in "iub":
        raise ValueError(f"{name} must be float64 or whole numbers, not {array.dtype}.")
    _long(name, array, n)
    array = array.astype(np.float64, copy=False)
    if bool(np.isinf(array).any()):
        raise ValueError(f"{name} holds an infinite value; give NaN where a value is unknown.")
    return array


def _coded(name: str, values: ArrayLike, least: int, most: int, n: int) -> NDArray[np.integer]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole-number codes, not {array.dtype}.")
    _long(name, array, n)
    if n and (array.min() < least or array.max() > most):
        raise ValueError(f"{name} must lie between {least} and {most} in every row.")
    return array


def _long(name: str, array: NDArray[np.generic], n: int) -> None:
    if array.shape != (n,):
        raise ValueError(f"{name} must be one-dimensional with {n} rows, not of shape {array.shape}.")
