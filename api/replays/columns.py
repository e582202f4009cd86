"""Rows of a file of observations as readings to replay.

Guards: a cell that cannot be read is unknown and counted. A row without a resident or a time is left out and counted.
Values are cut off at the hundredth, not rounded, so that each scores as it was.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from alerts.news2 import SIGNS
from alerts.replay.sets import Sets
from api.score_files import cells
from api.score_files.cells import COLUMNS, SCALE
from api.score_files.problems import FileError
from ingest.quality import AHEAD

RESIDENT, TAKEN, HOME, ARRIVED = "resident", "taken_at", "home", "arrived_at"
SCHEDULED, WORRY, SOFT_SIGNS = "scheduled", "worry", "soft_signs"
NOT_OBTAINED, UNRECORDABLE = "not_obtained", "unrecordable"
NEEDED = (RESIDENT, TAKEN, *COLUMNS)
NOWHERE = "not said"

_UNKNOWN = np.iinfo(np.int16).min
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_YES = frozenset({"yes", "true", "1", "1.0"})
_AHEAD = AHEAD // _MICROSECOND
# A reading in 42 bytes. `values` are in hundredths of the unit, columns as in news2.SIGNS.
ROW = np.dtype(
    [
        ("resident", np.uint32),
        ("home", np.uint32),
        ("taken_at", np.int64),
        ("arrived_at", np.int64),
        ("values", np.int16, len(SIGNS)),
        ("scale", np.uint8),
        ("cleared", np.uint8),
        ("soft_signs", np.uint8),
        ("said", np.uint8),
    ]
)
_SAYS = {SCHEDULED: 1, WORRY: 2, UNRECORDABLE: 4}


@dataclass(slots=True)
class Codes:
    """Whole numbers for names, in order of appearance."""

    names: dict[str, int] = field(default_factory=dict)
    last: tuple[pa.Array, NDArray[np.uint32], NDArray[np.bool_]] | None = None

    def of(self, names: Sequence[str | None]) -> NDArray[np.uint32]:
        known = self.names
        return np.array([known.setdefault(name or "", len(known)) for name in names], dtype=np.uint32)

    def read(self, column: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
        """Return the code of each cell, and whether it names anybody."""
        encoded = column if pa.types.is_dictionary(column.type) else text_of(column).dictionary_encode()
        if self.last is None or not self.last[0].equals(encoded.dictionary):
            names = text_of(encoded.dictionary).to_pylist()
            self.last = (
                encoded.dictionary,
                np.append(self.of(names), np.uint32(0)),
                np.array([*map(bool, names), False]),
            )
        _, codes, named = self.last
        at = encoded.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)
        return codes[at], named[at]

    @property
    def in_order(self) -> list[str]:
        return list(self.names)


@dataclass(slots=True)
class Reader:
    """Reads the batches of one file, one after the other."""

    residents: Codes = field(default_factory=Codes)
    homes: Codes = field(default_factory=Codes)
    rows: int = 0
    left_out: int = 0
    decided_of_nobody: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)

    def read(self, batch: pa.RecordBatch) -> NDArray[np.void]:
        """Return the rows of a batch that can be placed."""
        names = set(batch.schema.names)
        taken = _moments(batch.column(TAKEN))
        rows = np.zeros(len(batch), ROW)
        rows["taken_at"] = taken
        rows["arrived_at"] = _moments(batch.column(ARRIVED)) if ARRIVED in names else taken
        rows["resident"], placed = self.residents.read(batch.column(RESIDENT))
        rows["home"] = (
            self.homes.read(batch.column(HOME))[0] if HOME in names else self.homes.of([NOWHERE])[0]
        )
        self._read_signs(batch, rows)
        for name, bit in _SAYS.items():
            if name in names:
                rows["said"] |= np.where(_each(batch.column(name), _yes), np.uint8(bit), np.uint8(0))
        if SOFT_SIGNS in names:
            rows["soft_signs"] = _each(batch.column(SOFT_SIGNS), _how_many)
        for name in (NOT_OBTAINED, UNRECORDABLE):
            if name in names:
                rows["cleared"] |= _each(batch.column(name), _mask).astype(np.uint8)
        placed &= (taken != NO_TIME) & (rows["arrived_at"] != NO_TIME)
        self.rows += len(batch)
        self.left_out += len(batch) - int(placed.sum())
        return rows if placed.all() else rows[placed]

    def _read_signs(self, batch: pa.RecordBatch, rows: NDArray[np.void]) -> None:
        read = {name: cells.read(name, batch.column(name)) for name in COLUMNS}
        self.unreadable.update({name: one.unreadable for name, one in read.items() if one.unreadable})
        scale = read[SCALE].values
        rows["scale"] = np.where(scale == 2, 2, 1)
        for column, sign in enumerate(SIGNS):
            values = read[sign].values.astype(np.float64)
            if sign == "consciousness":
                values[values < 0] = np.nan
            elif sign == "spo2":
                values[scale == cells.UNKNOWN_SCALE] = np.nan
            # Allows for the tiny error of a double, so that cutting off loses no hundredth.
            hundredths = np.floor(values * 100 + 1e-6)
            rows["values"][:, column] = np.where(np.isnan(hundredths), _UNKNOWN, hundredths)


def check(schema: pa.Schema) -> None:
    """Raise FileError for a file that cannot be replayed."""
    if missing := [name for name in NEEDED if name not in schema.names]:
        lacks = "is no column" if len(missing) == 1 else "are no columns"
        raise FileError(
            f"There {lacks} {', '.join(missing)}. A replay needs {RESIDENT}, {TAKEN} and those of `score`: "
            f"{', '.join(COLUMNS)}."
        )


def sets_of(rows: NDArray[np.void]) -> Sets:
    """Return readings as a replay takes them, numbered by arrival and, within that, by their order in the file."""
    arrived = rows["arrived_at"]
    if bool(np.any(arrived[1:] < arrived[:-1])):
        rows = rows[np.argsort(arrived, kind="stable")]  # the file's own order
    # Sorted by resident, so that readings used together lie together.
    arrival = np.argsort(rows["resident"], kind="stable")
    rows = rows[arrival]
    hundredths = np.ascontiguousarray(rows["values"])
    values = hundredths / 100.0
    values[hundredths == _UNKNOWN] = np.nan
    taken_at, arrived_at = rows["taken_at"].copy(), rows["arrived_at"].copy()
    return Sets(
        resident=rows["resident"].astype(np.int64),
        home=rows["home"].astype(np.int64),
        effective_at=np.where(taken_at > arrived_at + _AHEAD, arrived_at, taken_at),
        arrival=arrival.astype(np.int64),
        judged_at=arrived_at,
        values=values,
        cleared=_cleared(rows["cleared"], values),
        spo2_scale=rows["scale"].astype(np.int8),
        scheduled=_said(rows, SCHEDULED),
        worry=_said(rows, WORRY),
        soft_signs=rows["soft_signs"].copy(),
        unrecordable=_said(rows, UNRECORDABLE),
        unfit=np.zeros(len(rows), dtype=bool),
        outside_own=np.zeros(len(rows), dtype=bool),
    )


def _cleared(masks: NDArray[np.uint8], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the signs tried in vain; where a value is there all the same, the value counts."""
    if not masks.any():
        return np.zeros(values.shape, dtype=bool)
    bits = np.unpackbits(masks[:, None], axis=1, count=len(SIGNS), bitorder="little")
    return bits.astype(bool) & np.isnan(values)


def _said(rows: NDArray[np.void], name: str) -> NDArray[np.bool_]:
    return (rows["said"] & _SAYS[name]) != 0


NO_TIME = int(np.iinfo(np.int64).min)


def _moments(column: pa.Array) -> NDArray[np.int64]:
    """Return microseconds since 1970, UTC; a time without an offset is no moment."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        whole = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    else:
        whole = _parsed(text_of(column))
    return whole.fill_null(NO_TIME).to_numpy(zero_copy_only=False)


def _parsed(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    except pa.ArrowInvalid:  # at least one is no moment, so each is read by itself
        return pa.array([moment(text) for text in column.to_pylist()], pa.int64())


def moment(text: str | None) -> int | None:
    """Return microseconds since 1970; None for a text that is no moment."""
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return None if at.tzinfo is None else (at - _EPOCH) // _MICROSECOND


def text_of(column: pa.Array) -> pa.Array:
    """Return the cells as they were written, without spaces around them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return pc.call_function("utf8_trim_whitespace", [column.cast(pa.string())])


def _each(column: pa.Array, read: Any) -> NDArray[Any]:
    """Read each distinct text once, and return the result for each cell."""
    encoded = text_of(column).dictionary_encode()
    found = [read(text) for text in (*encoded.dictionary.to_pylist(), "")]
    at = encoded.indices.fill_null(len(found) - 1).to_numpy(zero_copy_only=False)
    return np.array(found)[at]


def _yes(text: str) -> bool:
    """Return whether a cell says yes, or names signs."""
    return text.lower() in _YES or _mask(text) > 0


def _how_many(text: str) -> int:
    if text.isdigit():
        return min(255, int(text))
    return len(text.split())


def _mask(text: str) -> int:
    return sum(1 << SIGNS.index(sign) for sign in set(text.split()) if sign in SIGNS)
