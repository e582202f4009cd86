"""Where scored rows go: CSV or Parquet, a file or standard output.

Guards: a file appears under its name only once it is whole.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow import csv, parquet

from api.score_files.problems import FileError

Sink = csv.CSVWriter | parquet.ParquetWriter


@contextmanager
def opened(path: Path | None, schema: pa.Schema) -> Iterator[Sink]:
    """Parquet where the name ends so, else CSV; standard output without a name. Raises FileError."""
    if path is None:
        with csv.CSVWriter(pa.PythonFile(sys.stdout.buffer, mode="w"), schema) as writer:
            yield writer
        sys.stdout.buffer.flush()
        return
    if not path.absolute().parent.is_dir():
        raise FileError(f"{path} cannot be written: there is no such folder.")
    unfinished = path.with_name(f".{path.name}.unfinished")
    kind = parquet.ParquetWriter if path.suffix == ".parquet" else csv.CSVWriter
    try:
        with kind(unfinished, schema) as writer:
            yield writer
        unfinished.replace(path)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
