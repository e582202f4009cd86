"""How long one NEWS2 set takes: our kernel, plain Python, numpy's select and pandas, in the same run.

Every contender starts from the same float columns with NaN for unknown. The others give a total, red score and
band for complete sets only; ours also gives bounds, parts and deciding signs. Their results are compared first,
so that nothing is timed that is wrong. Run: python tests/benchmarks/kernel.py [sets]
"""

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

if __package__ in (None, ""):  # run as a script: the project is two folders up
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from alerts.news2 import Scores, score

SEED = 20_170
PLAIN_SAMPLE = 20_000
LIVE_BATCH = 1_000

Columns = dict[str, np.ndarray]


def complete_sets(n: int, seed: int = SEED) -> Columns:
    """Observations over the whole chart, so that every branch and entry is taken."""
    rng = np.random.default_rng(seed)
    return {
        "respiration_rate": rng.integers(5, 35, n).astype(np.float64),
        "spo2": rng.integers(80, 101, n).astype(np.float64),
        "spo2_scale": rng.integers(1, 3, n).astype(np.int8),
        "on_oxygen": rng.integers(0, 2, n).astype(np.float64),
        "systolic": rng.integers(75, 235, n).astype(np.float64),
        "pulse": rng.integers(30, 145, n).astype(np.float64),
        "consciousness": rng.choice(5, n, p=(0.9, 0.04, 0.03, 0.02, 0.01)).astype(np.int8),
        "temperature": rng.integers(340, 400, n) / 10,
    }


def partial_sets(n: int, missing: float = 0.4, seed: int = SEED) -> Columns:
    """The same with each sign unknown in that share of sets."""
    rng = np.random.default_rng(seed + 1)
    sets = complete_sets(n, seed)
    for name, column in sets.items():
        if name != "spo2_scale":
            column[rng.random(n) < missing] = -1 if name == "consciousness" else np.nan
    return sets


def plain_python(rows: list[dict[str, Any]]) -> list[tuple[int, bool, int]]:
    """(total, red, band index) of complete sets, a branch at a time."""
    return [_plain_one(**row) for row in rows]


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


def _plain_one(
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


def run(n: int = 1_000_000) -> dict[str, Any]:
    """Nanoseconds per set, the best of a few rounds; plain Python on a sample, since it is slow and linear."""
    complete, partial = complete_sets(n), partial_sets(n)
    live = {name: column[:LIVE_BATCH] for name, column in partial.items()}
    frame = pd.DataFrame(complete)
    rows = frame.head(PLAIN_SAMPLE).to_dict("records")
    _agree(score(**complete), with_select(complete), plain_python(rows))
    floor = [column.copy() for column in complete.values()]
    times = {
        "copy_of_the_same_bytes": _best(lambda: [np.copyto(a, b) for a, b in _pairs(floor, complete)], n),
        "kernel_complete": _best(lambda: score(**complete), n),
        "kernel_partial": _best(lambda: score(**partial), n),
        "kernel_live_batch_of_1000": _best(lambda: score(**live), len(live["spo2"]), rounds=200),
        "numpy_select_complete": _best(lambda: with_select(complete), n, rounds=3),
        "pandas_select_complete": _best(lambda: with_select(frame), n, rounds=3),
        "plain_python_complete": _best(lambda: plain_python(rows), len(rows), rounds=3),
    }
    return {"sets": n, "seed": SEED, "ns_per_set": {name: round(ns, 2) for name, ns in times.items()}}


def _pairs(to: list[np.ndarray], columns: Columns) -> zip:
    return zip(to, columns.values(), strict=True)


def _agree(ours: Scores, selected: tuple[Any, Any, Any], plain: list[tuple[int, bool, int]]) -> None:
    for name, found, expected in zip(
        ("total", "red", "band"), (ours.low, ours.red, ours.band_low), selected, strict=True
    ):
        if not np.array_equal(found, expected):
            raise AssertionError(
                f"The kernel and np.select differ in {name}; timing them would mean nothing."
            )
    for row, (total, red, band) in enumerate(plain):
        if (ours.low[row], ours.red[row], ours.band_low[row]) != (total, red, band):
            raise AssertionError(f"The kernel and plain Python differ in set {row}.")


def _best(work: Callable[[], object], sets: int, rounds: int = 7) -> float:
    best = math.inf
    for _ in range(rounds):
        start = time.perf_counter_ns()
        work()
        best = min(best, time.perf_counter_ns() - start)
    return best / max(sets, 1)


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:2])), indent=2))
