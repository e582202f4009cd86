"""One whole number for all that the chart says of a set of observations, and the result of each such number.

Guards: two sets have the same packed code exactly when every parameter scores alike, known or not. The result
of a code is worked out from the chart alone.

A code of a column (`alerts.news2_chart`) belongs to a *class*: codes of one class have the same term and the
same points. A packed code is the classes of the six columns as the digits of one number.
"""

from math import prod

import numpy as np
from numpy.typing import NDArray

from alerts.news2_bounds import OUTCOMES
from alerts.news2_chart import COLUMNS, PARTS, TERMS, frozen

PACKED = np.uint16

# 32 bytes, so that one look-up brings the whole result.
RESULT = np.dtype(
    [
        ("low", np.uint8),
        ("high", np.uint8),
        ("red", np.int8),  # index into news2.RED_SCORES
        ("band_low", np.int8),  # index into BANDS
        ("band_high", np.int8),
        ("complete", np.bool_),
        ("part_low", np.uint8, len(PARTS)),
        ("part_high", np.uint8, len(PARTS)),
        ("deciding", np.bool_, len(PARTS)),
        ("spare", np.uint8, 5),
    ]
)
_FACTS = ("least", "most", "decides")


def _classes(column: str) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return a column's classes, a row each (the term, then the facts of its parts), and the class of each code."""
    parts = [part.table for part in PARTS if part.column == column]
    facts = [TERMS[column], *(table[fact] for table in parts for fact in _FACTS)]
    classes, of_code = np.unique(np.stack(facts, axis=1).astype(np.int64), axis=0, return_inverse=True)
    return frozen(classes), frozen(of_code.reshape(-1))


_CLASSES, _CLASS_OF_CODE = {}, {}
for _column in COLUMNS:
    _CLASSES[_column], _CLASS_OF_CODE[_column] = _classes(_column)
_SIZES = [len(_CLASSES[column]) for column in COLUMNS]
_WORTH = {column: prod(_SIZES[:place]) for place, column in enumerate(COLUMNS)}
SPACE = prod(_SIZES)

# What each code of a column adds to the packed code.
SHARES = {column: frozen((_CLASS_OF_CODE[column] * _WORTH[column]).astype(PACKED)) for column in COLUMNS}


def _results() -> NDArray[np.void]:
    """Return the result of each packed code."""
    digits = {column: np.arange(SPACE) // _WORTH[column] % len(_CLASSES[column]) for column in COLUMNS}
    chosen = {column: _CLASSES[column][digits[column]] for column in COLUMNS}
    outcomes = OUTCOMES[np.sum([facts[:, 0] for facts in chosen.values()], axis=0)]
    results = np.zeros(SPACE, RESULT)
    for name in ("low", "high", "red", "band_low", "band_high", "complete"):
        results[name] = outcomes[name]
    read = dict.fromkeys(COLUMNS, 1)  # the term comes first
    for at, part in enumerate(PARTS):
        start = read[part.column]
        least, most, decides = chosen[part.column][:, start : start + len(_FACTS)].T
        results["part_low"][:, at] = least
        results["part_high"][:, at] = most
        results["deciding"][:, at] = (decides & outcomes["deciding"]) != 0
        read[part.column] += len(_FACTS)
    return frozen(results)


RESULTS = _results()
