"""Where rows come from: CSV or Parquet, a file or standard input, a batch at a time.

Guards: a file larger than memory is read in bounded memory; CSV cells stay text, so nothing is guessed of them.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import csv, parquet

from api.score_files.problems import FileError

_BLOCK_BYTES = 8 << 20
_BATCH_ROWS = 1 << 16
_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Source:
    """Batches of one table. `part`: how much of it has been read, 0 to 1, None where that is not known."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    part: Callable[[], float | None]


@contextmanager
def opened(path: Path | None) -> Iterator[Source]:
    """The rows of a file, or of standard input as CSV. Raises FileError, also while its batches are read."""
    if path is None:
        yield _csv(sys.stdin.buffer, lambda: None)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}.") from None
    with file:
        yield _parquet(file) if _is_parquet(file) else _csv(file, lambda: _read_part(file, path))


def _read_part(file: BinaryIO, path: Path) -> float:
    return 1.0 if file.closed else file.tell() / max(path.stat().st_size, 1)


def _is_parquet(file: BinaryIO) -> bool:
    start = file.read(len(_PARQUET_MAGIC))
    file.seek(0)
    return start == _PARQUET_MAGIC


def _csv(file: BinaryIO, part: Callable[[], float | None]) -> Source:
    with _in_a_sentence():
        reader = csv.open_csv(
            pa.PythonFile(file, mode="r"),
            read_options=csv.ReadOptions(block_size=_BLOCK_BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(default_column_type=pa.string()),
        )
    return Source(reader.schema, _each(reader), part)


def _parquet(file: BinaryIO) -> Source:
    with _in_a_sentence():
        table = parquet.ParquetFile(file)
    rows, seen = max(table.metadata.num_rows, 1), 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal seen
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            seen += len(batch)
            yield batch

    return Source(table.schema_arrow, _each(counted()), lambda: seen / rows)


def _each(batches: Any) -> Iterator[pa.RecordBatch]:
    rest = iter(batches)
    while True:
        with _in_a_sentence():
            batch = next(rest, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _in_a_sentence() -> Iterator[None]:
    try:
        yield
    except pa.ArrowInvalid as error:
        raise FileError(_sentence(str(error))) from None


def _sentence(error: str) -> str:
    if "Empty CSV file" in error:
        return "There is nothing in it, not even the names of the columns."
    if "invalid UTF8" in error:
        return "It is not UTF-8 text: save it as UTF-8."
    if "CSV parse error" in error:
        return (
            f"A row has another number of cells than there are names of columns: {error.partition(': ')[2]}"
        )
    return f"It cannot be read: {error}"
