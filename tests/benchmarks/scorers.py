"""Other ways to score complete sets: as anybody writes it down, with numpy's select, and by others' libraries.

Each starts from the floats of the sets; the libraries want whole numbers, and are given them.
"""

import math
from collections.abc import Callable
from typing import Any

import clincalc
import numpy as np
import pandas as pd
import vitalscore

Columns = dict[str, np.ndarray]
Row = dict[str, Any]


def _half_up(value: float, scale: int = 1) -> int:
    return math.floor(value * scale + 0.5)


def _plain_saturation(spo2: int, scale: int, on_oxygen: bool) -> int:
    if scale == 1:
        return 3 if spo2 <= 91 else 2 if spo2 <= 93 else 1 if spo2 <= 95 else 0
    if spo2 <= 87:
        return 3 if spo2 <= 83 else 2 if spo2 <= 85 else 1
    if spo2 <= 92 or not on_oxygen:
        return 0
    return 1 if spo2 <= 94 else 2 if spo2 <= 96 else 3


def plain_python(
    *,
    respiration_rate: float,
    spo2: float,
    spo2_scale: int,
    on_oxygen: float,
    systolic: float,
    pulse: float,
    consciousness: int,
    temperature: float,
) -> tuple[int, bool, int]:
    """(total, red, band index) of a complete set, a branch at a time."""
    rate, pressure, beats = _half_up(respiration_rate), _half_up(systolic), _half_up(pulse)
    tenths = _half_up(temperature, 10)
    parts = (
        3 if rate <= 8 else 1 if rate <= 11 else 0 if rate <= 20 else 2 if rate <= 24 else 3,
        _plain_saturation(_half_up(spo2), spo2_scale, on_oxygen == 1),
        3 if pressure <= 90 else 2 if pressure <= 100 else 1 if pressure <= 110 else 0 if pressure <= 219 else 3,
        3 if beats <= 40 else 1 if beats <= 50 else 0 if beats <= 90 else 1 if beats <= 110 else 2
        if beats <= 130 else 3,
        0 if consciousness == 0 else 3,
        3 if tenths <= 350 else 1 if tenths <= 360 else 0 if tenths <= 380 else 1 if tenths <= 390 else 2,
    )  # fmt: skip
    total, red = sum(parts) + (2 if on_oxygen == 1 else 0), 3 in parts
    return total, red, 3 if total >= 7 else 2 if total >= 5 else int(red)


def with_select(sets: Columns | pd.DataFrame) -> tuple[Any, Any, Any]:
    """(total, red, band index) of complete sets as np.select writes it, on arrays or on pandas columns."""
    rate, pressure, beats = (np.floor(sets[sign] + 0.5) for sign in ("respiration_rate", "systolic", "pulse"))
    spo2, tenths = np.floor(sets["spo2"] + 0.5), np.floor(sets["temperature"] * 10 + 0.5)
    oxygen = sets["on_oxygen"] == 1
    one = np.select([spo2 <= 91, spo2 <= 93, spo2 <= 95], [3, 2, 1], 0)
    two = np.select(
        [spo2 <= 83, spo2 <= 85, spo2 <= 87, (spo2 <= 92) | ~oxygen, spo2 <= 94, spo2 <= 96],
        [3, 2, 1, 0, 1, 2],
        3,
    )
    parts = (
        np.select([rate <= 8, rate <= 11, rate <= 20, rate <= 24], [3, 1, 0, 2], 3),
        np.where(sets["spo2_scale"] == 1, one, two),
        np.select([pressure <= 90, pressure <= 100, pressure <= 110, pressure <= 219], [3, 2, 1, 0], 3),
        np.select([beats <= 40, beats <= 50, beats <= 90, beats <= 110, beats <= 130], [3, 1, 0, 1, 2], 3),
        np.where(sets["consciousness"] == 0, 0, 3),
        np.select([tenths <= 350, tenths <= 360, tenths <= 380, tenths <= 390], [3, 1, 0, 1], 2),
    )
    total = sum(parts) + np.where(oxygen, 2, 0)
    red = np.logical_or.reduce([part == 3 for part in parts])
    return total, red, np.select([total >= 7, total >= 5], [3, 2], red.astype(np.int64))


def _as_clincalc(row: Row) -> dict[str, Any]:
    return clincalc.calculate(
        "news2",
        {
            "respiratory_rate": int(row["respiration_rate"]),
            "spo2": int(row["spo2"]),
            "spo2_scale": str(row["spo2_scale"]),
            "on_oxygen": bool(row["on_oxygen"]),
            "systolic_bp": int(row["systolic"]),
            "pulse": int(row["pulse"]),
            "consciousness": "alert" if row["consciousness"] == 0 else "confusion-or-vpu",
            "temperature": row["temperature"],
        },
    )


def _as_vitalscore(row: Row) -> vitalscore.NEWS2Result:
    return vitalscore.score_news2(
        int(row["respiration_rate"]),
        row["spo2"],
        bool(row["on_oxygen"]),
        int(row["systolic"]),
        int(row["pulse"]),
        "ACVPU"[row["consciousness"]],
        row["temperature"],
        use_spo2_scale2=row["spo2_scale"] == 2,
    )


# By name: what is timed, and the total it gives.
ONE_BY_ONE: dict[str, tuple[Callable[[Row], Any], Callable[[Row], int]]] = {
    "plain_python_complete": (lambda row: plain_python(**row), lambda row: plain_python(**row)[0]),
    "vitalscore_complete": (lambda row: _as_vitalscore(row).total, lambda row: _as_vitalscore(row).total),
    "clincalc_complete": (_as_clincalc, lambda row: _as_clincalc(row)["working"]["total_score"]),
}
