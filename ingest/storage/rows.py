"""A reading as the row that a binary COPY takes.

Guards: the values are in the order of `COLUMNS` and have the types in `TYPES`; numbers and times are exact.
"""

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, LiteralString

from psycopg.types.json import Jsonb
from pydantic_core import to_json

from devices.vital_signs import VitalSign
from ingest.arrival import NewReading

COLUMNS: LiteralString = """
    reading_id, kit_id, resident_id, home_id, outbox_epoch, arrival_number, seq, arrived_at, taken_at, effective_at,
    taken_by, operator_known_by, competence, competence_lacking, device_kind, device_model, device_serial,
    respiration_rate, spo2, on_oxygen, systolic, diastolic, pulse, consciousness, temperature,
    flags, not_obtained, unusable, observations
"""
TYPES = (
    *("uuid", "uuid", "uuid", "uuid", "uuid", "int8", "int8", "timestamptz", "timestamptz", "timestamptz"),
    *("uuid", "text", "text", "jsonb", "text", "text", "text"),
    *("numeric", "numeric", "bool", "numeric", "numeric", "numeric", "text", "numeric"),
    *("text[]", "jsonb", "jsonb", "jsonb"),
)
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


def row(reading: NewReading) -> tuple[Any, ...]:
    """The row of one reading."""
    said = reading.payload
    device = said.device
    return (
        said.reading_id,
        reading.kit_id,
        said.resident,
        reading.placement.home_id,
        said.outbox_epoch,
        reading.arrival_number,
        said.seq,
        reading.arrived_at,
        said.taken_at,
        reading.effective_at,
        said.taken_by,
        said.operator_known_by,
        reading.competence.label,
        _document(reading.competence.lacking),
        device.kind or "unknown",
        device.model,
        device.serial,
        *map(reading.values.get, SIGNS),
        list(reading.flags),
        _document(said.not_obtained),
        _document(reading.unusable),
        _document(_observations(reading)),
    )


def _observations(reading: NewReading) -> dict[str, Any]:
    """What a reading says besides vital signs, without empty parts, and how slow its clock is known to be."""
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


def _document(said: Mapping[Any, Any]) -> Jsonb | None:
    """The JSON document, or NULL if nothing was said."""
    return Jsonb(dict(said), _to_json) if said else None


def _to_json(said: Any) -> bytes:
    """Write NaN and infinity, which JSON has no word for, as strings."""
    return to_json(said, inf_nan_mode="strings")
