"""NEWS2 for many sets of observations at once, with honest bounds where something is missing.

Guards: a missing vital sign is unknown, never normal. Each bound is the tightest over all ways to complete
the set, taken jointly: nothing outside the bounds can happen, and each end of them can.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, London 2017, charts 1, 2 and 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from alerts.news2_chart import BANDS, CONSCIOUSNESS_CODES, Band
from alerts.news2_codes import Columns, Observations, check
from alerts.news2_codes import pack as pack_rows
from alerts.news2_packed import PACKED, RESULT, RESULTS, SPACE

__all__ = [
    "BANDS",
    "CONSCIOUSNESS_CODES",
    "PARAMETERS",
    "RED_SCORES",
    "RESULT",
    "RULE_VERSION",
    "SIGNS",
    "Band",
    "Observations",
    "Scores",
    "pack",
    "score",
    "score_packed",
]

# Stored with every score. Change it whenever the same observations could score differently.
RULE_VERSION = "news2-rcp-2017.1"

SIGNS = ("respiration_rate", "spo2", "on_oxygen", "systolic", "pulse", "consciousness", "temperature")
PARAMETERS = (
    "respiration_rate",
    "spo2",
    "air_or_oxygen",
    "systolic",
    "pulse",
    "consciousness",
    "temperature",
)
RED_SCORES = ("no", "yes", "unknown")

_BLOCK = 8192  # rows scored at a time, so that intermediate arrays stay in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Results for n sets of observations, a row each. Points have no unit. The arrays are views of one table."""

    low: NDArray[np.uint8]  # the least the total can be, 0..20
    high: NDArray[np.uint8]  # the most it can be
    red: NDArray[np.int8]  # any single parameter at 3: index into RED_SCORES
    band_low: NDArray[np.int8]  # index into BANDS
    band_high: NDArray[np.int8]
    part_low: NDArray[np.uint8]  # n x 7, columns as PARAMETERS
    part_high: NDArray[np.uint8]
    deciding: NDArray[np.bool_]  # n x 7, columns as SIGNS: missing, and able to change the band by itself
    complete: NDArray[np.bool_]  # nothing is missing

    def __len__(self) -> int:
        return len(self.low)


def score(*, out: NDArray[np.void] | None = None, **observations: Unpack[Observations]) -> Scores:
    """Score n sets of observations (RCP 2017, charts 1, 2 and 4); many threads may call it at once.

    Each column of `Observations` is an argument. Values are rounded half up to the chart's whole numbers and
    tenths. A value beyond the chart's ends scores as its end does: respiration rate 0 is 3 points.

    Raise ValueError, in a sentence, for another shape, length, precision, scale or code, and for infinite
    values. The caller makes impossible values unknown, and says so.

    `out`: n records of RESULT to write to; the result is then views of them. For very many sets, fresh memory
    costs more than the scoring. After an error, its content is undefined.
    """
    columns = check(**observations)
    results = _room(out, len(columns))
    packed = np.empty(min(_BLOCK, len(columns)), PACKED)
    for rows in _blocks(columns):
        codes = packed[: rows.stop - rows.start]
        pack_rows(columns, rows, codes)
        RESULTS.take(codes, out=results[rows], mode="clip")
    return _scores(results)


def pack(**observations: Unpack[Observations]) -> NDArray[np.uint16]:
    """Return two bytes a set that hold all the chart says of it, for scoring again and again; arguments as `score`.

    The codes belong to one RULE_VERSION. They are for memory and for files that name that version, not for
    storage.
    """
    columns = check(**observations)
    packed = np.empty(len(columns), PACKED)
    for rows in _blocks(columns):
        pack_rows(columns, rows, packed[rows])
    return packed


def score_packed(codes: NDArray[np.uint16], out: NDArray[np.void] | None = None) -> Scores:
    """Score n codes from `pack`; `out` as in `score`. Raise ValueError for anything that is no such code."""
    if codes.dtype != PACKED or codes.ndim != 1:
        raise ValueError(
            f"Packed codes are one-dimensional and uint16, not {codes.ndim}-dimensional {codes.dtype}."
        )
    if len(codes) and codes.max() >= SPACE:
        raise ValueError(f"Packed codes lie below {SPACE}; there is {codes.max()}.")
    results = _room(out, len(codes))
    for start in range(0, len(codes), _BLOCK):
        rows = slice(start, start + _BLOCK)
        RESULTS.take(codes[rows], out=results[rows], mode="clip")
    return _scores(results)


def _room(out: NDArray[np.void] | None, n: int) -> NDArray[np.void]:
    if out is None:
        return np.empty(n, RESULT)
    if out.dtype != RESULT or out.shape != (n,):
        raise ValueError(f"out must be {n} records of RESULT, not {out.shape} of {out.dtype}.")
    return out


def _blocks(columns: Columns) -> Iterator[slice]:
    n = len(columns)
    return (slice(start, min(start + _BLOCK, n)) for start in range(0, n, _BLOCK))


def _scores(results: NDArray[np.void]) -> Scores:
    return Scores(**{field.name: results[field.name] for field in fields(Scores)})
