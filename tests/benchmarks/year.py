"""A year of readings in one file, replayed under two policies by the command that everybody uses.

Invariant: the file is made once, from a seed, and the time is that of the whole command: reading, sorting by resident,
composing, scoring, judging under both policies, comparing.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from tests.benchmarks.spent import spent_by

SEED = 20170
SETS_A_DAY = 4
FULL = (50_000, 365)
"""Residents and days: a year of one integrated care board, 73 million sets."""
SMALL = (5_000, 365)
QUICK = (500, 30)
_ROW_GROUP = 1 << 20
_FIRST_DAY = 1_767_225_600  # 1 January 2026, in seconds since 1970
# Two in a hundred of each sign are missing: then the set is composed from what was known before.
_MISSING = 0.02
_MEASURED = {
    "respiration_rate": (16.5, 1.8, 0),
    "spo2": (96.6, 1.1, 0),
    "systolic": (132, 14, 0),
    "pulse": (73, 9, 0),
    "temperature": (36.7, 0.35, 1),
}
POLICIES = {
    "another threshold": "medium_from = 4\n",
    "another threshold, rise and trend": (
        'medium_from = 4\n[rise]\npoints = 2\nwithin_hours = 24\nseverity = "concern"\n'
        '[trend]\nreadings = 5\nwithin_hours = 72\nseverity = "concern"\n'
        "change = { spo2 = -3, pulse = 20, respiration_rate = 6 }\n"
    ),
}


def run(residents: int, days: int) -> dict[str, Any]:
    """Replay so much under each policy; seconds, processor seconds and memory of the command."""
    with tempfile.TemporaryDirectory(prefix="hearthwatch-bench-") as folder:
        file = Path(folder) / "year.parquet"
        sets = write(file, residents, days)
        return {
            "residents": residents,
            "days": days,
            "sets": sets,
            "file_mib": file.stat().st_size >> 20,
            "replays": [_replayed(file, name, text, sets) for name, text in POLICIES.items()],
        }


def _replayed(file: Path, name: str, text: str, sets: int) -> dict[str, Any]:
    policy = file.with_name("policy.toml")
    policy.write_text(text)
    used = spent_by(sys.executable, "-m", "api.cli", "replay", str(file), "--policy", str(policy), "--json")
    return {
        "policy": name,
        "seconds": round(used.seconds, 1),
        "processor_seconds": round(used.processor_seconds, 1),
        "us_per_set": round(used.processor_seconds / sets * 1e6, 2),
        "peak_mib": used.peak_mib,
    }


def write(file: Path, residents: int, days: int) -> int:
    """Full sets of everybody, four times a day, in the order of time; returns how many."""
    rng = np.random.default_rng(SEED)
    names = pa.array([f"R{number:06}" for number in range(residents)])
    homes = pa.array([f"H{number // 40:04}" for number in range(residents)])
    sink: parquet.ParquetWriter | None = None
    held: list[pa.Table] = []
    for number in range(days * SETS_A_DAY):
        start = _FIRST_DAY + number * 86_400 // SETS_A_DAY
        held.append(_sets(rng, names, homes, start))
        if sum(map(len, held)) >= _ROW_GROUP or number == days * SETS_A_DAY - 1:
            table = pa.concat_tables(held).unify_dictionaries()
            sink = sink or parquet.ParquetWriter(file, table.schema)
            sink.write_table(table)
            held.clear()
    if sink is not None:
        sink.close()
    return residents * days * SETS_A_DAY


def _sets(rng: np.random.Generator, names: pa.Array, homes: pa.Array, start: int) -> pa.Table:
    n = len(names)
    who = pa.array(rng.permutation(n).astype(np.int32))
    taken = np.sort(start + rng.integers(0, 3600, n)) * 1_000_000
    columns: dict[str, Any] = {
        "resident": pa.DictionaryArray.from_arrays(who, names),
        "home": pa.DictionaryArray.from_arrays(who, homes),
        "taken_at": pa.array(taken, pa.timestamp("us", "UTC")),
        "spo2_scale": pa.array(np.ones(n, np.int8)),
        "on_oxygen": pa.array(rng.random(n) < 0.01),
        "consciousness": pa.array(np.where(rng.random(n) < 0.002, "C", "A")),
        "scheduled": pa.array(np.ones(n, bool)),
    }
    columns |= {sign: _values(rng, n, *spread) for sign, spread in _MEASURED.items()}
    return pa.table(columns)


def _values(rng: np.random.Generator, n: int, middle: float, spread: float, decimals: int) -> pa.Array:
    values: NDArray[np.float64] = np.round(rng.normal(middle, spread, n), decimals)
    return pa.array(np.minimum(values, 250), mask=rng.random(n) < _MISSING)
