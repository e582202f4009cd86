"""The destinations of scored rows: CSV or Parquet, a file or standard output.

Guards: a file appears under its name only when complete, with the mode of the file it replaces. Only a regular file is
replaced, never a device. Two runs never write to the same unfinished file.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pyarrow as pa
from pyarrow import csv, parquet

from api.score_files.problems import FileError

Sink = csv.CSVWriter | parquet.ParquetWriter


@contextmanager
def opened(path: Path | None, schema: pa.Schema) -> Iterator[Sink]:
    """Open Parquet where the name ends so, otherwise CSV; standard output without a name.

    Raises FileError, BrokenPipeError.
    """
    name = "Standard output" if path is None else path
    kind = parquet.ParquetWriter if path is not None and path.suffix == ".parquet" else csv.CSVWriter
    try:
        with _place(path) as place, kind(place, schema) as writer:
            yield writer
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(f"{name} cannot be written: {(error.strerror or str(error)).lower()}.") from None
    except pa.ArrowInvalid as error:
        said = f"{name} cannot hold every column: {error}. Parquet can (--to NAME.parquet)."
        raise FileError(said) from None


@contextmanager
def _place(path: Path | None) -> Iterator[Path | pa.NativeFile]:
    if path is None:
        if sys.stdout is None:
            raise FileError("There is no standard output: say with --to where the rows go.")
        yield pa.PythonFile(sys.stdout.buffer, mode="w")
        sys.stdout.buffer.flush()
    elif path.is_dir():
        raise FileError(f"{path} cannot be written: it is a folder.")
    elif path.exists() and not path.is_file():
        yield path
    else:
        yield from _whole(path.resolve())


def _whole(path: Path) -> Iterator[Path]:
    if not path.parent.is_dir():
        raise FileError(f"{path} cannot be written: there is no such folder.")
    # Each run has its own, closed to everybody who may not read the file it replaces.
    unfinished = path.with_name(f".{path.name}.{token_hex(8)}.unfinished")
    replaced = path.exists()
    unfinished.touch(0o600 if replaced else 0o666, exist_ok=False)
    try:
        yield unfinished
        if replaced:
            shutil.copymode(path, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
