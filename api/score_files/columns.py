"""The columns that scoring adds: bounds, red score, bands, deciding signs, each part, and problems.

Guards: an unknown part is blank, never 0. The table's own columns are kept unchanged.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alerts.news2 import BANDS, PARAMETERS, RED_SCORES, SIGNS, Scores, score
from api.score_files import cells
from api.score_files.cells import COLUMNS, Cells
from api.score_files.misfits import Batch
from api.score_files.problems import FileError
from devices.vital_signs import VitalSign

PROBLEMS = "problems"
PART_COLUMNS = tuple(f"part_{name}" for name in PARAMETERS)
_ADDED = pa.schema(
    [
        ("news2_low", pa.uint8()),
        ("news2_high", pa.uint8()),
        ("red_score", pa.string()),
        ("band_low", pa.string()),
        ("band_high", pa.string()),
        ("deciding", pa.string()),
        *((name, pa.uint8()) for name in PART_COLUMNS),
        (PROBLEMS, pa.string()),
    ]
)
_BITS = 1 << np.arange(len(SIGNS))
# The signs of every mask of seven bits, separated by spaces.
_SIGNS_OF = pa.array(
    [
        " ".join(sign for bit, sign in zip(_BITS, SIGNS, strict=True) if mask & bit)
        for mask in range(1 << len(SIGNS))
    ]
)


def schema(given: pa.Schema) -> pa.Schema:
    """Return the given columns and the added ones. Raises FileError where the table cannot be scored."""
    names = given.names
    if missing := [name for name in COLUMNS if name not in names]:
        raise FileError(f"{_lacks(missing)} {_perhaps(missing, names)}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise FileError(f"There is more than one column {_listed(twice)}.")
    if taken := [name for name in _ADDED.names if name in names]:
        there = f"is a column {_listed(taken)}" if len(taken) == 1 else f"are columns {_listed(taken)}"
        raise FileError(f"There {there} already: is this file scored?")
    return pa.schema([*given, *_ADDED])


def scored(batch: Batch, into: pa.Schema) -> tuple[pa.RecordBatch, dict[str, int]]:
    """Return the rows with what is added, and how many cells of each column were counted as unknown."""
    read = {name: cells.read(name, batch.rows.column(name)) for name in COLUMNS}
    scores = score(**_values(read))
    arrays = [*batch.rows.columns, *_added(scores), _problems(list(read.values()), batch)]
    return pa.RecordBatch.from_arrays(arrays, schema=into), {
        name: one.unreadable for name, one in read.items()
    }


def _values(read: Mapping[str, Cells]) -> dict[str, NDArray[Any]]:
    """Return the kernel's arguments.

    An SpO2 without a known scale is unknown: 97 on oxygen scores 0 on scale 1 and 3 on scale 2.
    """
    values = {name: one.values for name, one in read.items()}
    scale = values[cells.SCALE]
    return values | {
        cells.SCALE: np.where(scale == cells.UNKNOWN_SCALE, 1, scale).astype(np.int8),
        VitalSign.SPO2: np.where(scale == cells.UNKNOWN_SCALE, np.nan, values[VitalSign.SPO2]),
    }


def _added(scores: Scores) -> list[pa.Array]:
    bands, reds = pa.array([str(band) for band in BANDS]), pa.array(list(RED_SCORES))
    parts = zip(scores.part_low.T, scores.part_high.T, strict=True)
    return [
        pa.array(scores.low),
        pa.array(scores.high),
        reds.take(pa.array(scores.red)),
        bands.take(pa.array(scores.band_low)),
        bands.take(pa.array(scores.band_high)),
        _SIGNS_OF.take(pa.array(scores.deciding @ _BITS)),
        *(pa.array(low, mask=low != high) for low, high in parts),
    ]


def _problems(read: Sequence[Cells], batch: Batch) -> pa.Array:
    of_cells = [one.problems for one in read if one.problems is not None]
    said: list[str | None] = [None] * len(batch.rows)
    if of_cells:
        said = ["; ".join(filter(None, of_row)) or None for of_row in zip(*of_cells, strict=True)]
    for place, sentence in batch.misfits.items():
        said[place] = sentence
    return pa.array(said, pa.string())


def _lacks(missing: Sequence[str]) -> str:
    return f"There {'is no column' if len(missing) == 1 else 'are no columns'} {_listed(missing)}."


def _perhaps(missing: Sequence[str], names: Sequence[str]) -> str:
    """Return a guess at what is wrong."""
    if alike := [f"'{name}'" for name in names if name.strip().lower() in missing]:
        return f"Names are in small letters, without spaces: there is {_listed(alike)}."
    for apart, mark in (("semicolons", ";"), ("tabs", "\t")):
        if len(names) == 1 and mark in names[0]:
            return f"Cells lie apart by commas, not by {apart}."
    return f"All of these are needed: {_listed(COLUMNS)}."


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
