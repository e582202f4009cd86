"""Readings gathered by resident, on disk where they do not fit in memory.

Guards: a resident's readings come out together, in the order in which they went in. Memory holds one part at a time,
and the folder is removed afterwards.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.replays.columns import ROW

PARTS = 256
HELD_BYTES = 64 << 20


class Partitions:
    """Takes rows as they come, and returns them by resident."""

    def __init__(self, folder: Path, most_held: int = HELD_BYTES) -> None:
        self._folder = folder
        self._most_held = most_held
        self._held: list[NDArray[np.void]] = []
        self._bytes = 0
        self._spilt = False

    def add(self, rows: NDArray[np.void]) -> None:
        self._held.append(rows)
        self._bytes += rows.nbytes
        if self._bytes > self._most_held:
            self._spill()

    def blocks(self) -> Iterator[NDArray[np.void]]:
        """Yield all rows, some residents at a time."""
        files = self.files()
        if not files:
            yield np.concatenate(self._held) if self._held else np.empty(0, ROW)
        for file in files:
            yield read_part(file)

    def files(self) -> list[Path]:
        """Return the files of the parts, each with all of its residents; none where everything fits in memory."""
        if not self._spilt:
            return []
        self._spill()
        return [file for part in range(PARTS) if (file := self._file(part)).exists()]

    def _spill(self) -> None:
        self._spilt = True
        if not self._held:
            return
        held = np.concatenate(self._held)
        self._held, self._bytes = [], 0
        part = (held["resident"] % PARTS).astype(np.uint8)
        rows = held[np.argsort(part, kind="stable")]
        ends = np.cumsum(np.bincount(part, minlength=PARTS))
        for number, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
            if end > start:
                with self._file(number).open("ab") as file:
                    rows[start:end].tofile(file)

    def _file(self, part: int) -> Path:
        return self._folder / f"{part}.rows"


def read_part(file: Path) -> NDArray[np.void]:
    """Read one part and delete its file."""
    rows = np.fromfile(file, ROW)
    file.unlink()
    return rows


@contextmanager
def partitions(most_held: int = HELD_BYTES) -> Iterator[Partitions]:
    """Provide partitions in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="hearthwatch-replay-") as folder:
        yield Partitions(Path(folder), most_held)
