"""How long one NEWS2 set takes: our kernel, and others, in the same run.

Every contender starts from the same float columns with NaN for unknown, except where it says packed. The others give
a total, red score and band for complete sets only; ours also gives bounds, parts and deciding signs. Their results
are compared first, so that nothing is timed that is wrong. Run: python tests/benchmarks/kernel.py [sets] [many] [few]
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

from alerts.news2 import RESULT, SIGNS, Scores, pack, score, score_packed
from alerts.sets import composition
from alerts.sets.timeline import Readings
from tests.benchmarks import scorers

SEED = 20_170
SAMPLE = 20_000
LIVE_BATCH = 1_000
PART = 65_536

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


def run(n: int = 10_000_000, many: int = 100_000_000, few: int = 1_000_000) -> dict[str, Any]:
    """Nanoseconds per set, the best of a few rounds; what goes a set at a time on a sample, being slow and linear.

    The kernel's results go where there is room already, as what is copied does.
    """
    complete, partial = complete_sets(n), partial_sets(n)
    live = {name: column[:LIVE_BATCH] for name, column in partial.items()}
    frame = pd.DataFrame(complete)
    sample = [
        dict(zip(complete, row, strict=True)) for row in frame.head(SAMPLE).itertuples(index=False, name=None)
    ]
    one_by_one = {name: [told(row) for row in sample] for name, (_, told) in scorers.ONE_BY_ONE.items()}
    _agree(score(**complete), scorers.with_select(complete), one_by_one)
    floor = [column.copy() for column in complete.values()]
    packed, packed_live, out = pack(**complete), pack(**live), np.zeros(n, RESULT)
    times = {
        "copy_of_the_same_bytes": _best(lambda: [np.copyto(a, b) for a, b in _pairs(floor, complete)], n),
        "kernel_complete": _best(lambda: score(**complete, out=out), n),
        "kernel_partial": _best(lambda: score(**partial, out=out), n),
        "kernel_live_batch_of_1000": _best(lambda: score(**live), LIVE_BATCH, rounds=200),
        "kernel_packed": _best(lambda: score_packed(packed, out), n),
        "kernel_packed_live_batch_of_1000": _best(lambda: score_packed(packed_live), LIVE_BATCH, rounds=200),
        "numpy_select_complete": _best(lambda: scorers.with_select(complete), n, rounds=3),
        "pandas_select_complete": _best(lambda: scorers.with_select(frame), n, rounds=3),
        **{name: _one_by_one(name, sample) for name in scorers.ONE_BY_ONE},
    }
    composed = many // 10
    times |= _among(few) | _at(many) | _composed(composed)
    return {
        "sets": n,
        "many": many,
        "few": few,
        "composed": composed,
        "seed": SEED,
        "ns_per_set": {name: round(ns, 2) for name, ns in times.items()},
    }


def _one_by_one(name: str, sample: list[dict[str, Any]]) -> float:
    call, _ = scorers.ONE_BY_ONE[name]
    return _best(lambda: [call(row) for row in sample], len(sample), rounds=3)


def _among(few: int) -> dict[str, float]:
    """The same for fewer sets, their results in room of their own, as one asks for so many."""
    some = partial_sets(few)
    packed = pack(**some)
    return {
        f"kernel_partial_{few:,}": _best(lambda: score(**some), few),
        f"kernel_packed_{few:,}": _best(lambda: score_packed(packed), few),
    }


def _at(many: int) -> dict[str, float]:
    """The same for many more sets: what is worked on must stay in cache however many there are."""
    some = partial_sets(min(many, 1_000_000))
    columns: dict[str, Any] = {
        name: np.tile(column, many // len(some["spo2"])) for name, column in some.items()
    }
    codes, out = pack(**columns), np.zeros(many, RESULT)
    room = out[:PART]

    def in_parts() -> None:
        """For whoever uses results and needs them no more: their room, which stays in cache, is used again."""
        for start in range(0, len(codes), PART):
            part = codes[start : start + PART]
            score_packed(part, room[: len(part)])

    return {
        f"kernel_partial_{many:,}": _best(lambda: score(**columns, out=out), many, rounds=2),
        f"kernel_packed_{many:,}": _best(lambda: score_packed(codes, out), many, rounds=2),
        f"kernel_packed_{many:,}_in_parts": _best(in_parts, many, rounds=2),
    }


def _composed(n: int) -> dict[str, float]:
    """Composition and score of a month of readings, one in fifty late, each with some of the signs."""
    draw = np.random.default_rng(SEED)
    some = partial_sets(n)
    taken = np.sort(draw.integers(0, 30 * 86_400 * 10**6, n))
    history: dict[str, Any] = {
        "resident": draw.integers(0, max(n // 1_000, 1), n),
        "effective_at": taken - np.where(draw.random(n) < 0.02, draw.integers(0, 3_600 * 10**6, n), 0),
        "arrival": np.arange(n),
        "values": np.stack([some[sign].astype(np.float64) for sign in SIGNS], axis=1),
        "cleared": draw.random((n, len(SIGNS))) < 0.005,
        "new": np.ones(n, np.bool_),
    }
    at = SIGNS.index("consciousness")
    history["values"][history["values"][:, at] < 0, at] = np.nan

    def everything() -> None:
        for part in composition.compose_each(Readings(**history), window=30 * 60 * 10**6):
            score(**composition.columns(part.values), spo2_scale=np.ones(len(part), np.int8))

    return {f"compose_and_score_{n:,}": _best(everything, n, rounds=2)}


def _pairs(to: list[np.ndarray], columns: Columns) -> zip:
    return zip(to, columns.values(), strict=True)


def _agree(ours: Scores, selected: tuple[Any, Any, Any], one_by_one: dict[str, list[int]]) -> None:
    for name, found, expected in zip(
        ("total", "red", "band"), (ours.low, ours.red, ours.band_low), selected, strict=True
    ):
        if not np.array_equal(found, expected):
            raise AssertionError(
                f"The kernel and np.select differ in {name}; timing them would mean nothing."
            )
    for who, totals in one_by_one.items():
        if not np.array_equal(ours.low[: len(totals)], totals):
            raise AssertionError(f"The kernel and {who} differ; timing them would mean nothing.")


def _best(work: Callable[[], object], sets: int, rounds: int = 7) -> float:
    best = math.inf
    for _ in range(rounds):
        start = time.perf_counter_ns()
        work()
        best = min(best, time.perf_counter_ns() - start)
    return best / max(sets, 1)


if __name__ == "__main__":
    print(json.dumps(run(*map(int, sys.argv[1:4])), indent=2))
