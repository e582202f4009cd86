"""Sets of observations as people write them, None for unknown, turned into the kernel's columns."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from alerts.news2 import CONSCIOUSNESS_CODES, Scores, score

FLOATS = ("respiration_rate", "spo2", "on_oxygen", "systolic", "pulse", "temperature")
NORMAL: dict[str, Any] = {
    "respiration_rate": 16,
    "spo2": 97,
    "on_oxygen": "air",
    "systolic": 120,
    "pulse": 70,
    "consciousness": "A",
    "temperature": 37.0,
}
UNKNOWN: dict[str, Any] = dict.fromkeys(NORMAL)
SUPPLY = {"air": 0.0, "oxygen": 1.0}


def columns(sets: Iterable[dict[str, Any]], scale: int | Iterable[int] = 1) -> dict[str, np.ndarray]:
    rows = list(sets)
    arrays = {sign: np.array([_number(sign, row[sign]) for row in rows], dtype=np.float64) for sign in FLOATS}
    codes = [CONSCIOUSNESS_CODES.get(row["consciousness"], -1) for row in rows]
    scales = [scale] * len(rows) if isinstance(scale, int) else list(scale)
    return arrays | {
        "consciousness": np.array(codes, dtype=np.int8),
        "spo2_scale": np.array(scales, dtype=np.int8),
    }


def scored(*sets: dict[str, Any], scale: int | Iterable[int] = 1) -> Scores:
    return score(**columns(sets, scale))


def _number(sign: str, value: float | str | None) -> float:
    if value is None:
        return float("nan")
    return SUPPLY[value] if isinstance(value, str) else float(value)
