"""A reading as the row that a binary COPY takes: most of its columns are the same few again and again.

Invariant: each column is written as PostgreSQL reads its type (PostgreSQL 17, COPY, "Binary Format"), in the order of
`COLUMNS`; numbers and times are exact.
"""

import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, LiteralString

from psycopg.types.numeric import DecimalBinaryDumper
from pydantic_core import to_json

from devices.vital_signs import VitalSign
from ingest.arrival import NewReading
from ingest.quality import Value

COLUMNS: LiteralString = """
    reading_id, kit_id, resident_id, home_id, outbox_epoch, arrival_number, seq, arrived_at, taken_at, effective_at,
    taken_by, operator_known_by, competence, device_kind, device_model, device_serial,
    respiration_rate, spo2, on_oxygen, systolic, diastolic, pulse, consciousness, temperature,
    flags, not_obtained, unusable, observations
"""
SIGNS = (
    VitalSign.RESPIRATION_RATE,
    VitalSign.SPO2,
    VitalSign.ON_OXYGEN,
    VitalSign.SYSTOLIC,
    VitalSign.DIASTOLIC,
    VitalSign.PULSE,
    VitalSign.CONSCIOUSNESS,
    VitalSign.TEMPERATURE,
)
# Before each column is its length, and before the first of them how many there are.
_LENGTH = struct.Struct(">i")
_ID = _LENGTH.pack(16)
_FIRST_ID = struct.pack(">h", COLUMNS.count(",") + 1) + _ID
_INTEGERS = struct.Struct(">" + "iq" * 5)
_NULL = _LENGTH.pack(-1)
_BEGINNING = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack(">h", -1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TEXT = 25
_NO_TEXTS = struct.pack(">iiii", 12, 0, 0, _TEXT)
_numeric = DecimalBinaryDumper(Decimal).dump


def block(rows: Iterable[bytes]) -> bytes:
    """All that COPY is to be told."""
    return b"".join((_BEGINNING, *rows, _END))


def row(reading: NewReading) -> bytes:
    """One reading."""
    said, values = reading.payload, reading.values
    device = said.device
    fixed = b"".join(
        (
            _FIRST_ID,
            said.reading_id.bytes,
            _ID,
            reading.kit_id.bytes,
            _ID,
            said.resident.bytes,
            _ID,
            reading.placement.home_id.bytes,
            _ID,
            said.outbox_epoch.bytes,
            _INTEGERS.pack(
                8,
                reading.arrival_number,
                8,
                said.seq,
                8,
                (reading.arrived_at - _EPOCH) // _MICROSECOND,
                8,
                (said.taken_at - _EPOCH) // _MICROSECOND,
                8,
                (reading.effective_at - _EPOCH) // _MICROSECOND,
            ),
        )
    )
    who = _NULL if said.taken_by is None else _ID + said.taken_by.bytes
    words = _words(
        said.operator_known_by, reading.competence, device.kind or "unknown", device.model, device.serial
    )
    signs = [_value(values[sign]) if sign in values else _NULL for sign in SIGNS]
    aside = _json(said.not_obtained) + _json(reading.unusable) + _json(_observations(reading))
    return b"".join((fixed, who, words, *signs, _texts(reading.flags), aside))


def _observations(reading: NewReading) -> dict[str, Any]:
    """What a reading says besides vital signs: only what was said, and what was known of its clock."""
    said = {
        name: value for name, value in zip(_ASIDE, _aside_of(reading.payload.__dict__), strict=True) if value
    }
    if "worry" in said:
        said["worry"] = said["worry"].by
    if "auscultation" in said:
        said["auscultation"] = said["auscultation"].model_dump(exclude_none=True)
    if "not_understood" in said:
        said["not_understood"] = {part: repr(value)[:500] for part, value in said["not_understood"].items()}
    if reading.instrument:
        said["gatt"] = reading.instrument
    if reading.clock_slow_by:
        said["clock_slow_by_s"] = reading.clock_slow_by.total_seconds()
    return said


_ASIDE = (
    *("soft_signs", "emergency_signs", "phoned_999", "worry", "note", "auscultation", "method", "quality"),
    *("scheduled_full_set", "not_understood"),
)
_aside_of = itemgetter(*_ASIDE)


def _field(octets: bytes) -> bytes:
    return _LENGTH.pack(len(octets)) + octets


@lru_cache(maxsize=8192)
def _words(*words: str | None) -> bytes:
    return b"".join(_NULL if word is None else _field(word.encode()) for word in words)


def _value(value: Value) -> bytes:
    # By its text: 37 and 37.0 are the same number, and written down differently.
    return _number(str(value)) if isinstance(value, Decimal) else _other(value)


@lru_cache(maxsize=8192)
def _number(text: str) -> bytes:
    return _field(bytes(_numeric(Decimal(text)) or b""))


def _other(value: bool | str) -> bytes:
    return _field(b"%c" % value if isinstance(value, bool) else value.encode())


def _texts(texts: tuple[str, ...]) -> bytes:
    """An array of text: its dimensions, no NULLs, its type, how many there are, counted from 1."""
    if not texts:
        return _NO_TEXTS
    head = struct.pack(">iiiii", 1, 0, _TEXT, len(texts), 1)
    return _field(head + b"".join(_field(text.encode()) for text in texts))


def _json(said: Mapping[str, Any]) -> bytes:
    """NULL where nothing is said. JSON has no word for what is not a number; as text it is kept."""
    return _field(b"\1" + to_json(dict(said), inf_nan_mode="strings")) if said else _NULL
