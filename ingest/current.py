"""The current vital signs: one row a resident, which is also the lock everybody takes first.

Guards: residents are locked in id order; a sign's current value is the one latest in (effective time, arrival).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import from_json, to_json

from devices.vital_signs import VitalSign
from ingest.arrival import BY_NUMBER, KnownReading, NewReading
from ingest.quality import Value

Signs = dict[str, dict[str, Any]]
_SIGN_BY_CODE = {str(sign): sign for sign in VitalSign}


@dataclass(frozen=True, slots=True)
class CurrentVitals:
    """What was known of a resident when their row was locked."""

    resident_id: UUID
    arrivals: int
    last_effective_at: datetime | None
    signs: Signs


# The document as text: pydantic's parser reads it three times as fast as json's.
_LOCK: LiteralString = """
SELECT resident_id, arrivals, last_effective_at, signs::text FROM ingest.lock_residents(%b)
"""
# One document rather than six arrays: an array of JSON is escaped element by element. The ids are said once more,
# because of a document the planner cannot tell how few rows it means, and would look at every resident; and joined,
# not compared with ANY, or each row's look into the index would first sort all the ids anew.
_UPDATE: LiteralString = """
UPDATE ingest.current_vitals SET
    arrivals = fresh.arrivals,
    last_arrived_at = greatest(current_vitals.last_arrived_at, fresh.last_arrived_at),
    last_news_at = greatest(current_vitals.last_news_at, fresh.last_news_at),
    last_effective_at = greatest(current_vitals.last_effective_at, fresh.last_effective_at),
    signs = current_vitals.signs || fresh.signs
FROM jsonb_to_recordset(%(fresh)b) AS fresh (
    resident_id uuid, arrivals bigint, last_arrived_at timestamptz, last_news_at timestamptz,
    last_effective_at timestamptz, signs jsonb)
JOIN unnest(%(residents)b::uuid[]) AS changed (resident_id) USING (resident_id)
WHERE current_vitals.resident_id = fresh.resident_id
"""


def lock(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, CurrentVitals]:
    """Lock these residents until the transaction ends, making the rows that are missing."""
    rows = conn.execute(_LOCK, (sorted(residents, key=BY_NUMBER),)).fetchall()
    return {row[0]: CurrentVitals(*row[:3], signs=from_json(row[3])) for row in rows}


def known_readings(current: CurrentVitals, since: datetime) -> list[KnownReading]:
    """The current signs no older than `since`, as the readings they came from: enough where nothing is late."""
    by_reading: dict[tuple[str, str], dict[VitalSign, dict[str, Any]]] = {}
    for sign, entry in current.signs.items():
        by_reading.setdefault((entry["kit"], entry["reading"]), {})[_SIGN_BY_CODE[sign]] = entry
    return [
        _known(current.resident_id, *ids, entries, effective_at)
        for ids, entries in by_reading.items()
        if (effective_at := _moment(next(iter(entries.values())))) >= since
    ]


def _known(
    resident_id: UUID,
    kit: str,
    reading: str,
    entries: Mapping[VitalSign, dict[str, Any]],
    effective_at: datetime,
) -> KnownReading:
    return KnownReading(
        kit_id=_kit_id(kit),
        reading_id=UUID(reading),
        resident_id=resident_id,
        effective_at=effective_at,
        arrival_number=next(iter(entries.values()))["arrival"],
        values={
            sign: _value(sign, entry["value"])
            for sign, entry in entries.items()
            if entry["value"] is not None
        },
        cleared=frozenset(sign for sign, entry in entries.items() if entry["value"] is None),
    )


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
            "last_news_at": max(
                (reading.arrived_at for reading in readings if reading.is_news), default=None
            ),
            "last_effective_at": max(reading.effective_at for reading in readings),
            "signs": _fresh(before[resident].signs, readings),
        }
        for resident, readings in by_resident.items()
    ]
    conn.execute(_UPDATE, {"fresh": Jsonb(fresh, dumps=to_json), "residents": list(by_resident)})


def _fresh(held: Signs, readings: Iterable[NewReading]) -> Signs:
    """What these readings say last of each sign, where nothing that is held is later."""
    fresh: Signs = {}
    for reading in readings:
        stamp = stamp_of(reading)
        for sign, value in (dict.fromkeys(reading.cleared) | dict(reading.values)).items():
            if _supersedes(reading, fresh.get(sign) or held.get(sign)):
                fresh[sign] = {"value": value, **stamp}
    return fresh


def stamp_of(reading: NewReading) -> dict[str, Any]:
    """What is kept beside each value; of a pulse also which instrument gave it."""
    stamp: dict[str, Any] = {
        "effective_at": reading.effective_at,
        "arrival": reading.arrival_number,
        "kit": reading.kit_id,
        "reading": reading.payload.reading_id,
    }
    if VitalSign.PULSE in reading.values and reading.payload.device.kind is not None:
        stamp["device"] = reading.payload.device.kind
    return stamp


def _supersedes(reading: NewReading, entry: dict[str, Any] | None) -> bool:
    if entry is None:
        return True
    return (reading.effective_at, reading.arrival_number) > (_moment(entry), entry["arrival"])


def _moment(entry: Mapping[str, Any]) -> datetime:
    """Text where it was stored, a moment where this batch brought it."""
    held = entry["effective_at"]
    return datetime.fromisoformat(held) if isinstance(held, str) else held


# The same kits come again and again, and an id takes a while to read.
_kit_id = lru_cache(maxsize=8192)(UUID)


def _value(sign: VitalSign, stored: Any) -> Value:
    return stored if sign in (VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS) else Decimal(stored)
