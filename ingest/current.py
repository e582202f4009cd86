"""The current vital signs: one row a resident, which is also the lock everybody takes first.

Guards: residents are locked in id order; a sign's current value is the one latest in (effective time, arrival).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from devices.vital_signs import VitalSign
from ingest.arrival import KnownReading, NewReading
from ingest.quality import Value

Signs = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CurrentVitals:
    """What was known of a resident when their row was locked."""

    resident_id: UUID
    arrivals: int
    last_effective_at: datetime | None
    signs: Signs


_LOCK: LiteralString = """
SELECT resident_id, arrivals, last_effective_at, signs FROM ingest.lock_residents(%b)
"""
# One document rather than five arrays: an array of JSON is escaped element by element.
_UPDATE: LiteralString = """
UPDATE ingest.current_vitals SET
    arrivals = fresh.arrivals,
    last_arrived_at = greatest(current_vitals.last_arrived_at, fresh.last_arrived_at),
    last_effective_at = greatest(current_vitals.last_effective_at, fresh.last_effective_at),
    signs = fresh.signs
FROM jsonb_to_recordset(%s) AS fresh (
    resident_id uuid, arrivals bigint, last_arrived_at timestamptz, last_effective_at timestamptz, signs jsonb)
WHERE current_vitals.resident_id = fresh.resident_id
"""


def lock(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, CurrentVitals]:
    """Lock these residents until the transaction ends, making the rows that are missing."""
    rows = conn.execute(_LOCK, (sorted(residents),)).fetchall()
    return {row[0]: CurrentVitals(*row) for row in rows}


def known_readings(current: CurrentVitals) -> list[KnownReading]:
    """The current signs as the readings they came from: enough to compose with where nothing is late."""
    by_reading: dict[tuple[str, str], list[tuple[VitalSign, dict[str, Any]]]] = {}
    for sign, entry in current.signs.items():
        by_reading.setdefault((entry["kit"], entry["reading"]), []).append((VitalSign(sign), entry))
    return [
        KnownReading(
            kit_id=UUID(kit),
            reading_id=UUID(reading),
            resident_id=current.resident_id,
            effective_at=datetime.fromisoformat(entries[0][1]["effective_at"]),
            arrival_number=entries[0][1]["arrival"],
            values={
                sign: _value(sign, entry["value"]) for sign, entry in entries if entry["value"] is not None
            },
            cleared=frozenset(sign for sign, entry in entries if entry["value"] is None),
        )
        for (kit, reading), entries in by_reading.items()
    ]


def update(conn: psycopg.Connection, before: Mapping[UUID, CurrentVitals], new: Iterable[NewReading]) -> None:
    """Bring the locked rows up to date with these readings."""
    by_resident: dict[UUID, list[NewReading]] = {}
    for reading in new:
        by_resident.setdefault(reading.resident_id, []).append(reading)
    if not by_resident:
        return
    fresh = [
        {
            "resident_id": resident,
            "arrivals": readings[-1].arrival_number,
            "last_arrived_at": max(reading.arrived_at for reading in readings),
            "last_effective_at": max(reading.effective_at for reading in readings),
            "signs": _merged(before[resident].signs, readings),
        }
        for resident, readings in by_resident.items()
    ]
    conn.execute(_UPDATE, (Jsonb(fresh, dumps=to_json),))


def _merged(signs: Signs, readings: Iterable[NewReading]) -> Signs:
    merged = dict(signs)
    for reading in readings:
        stamp = {
            "effective_at": reading.effective_at,
            "arrival": reading.arrival_number,
            "kit": reading.kit_id,
            "reading": reading.payload.reading_id,
        }
        said: dict[VitalSign, Value | None] = dict.fromkeys(reading.cleared) | dict(reading.values)
        for sign, value in said.items():
            if _supersedes(reading, merged.get(sign)):
                merged[sign] = {"value": value, **stamp}
    return merged


def _supersedes(reading: NewReading, entry: dict[str, Any] | None) -> bool:
    if entry is None:
        return True
    held = entry["effective_at"]  # text where it was stored, a moment where this batch brought it
    moment = datetime.fromisoformat(held) if isinstance(held, str) else held
    return (reading.effective_at, reading.arrival_number) > (moment, entry["arrival"])


def _value(sign: VitalSign, stored: Any) -> Value:
    return stored if sign in (VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS) else Decimal(stored)
