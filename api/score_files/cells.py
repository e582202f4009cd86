"""One column of cells as numbers for the scoring kernel, with what was wrong with each.

Guards: a blank cell is unknown. So is a cell with no such value, with the reason beside it. Numbers are read exactly as
written, float32 included.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan, nan
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alerts.news2 import CONSCIOUSNESS_CODES
from api.score_files.problems import FileError
from devices.vital_signs import FACTS, Range, VitalSign

SCALE = "spo2_scale"
UNKNOWN_SCALE = 0
COLUMNS = (
    "respiration_rate",
    "spo2",
    SCALE,
    "on_oxygen",
    "systolic",
    "pulse",
    "consciousness",
    "temperature",
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
# A column of whole numbers with a blank among them is often written with decimals.
_OXYGEN = {"yes": 1.0, "true": 1.0, "1": 1.0, "1.0": 1.0, "no": 0.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
_SCALES = {"1": 1, "1.0": 1, "2": 2, "2.0": 2}

# One cell as a number, and what is wrong with it.
Read = tuple[float, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A column of n cells: float64 with NaN for unknown, or whole-number codes, and a sentence for each wrong one."""

    values: NDArray[Any]
    problems: Sequence[str | None] | None
    """None where nothing is wrong, otherwise one entry for each cell."""

    @property
    def unreadable(self) -> int:
        return 0 if self.problems is None else sum(said is not None for said in self.problems)


def read(name: str, column: pa.Array) -> Cells:
    """Return the cells of the column of that name. Raises FileError for a type that holds no such values."""
    kind, read_one = _readers[name]
    encoded = _distinct(name, column)
    # Vital signs repeat, so each distinct text is read once. The last entry is for empty cells.
    texts = [_text(value) for value in (*encoded.dictionary.to_pylist(), None)]
    _see_that_none_hides_a_row(name, texts)
    found = [read_one(text) for text in texts]
    at = encoded.indices.fill_null(len(found) - 1).to_numpy(zero_copy_only=False)
    values = np.array([value for value, _ in found], dtype=kind)[at]
    problems = [f"{name}: {why}" if why else None for _, why in found]
    return Cells(values, [problems[place] for place in at] if any(problems) else None)


def _see_that_none_hides_a_row(name: str, texts: Sequence[str]) -> None:
    for text in texts:
        if "\n" in text and text.count(",") >= len(COLUMNS) - 1:
            raise FileError(
                f"A cell of the column {name} goes over several lines: is a quotation mark never closed? It begins:"
                f" {_short(text.splitlines()[0])}"
            )


def number(text: str) -> float | None:
    """Return the number written in digits with at most one point; None where it is written in any other way."""
    return float(text) if _NUMBER.fullmatch(text) else None


def _distinct(name: str, column: pa.Array) -> pa.DictionaryArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _distinct(name, column.dictionary_decode())
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        column = column.cast(pa.string())  # the shortest text is what was meant: 38.05, not 38.0499992
    elif pa.types.is_null(kind):
        column = column.cast(pa.string())
    elif pa.types.is_nested(kind) or pa.types.is_temporal(kind) or pa.types.is_binary(kind):
        raise FileError(f"The column {name} holds {kind}: give numbers or text.")
    return column.dictionary_encode()


def _text(value: Any) -> str:
    """Return the value as written, without spaces around it; an empty string for a blank or NaN."""
    if value is None:
        return ""
    if isinstance(value, float | Decimal):
        # Without an exponent, which zero has in a column of decimals.
        return "" if isnan(value) else f"{Decimal(str(value)).normalize():f}"
    return f"{value}".strip()


def _quantity(possible: Range) -> Callable[[str], Read]:
    def read_one(text: str) -> Read:
        if not text:
            return nan, None
        value = number(text)
        if value is None:
            return nan, f"{_short(text)} is not a number"
        if not possible.holds(value):
            return nan, f"{_short(text)} is outside {possible.low} to {possible.high}"
        return value, None

    return read_one


def _oxygen(text: str) -> Read:
    code = _OXYGEN.get(text.lower(), nan)
    return code, f"{_short(text)} is neither yes nor no" if text and isnan(code) else None


def _consciousness(text: str) -> Read:
    code = CONSCIOUSNESS_CODES.get(text.upper(), -1)
    return code, f"{_short(text)} is none of A, C, V, P and U" if text and code < 0 else None


def _scale(text: str) -> Read:
    if not text:
        return 1, None
    if text in _SCALES:
        return _SCALES[text], None
    return UNKNOWN_SCALE, f"{_short(text)} is neither 1 nor 2, so spo2 is counted as unknown"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


_readers: dict[str, tuple[type[Any], Callable[[str], Read]]] = {
    **{sign: (np.float64, _quantity(facts.possible)) for sign, facts in FACTS.items() if facts.possible},
    SCALE: (np.int8, _scale),
    VitalSign.ON_OXYGEN: (np.float64, _oxygen),
    VitalSign.CONSCIOUSNESS: (np.int8, _consciousness),
}
