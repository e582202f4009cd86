"""Observations as packed codes: checked, rounded half up, unknown kept unknown.

Guards: what cannot be scored is refused with a sentence, and no value is guessed. Rounding is half up in
float64: float32 would round some hundredths of a degree the wrong way.
"""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alerts.news2_chart import (
    CONSCIOUSNESS_CODES,
    OXYGEN_KINDS,
    OXYGEN_UNKNOWN,
    SPO2_CODES,
    UNKNOWN_CONSCIOUSNESS,
    UNKNOWN_SPO2,
    UNKNOWN_TENTHS,
    UNKNOWN_WHOLE,
    frozen,
)
from alerts.news2_packed import PACKED, SHARES

# The measured columns, as rows of one grid, and how many steps of the chart make one unit.
_MEASURED = {"respiration_rate": 1.0, "spo2": 1.0, "systolic": 1.0, "pulse": 1.0, "temperature": 10.0}
_SPO2 = list(_MEASURED).index("spo2")
_UNKNOWN = frozen(
    np.array([[UNKNOWN_WHOLE], [UNKNOWN_SPO2], [UNKNOWN_WHOLE], [UNKNOWN_WHOLE], [UNKNOWN_TENTHS]])
)
_MOST = frozen(_UNKNOWN - 1.0)
_TABLES = [SHARES["oxygenation" if name == "spo2" else name] for name in _MEASURED]
# The tables of all rows end to end, and where each begins.
_SHARES = frozen(np.concatenate(_TABLES))
_STARTS = frozen(np.cumsum([0, *(len(table) for table in _TABLES[:-1])])[:, None])
_NOT_GIVEN = -1  # unknown consciousness; a scale is never unknown


class Observations(TypedDict):
    """n sets of observations, one-dimensional columns of one length.

    Measured signs and `on_oxygen` are float64 (or whole numbers), with NaN for unknown. The others are whole
    numbers. Masked entries of a masked array (numpy.ma) are unknown too.
    """

    respiration_rate: ArrayLike  # per minute
    spo2: ArrayLike  # percent
    spo2_scale: ArrayLike  # 1 or 2
    on_oxygen: ArrayLike  # 1 on supplemental oxygen, 0 breathing air
    systolic: ArrayLike  # mmHg
    pulse: ArrayLike  # per minute
    consciousness: ArrayLike  # a value of CONSCIOUSNESS_CODES, -1 for unknown
    temperature: ArrayLike  # degrees Celsius


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
    """Return columns that can be scored. Raise ValueError, in a sentence that names the column, for others."""
    n = np.size(respiration_rate)
    return Columns(
        respiration_rate=_measured("respiration_rate", respiration_rate, n),
        spo2=_measured("spo2", spo2, n),
        on_oxygen=_measured("on_oxygen", on_oxygen, n),
        systolic=_measured("systolic", systolic, n),
        pulse=_measured("pulse", pulse, n),
        consciousness=_coded(
            "consciousness", consciousness, _NOT_GIVEN, max(CONSCIOUSNESS_CODES.values()), n
        ),
        temperature=_measured("temperature", temperature, n),
        spo2_scale=_coded("spo2_scale", spo2_scale, 1, 2, n),
    )


def pack(columns: Columns, rows: slice, into: NDArray[np.uint16]) -> None:
    """Write the packed codes of some rows to `into`.

    Raise ValueError for an infinite value, or an oxygen entry other than 0, 1 or NaN.
    """
    grid = np.empty((len(_MEASURED), len(into)))
    for row, (name, steps) in enumerate(_MEASURED.items()):
        np.multiply(getattr(columns, name)[rows], steps, out=grid[row])
    if bool(np.isinf(grid).any()):
        name = list(_MEASURED)[int(np.isinf(grid).any(axis=1).argmax())]
        raise ValueError(f"{name} holds an infinite value; give NaN where a value is unknown.")
    codes = _half_up(grid)
    codes += _STARTS
    codes[_SPO2] += (columns.spo2_scale[rows].astype(np.intp) - 1) * (OXYGEN_KINDS * SPO2_CODES)
    codes[_SPO2] += _oxygen(columns.on_oxygen[rows]) * SPO2_CODES
    # Codes are in range by construction; "clip" saves the check of each that "raise" would make.
    np.add.reduce(_SHARES.take(codes, mode="clip"), axis=0, dtype=PACKED, out=into)
    # -1, unknown, has all bits set.
    into += SHARES["consciousness"].take(columns.consciousness[rows] & UNKNOWN_CONSCIOUSNESS, mode="clip")


def _oxygen(given: NDArray[np.float64]) -> NDArray[np.intp]:
    if not bool(((given == 0) | (given == 1) | np.isnan(given)).all()):
        raise ValueError("on_oxygen must be 1 (on oxygen), 0 (breathing air) or NaN (unknown) in every row.")
    # fmin takes the number where the other side is NaN: unknown becomes 2, 0 and 1 stay.
    return np.fmin(given, OXYGEN_UNKNOWN).astype(np.intp)


def _half_up(grid: NDArray[np.float64]) -> NDArray[np.intp]:
    """Round half up within each row's codes, beyond which all values score alike. NaN becomes the code of unknown."""
    grid += 0.5
    np.minimum(grid, _MOST, out=grid)  # keeps NaN
    np.fmin(grid, _UNKNOWN, out=grid)  # replaces NaN
    np.maximum(grid, 0.0, out=grid)
    return grid.astype(np.intp)  # truncates, which rounds down: nothing is negative now


def _measured(name: str, values: ArrayLike, n: int) -> NDArray[np.float64]:
    array = np.asanyarray(values)
    # A float32 of 38.05 is 38.0499992 and would round down: the precision is lost before it gets here.
    if array.dtype != np.float64 and array.dtype.kind not in "iub":
        raise ValueError(f"{name} must be float64 or whole numbers, not {array.dtype}.")
    _long(name, array, n)
    return np.ma.filled(array.astype(np.float64, copy=False), np.nan)


def _coded(name: str, values: ArrayLike, least: int, most: int, n: int) -> NDArray[np.integer]:
    array = np.asanyarray(values)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole-number codes, not {array.dtype}.")
    _long(name, array, n)
    if isinstance(array, np.ma.MaskedArray):
        array = np.ma.filled(array.astype(np.int64), _NOT_GIVEN)
    if n and (array.min() < least or array.max() > most):
        raise ValueError(f"{name} must lie between {least} and {most} in every row.")
    return array


def _long(name: str, array: NDArray[np.generic], n: int) -> None:
    if array.shape != (n,):
        raise ValueError(f"{name} must be one-dimensional with {n} rows, not of shape {array.shape}.")
