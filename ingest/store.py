"""Readings on their way into the database, and the ones already there that a late one touches.

Guards: only what is new is copied in, and nothing ever changes it afterwards.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from devices.reading import ReadingPayload
from devices.vital_signs import VitalSign
from ingest import quality, whose
from ingest.arrival import KnownReading, NewReading, ReadingKey

_COPY: LiteralString = """
COPY ingest.reading (reading_id, kit_id, resident_id, home_id, arrival_number, arrived_at, taken_at, effective_at,
    taken_by, operator_known_by, competence, device_kind, device_model, device_serial, outbox_epoch, seq,
    respiration_rate, spo2, on_oxygen, systolic, diastolic, pulse, consciousness, temperature,
    flags, not_obtained, unusable, observations)
FROM STDIN (FORMAT BINARY)
"""
_UUID, _TIME, _TEXT, _NUMBER, _JSON = "uuid", "timestamptz", "text", "numeric", "jsonb"
_COPY_TYPES = [_UUID] * 4 + ["int8"] + [_TIME] * 3 + [_UUID] + [_TEXT] * 5 + [_UUID, "int8"]
_COPY_TYPES += [_NUMBER, _NUMBER, "bool", _NUMBER, _NUMBER, _NUMBER, _TEXT, _NUMBER]
_COPY_TYPES += ["text[]", _JSON, _JSON, _JSON]
_SIGNS = (
    VitalSign.RESPIRATION_RATE,
    VitalSign.SPO2,
    VitalSign.ON_OXYGEN,
    VitalSign.SYSTOLIC,
    VitalSign.DIASTOLIC,
    VitalSign.PULSE,
    VitalSign.CONSCIOUSNESS,
    VitalSign.TEMPERATURE,
)
_SAID: LiteralString = """
       respiration_rate, spo2, on_oxygen, systolic, diastolic, pulse, consciousness, temperature, not_obtained, unusable
"""
_HISTORY: LiteralString = (
    "SELECT reading.kit_id, reading.reading_id, reading.resident_id, reading.effective_at, reading.arrival_number,"
    + _SAID
    + whose.AS_STORED
    + "UNION ALL SELECT reading.kit_id, reading.reading_id, corrected.resident_id, reading.effective_at,"
    + " corrected.arrival_number,"
    + _SAID
    + whose.AS_CORRECTED
)
_EPOCH: LiteralString = "SELECT ingest.epoch()"


def epoch(conn: psycopg.Connection) -> UUID:
    """Which copy of history this database is: another after a failover, a restore or a declared restore."""
    row = conn.execute(_EPOCH).fetchone()
    if row is None:
        raise RuntimeError("The database did not say which epoch it is in.")
    return row[0]


def copy(conn: psycopg.Connection, readings: Sequence[NewReading]) -> None:
    """Append readings; nothing ever changes them afterwards."""
    with conn.cursor() as cursor, cursor.copy(_COPY) as copying:
        copying.set_types(_COPY_TYPES)
        for reading in readings:
            copying.write_row(_row(reading))


def _row(reading: NewReading) -> tuple[Any, ...]:
    payload = reading.payload
    device = payload.device
    return (
        payload.reading_id,
        reading.kit_id,
        payload.resident,
        reading.placement.home_id,
        reading.arrival_number,
        reading.arrived_at,
        payload.taken_at,
        reading.effective_at,
        payload.taken_by,
        payload.operator_known_by,
        reading.competence,
        device.kind or "unknown",
        device.model,
        device.serial,
        payload.outbox_epoch,
        payload.seq,
        *(reading.values.get(sign) for sign in _SIGNS),
        list(reading.flags),
        _jsonb(payload.not_obtained),
        _jsonb(reading.unusable),
        _jsonb(observations(payload, reading.instrument, reading.clock_slow_by)),
    )


def observations(
    payload: ReadingPayload, instrument: Mapping[str, Any] | None, clock_slow_by: timedelta
) -> dict[str, Any]:
    """What a reading says besides vital signs, as it is stored: only what was said, and what was known of its clock."""
    said: dict[str, Any] = {
        "soft_signs": payload.soft_signs,
        "emergency_signs": payload.emergency_signs,
        "phoned_999": payload.phoned_999,
        "worry": payload.worry and payload.worry.by,
        "note": payload.note,
        "auscultation": payload.auscultation and payload.auscultation.model_dump(exclude_none=True),
        "method": payload.method,
        "quality": payload.quality,
        "gatt": instrument,
        "clock_slow_by_s": clock_slow_by.total_seconds(),
        "scheduled_full_set": payload.scheduled_full_set,
        "not_understood": {part: repr(value)[:500] for part, value in payload.not_understood.items()},
    }
    return {name: value for name, value in said.items() if value}


def _jsonb(value: Mapping[str, Any]) -> Jsonb | None:
    return Jsonb(dict(value), dumps=_dumped) if value else None


def _dumped(value: Any) -> bytes:
    """JSON has no word for what is not a number; as text it is kept."""
    return to_json(value, inf_nan_mode="strings")


def history(
    conn: psycopg.Connection, wanted: Mapping[UUID, Sequence[datetime]], window: timedelta
) -> list[KnownReading]:
    """Stored readings within the window of any of these moments, before or after, per resident."""
    known: dict[ReadingKey, KnownReading] = {}
    for residents, start, end in _spans(wanted, window):
        span = {"residents": residents, "since": start, "until": end}
        for row in planned_for(conn, _HISTORY, span):
            reading = _known(row)
            known[reading.key] = reading
    return list(known.values())


def planned_for(
    conn: psycopg.Connection, query: LiteralString, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Ask with the values in the text: a plan made for any values looks at every chunk there is."""
    with psycopg.ClientCursor(conn) as cursor:
        return cursor.execute(query, values).fetchall()


def _spans(
    wanted: Mapping[UUID, Sequence[datetime]], window: timedelta
) -> list[tuple[list[UUID], datetime, datetime]]:
    """Stretches of time that do not overlap, each with its residents: one query each, few chunks each."""
    moments = sorted((moment, resident) for resident, times in wanted.items() for moment in times)
    spans: list[tuple[list[UUID], datetime, datetime]] = []
    for moment, resident in moments:
        if spans and moment - window <= spans[-1][2]:
            residents, start, _ = spans[-1]
            spans[-1] = ([*residents, resident], start, moment + window)
        else:
            spans.append(([resident], moment - window, moment + window))
    return [(sorted(set(residents)), start, end) for residents, start, end in spans]


def _known(row: tuple[Any, ...]) -> KnownReading:
    kit_id, reading_id, resident_id, effective_at, arrival_number, *values, not_obtained, unusable = row
    return KnownReading(
        kit_id=kit_id,
        reading_id=reading_id,
        resident_id=resident_id,
        effective_at=effective_at,
        arrival_number=arrival_number,
        values={sign: value for sign, value in zip(_SIGNS, values, strict=True) if value is not None},
        cleared=quality.cleared(not_obtained or (), unusable or ()),
    )
