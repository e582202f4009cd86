"""Other people's NEWS2, written by others from the same chart, says what ours says."""

from typing import Any

import clincalc
import numpy as np
import pytest
import vitalscore
from numpy.typing import NDArray

from alerts.news2 import BANDS, RED_SCORES, Scores, score
from tests.fixtures.length import seed

SETS = 100_000
LETTERS = "ACVPU"
PARTS = ("respiratory_rate", "spo2", "air_or_oxygen", "systolic_bp", "pulse", "consciousness", "temperature")
THEIR_BANDS = {"routine": "low", "low": "low", "low-medium": "low_medium", "medium": "medium", "high": "high"}
Columns = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def sets() -> Columns:
    """Every value that all of them take, drawn evenly: thresholds are met often."""
    draw = np.random.default_rng(seed())
    return {
        "respiration_rate": draw.integers(1, 41, SETS),
        "spo2": draw.integers(70, 101, SETS),
        "spo2_scale": draw.integers(1, 3, SETS),
        "on_oxygen": draw.integers(0, 2, SETS),
        "systolic": draw.integers(60, 260, SETS),
        "pulse": draw.integers(25, 180, SETS),
        "consciousness": draw.integers(0, 5, SETS),
        "temperature": draw.integers(330, 421, SETS) / 10,
    }


@pytest.fixture(scope="module")
def ours(sets: Columns) -> Scores:
    return score(**sets)


def rows(sets: Columns) -> list[dict[str, Any]]:
    names = list(sets)
    lists = (sets[name].tolist() for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]


def test_clincalc_gives_the_same_parts_totals_red_scores_and_bands(sets: Columns, ours: Scores) -> None:
    for at, row in enumerate(rows(sets)):
        theirs = clincalc.calculate(
            "news2",
            {
                "respiratory_rate": row["respiration_rate"],
                "spo2": row["spo2"],
                "spo2_scale": str(row["spo2_scale"]),
                "on_oxygen": bool(row["on_oxygen"]),
                "systolic_bp": row["systolic"],
                "pulse": row["pulse"],
                "consciousness": "alert" if row["consciousness"] == 0 else "confusion-or-vpu",
                "temperature": row["temperature"],
            },
        )["working"]
        assert [theirs[f"{part}_score"] for part in PARTS] == ours.part_low[at].tolist(), row
        assert theirs["total_score"] == ours.low[at] == ours.high[at], row
        assert theirs["single_parameter_3"] == (RED_SCORES[ours.red[at]] == "yes"), row
        assert THEIR_BANDS[theirs["band"]] == BANDS[ours.band_low[at]], row


def test_vitalscore_gives_the_same_totals(sets: Columns, ours: Scores) -> None:
    for at, row in enumerate(rows(sets)):
        theirs = vitalscore.score_news2(
            row["respiration_rate"],
            row["spo2"],
            bool(row["on_oxygen"]),
            row["systolic"],
            row["pulse"],
            LETTERS[row["consciousness"]],
            row["temperature"],
            use_spo2_scale2=row["spo2_scale"] == 2,
        )
        assert theirs.total == ours.low[at] == ours.high[at], row
