"""Rows of a CSV file that have more or fewer cells than there are columns.

Guards: such a row keeps its place and all its cells are blank, because nothing says which column each is in; a sentence
quotes it. The file is refused where a misfit may contain other rows, after a quotation mark that was never closed, and
where there are only misfits.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyarrow import csv

from api.score_files.problems import FileError

MOST_IN_SUCCESSION = 10_000
_FIRST_ROW = 2  # below the names of the columns
_LONGEST = 100  # characters quoted of a row that ends the file


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table.

    `misfits` has a sentence for the place of each row that does not fit, whose cells are all blank.
    """

    rows: pa.RecordBatch
    misfits: Mapping[int, str] = field(default_factory=dict)


class Misfits:
    """The misfits of one file.

    The reader finds them some batches ahead, and leaves them out of its batches.
    """

    def __init__(self) -> None:
        self._found: deque[csv.InvalidRow] = deque()
        self._next = _FIRST_ROW
        self._last, self._in_succession = 0, 0
        self._refusal: str | None = None

    @contextmanager
    def finding(self) -> Iterator[Callable[[csv.InvalidRow], str]]:
        """Yield the reader's callback for each misfit. Raises FileError.

        A row that is not UTF-8 ends the file before the callback runs; Python's own report of that is suppressed.
        """
        before = sys.unraisablehook
        sys.unraisablehook = lambda fault: None if fault.object == self._find else before(fault)
        try:
            yield self._find
        except FileError:
            if self._refusal is None:
                raise
            raise FileError(self._refusal) from None
        finally:
            sys.unraisablehook = before

    def among(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[Batch]:
        """Yield the batches that were read, with each misfit in its place."""
        for batch in batches:
            yield self._put_back(batch)
        if self._found:
            yield self._put_back(pa.RecordBatch.from_pylist([], schema))

    def _find(self, row: csv.InvalidRow) -> str:
        self._in_succession = self._in_succession + 1 if row.number == self._last + 1 else 1
        self._last = row.number
        self._refusal = _refusal(row, self._in_succession)
        if self._refusal is not None:
            return "error"
        self._found.append(row)
        return "skip"

    def _put_back(self, rows: pa.RecordBatch) -> Batch:
        said: dict[int, str] = {}
        while self._found and self._found[0].number - self._next <= len(rows) + len(said):
            row = self._found.popleft()
            said[row.number - self._next] = f"{_cells(row)}, so that none is counted: {row.text.strip()}"
        self._next += len(rows) + len(said)
        if not said:
            return Batch(rows)
        blank = np.zeros(len(rows) + len(said), dtype=bool)
        blank[list(said)] = True
        return Batch(rows.take(pa.array(np.cumsum(~blank) - 1, mask=blank)), said)


def _refusal(row: csv.InvalidRow, in_succession: int) -> str | None:
    """Return why a row ends the file, or None."""
    lines = row.text.strip().splitlines()
    if len(lines) > 1:
        why = f"goes over {len(lines)} lines: is a quotation mark never closed?"
    elif in_succession == MOST_IN_SUCCESSION:
        why = f"so it is with {in_succession:,} rows in succession: is it another table?"
    else:
        return None
    return (
        f"Row {row.number - 1} below the names has {_cells(row)}, and {why} It begins: {lines[0][:_LONGEST]}"
    )


def _cells(row: csv.InvalidRow) -> str:
    return f"{row.actual_columns} cell{'' if row.actual_columns == 1 else 's'} for {row.expected_columns} columns"
