"""The sources of rows: CSV or Parquet, a file or standard input, a batch at a time.

Guards: a file larger than memory is read in bounded memory. CSV cells stay text, so no type is guessed. No row is left
out.
"""

import errno
import os
import shutil
import sys
import tempfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from api.score_files.misfits import Batch, Misfits
from api.score_files.problems import FileError

_BLOCK_BYTES = 8 << 20
_BATCH_ROWS = 1 << 16
_PARQUET_MAGIC = b"PAR1"
_KEPT: list[csv.ParseOptions] = []
_LONGEST = 200  # characters quoted of Arrow's messages, which may hold a whole row


@dataclass(frozen=True, slots=True)
class Source:
    """Batches of one table. `part`: the share read so far, 0 to 1, None where unknown."""

    schema: pa.Schema
    batches: Iterator[Batch]
    part: Callable[[], float | None]


@contextmanager
def opened(path: Path | None) -> Iterator[Source]:
    """Open the rows of a file, or of standard input. Raises FileError, also while its batches are read."""
    with _standard_input() if path is None else nullcontext(path) as known:
        try:
            file = pa.OSFile(str(known))
            begins = file.read(len(_PARQUET_MAGIC))
        except OSError as error:
            raise FileError(f"{path} cannot be read: {_why(Path(known), error)}.") from None
        if begins.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise FileError("It is UTF-16 text: save it as UTF-8.")
        with file:
            file.seek(0)
            with _parquet(file) if begins == _PARQUET_MAGIC else _csv(file) as source:
                yield source


@contextmanager
def _standard_input() -> Iterator[Path]:
    """Copy standard input to a file: Arrow's threads read ahead, and might outlive a Python stream."""
    if sys.stdin is None:
        raise FileError("There is no standard input: name a file.")
    with tempfile.NamedTemporaryFile(prefix="hearthwatch-") as spooled:
        try:
            shutil.copyfileobj(sys.stdin.buffer, spooled, _BLOCK_BYTES)
            spooled.flush()
        except OSError as error:
            raise FileError(f"{spooled.name} cannot be written: {error.strerror}.") from None
        yield Path(spooled.name)


def _why(path: Path, error: OSError) -> str:
    return "it is a folder" if path.is_dir() else os.strerror(error.errno or errno.EIO).lower()


@contextmanager
def _csv(file: pa.NativeFile) -> Iterator[Source]:
    misfits = Misfits()
    with misfits.finding() as find:
        with _in_a_sentence():
            reader = csv.open_csv(
                file,
                # With threads, rows have no numbers.
                read_options=csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
                parse_options=_kept(csv.ParseOptions(newlines_in_values=True, invalid_row_handler=find)),
                convert_options=csv.ConvertOptions(default_column_type=pa.string()),
            )
        size = max(file.size(), 1)
        with reader:
            batches = misfits.among(_each(reader), reader.schema)
            yield Source(reader.schema, batches, lambda: 1.0 if file.closed else file.tell() / size)


def _kept(options: csv.ParseOptions) -> csv.ParseOptions:
    """Keep the options alive: an Arrow thread that released their Python callback at exit would abort."""
    _KEPT.append(options)
    return options


@contextmanager
def _parquet(file: pa.NativeFile) -> Iterator[Source]:
    with _in_a_sentence():
        # The reader keeps what it buffers ahead until the end, and that would be all of the file.
        table = parquet.ParquetFile(file, pre_buffer=False)
    rows, seen = max(table.metadata.num_rows, 1), 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal seen
        for batch in table.iter_batches(batch_size=_BATCH_ROWS):
            seen += len(batch)
            yield batch

    yield Source(table.schema_arrow, map(Batch, _each(counted())), lambda: seen / rows)


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
    except (pa.ArrowException, OSError) as error:
        raise FileError(_sentence(str(error).partition("\n")[0][:_LONGEST])) from None


def _sentence(error: str) -> str:
    if "Empty CSV file" in error:
        return "There are no rows in it, or nothing at all."
    # The text of a row with too few or too many cells could not be found.
    if "invalid UTF8" in error or "CSV parse error" in error:
        return "It is not UTF-8 text: save it as UTF-8."
    if "straddling object" in error:
        return f"A row is longer than {_BLOCK_BYTES >> 20} MB: is a quotation mark never closed?"
    return f"It cannot be read: {error}"
