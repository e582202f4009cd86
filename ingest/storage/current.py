"""The current vital signs: one row per resident, which is also the first lock everybody takes.

Guards: residents are locked in id order. A sign's current value is the latest by (effective time, arrival number).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import from_json, to_json

from devices.vital_signs import VitalSign
from ingest.arrival import BY_NUMBER, KnownReading, NewReading
from ingest.quality import NO_SIGN, SIGN_BY_CODE, Value

Signs = dict[str, dict[str, Any]]
# Plain strings: writing an enum member as JSON takes fifty times as long.
_CODES = {sign: str(sign) for sign in VitalSign}
_NO_NUMBERS = (VitalSign.ON_OXYGEN, VitalSign.CONSCIOUSNESS)


class CurrentVitals(NamedTuple):
    """What was known of a resident when their row was locked."""

    resident_id: UUID
    arrivals: int
    last_effective_at: datetime | None
    signs: Signs

    @property
    def next_number(self) -> int:
        """The arrival number of the next thing that becomes known of this resident."""
        return self.arrivals + 1


# Read the document as text: pydantic's parser is three times as fast as json's.
_LOCK: LiteralString = """
SELECT resident_id, arrivals, last_effective_at, signs::text FROM ingest.lock_residents(%b)
"""
# One JSON document rather than six arrays, because PostgreSQL escapes an array of JSON element by element. The ids are
# passed a second time because the planner cannot see how few rows the document holds and would scan every resident.
# They are joined rather than compared with ANY, which would sort all the ids for each row it looks up.
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
    """Lock these residents until the transaction ends, and create the rows that are missing."""
    return known(conn.execute(_LOCK, (sorted(residents, key=BY_NUMBER),)).fetchall())


def known(rows: Iterable[tuple[UUID, int, datetime | None, str]]) -> dict[UUID, CurrentVitals]:
    """The locked residents' rows as objects; `signs` is JSON text."""
    return {
        resident: CurrentVitals(resident, arrivals, latest, from_json(signs))
        for resident, arrivals, latest, signs in rows
    }


def known_readings(current: CurrentVitals, since: datetime) -> list[KnownReading]:
    """The current signs no older than `since`, grouped by reading: enough if no new reading is late."""
    by_reading: dict[tuple[str, str], Signs] = {}
    for sign, entry in current.signs.items():
        by_reading.setdefault((entry["kit"], entry["reading"]), {})[sign] = entry
    return [
        _known(current.resident_id, entries, effective_at)
        for entries in by_reading.values()
        if (effective_at := _moment(next(iter(entries.values())))) >= since
    ]


def _known(resident_id: UUID, entries: Signs, effective_at: datetime) -> KnownReading:
    said = next(iter(entries.values()))
    values: dict[VitalSign, Value] = {}
    cleared: list[VitalSign] = []
    for code, entry in entries.items():
        sign, value = SIGN_BY_CODE[code], entry["value"]
        if value is None:
            cleared.append(sign)
        else:
            values[sign] = value if sign in _NO_NUMBERS else Decimal(value)
    return KnownReading(
        _kit_id(said["kit"]),
        UUID(said["reading"]),
        resident_id,
        effective_at,
        said["arrival"],
        values,
        frozenset(cleared) if cleared else NO_SIGN,
    )


def update(conn: psycopg.Connection, before: Mapping[UUID, CurrentVitals], new: Iterable[NewReading]) -> None:
    """Update the locked rows with these readings."""
    fresh: dict[UUID, _Fresh] = {}
    for reading in new:
        resident = reading.payload.resident
        news = fresh.get(resident)
        if news is None:
            news = fresh[resident] = _Fresh(before[resident].signs, reading)
        news.add(reading)
    if fresh:
        rows = [{"resident_id": resident, **one.row} for resident, one in fresh.items()]
        conn.execute(_UPDATE, {"fresh": Jsonb(rows, dumps=to_json), "residents": list(fresh)})


class _Fresh:
    """What a batch changes for one resident: a value changes only if no later one is held."""

    def __init__(self, held: Signs, first: NewReading) -> None:
        self._held = held
        self._signs: Signs = {}
        self.row: dict[str, Any] = {
            "arrivals": first.arrival_number,
            "last_arrived_at": first.arrived_at,
            "last_news_at": None,
            "last_effective_at": first.effective_at,
            "signs": self._signs,
        }

    def add(self, reading: NewReading) -> None:
        row, arrived_at, effective_at = self.row, reading.arrived_at, reading.effective_at
        row["arrivals"] = reading.arrival_number
        row["last_arrived_at"] = max(arrived_at, row["last_arrived_at"])
        row["last_effective_at"] = max(effective_at, row["last_effective_at"])
        if reading.is_news:
            row["last_news_at"] = max(arrived_at, row["last_news_at"] or arrived_at)
        stamp, order = stamp_of(reading), (effective_at, reading.arrival_number)
        for sign, value in said_by(reading).items():
            code = _CODES[sign]
            entry = self._signs.get(code) or self._held.get(code)
            if entry is None or order > (_moment(entry), entry["arrival"]):
                self._signs[code] = {"value": value, **stamp}


def said_by(reading: NewReading) -> Mapping[VitalSign, Value | None]:
    """Each sign the reading speaks of; None for a sign that could not be obtained."""
    return {**dict.fromkeys(reading.cleared), **reading.values} if reading.cleared else reading.values


def stamp_of(reading: NewReading) -> dict[str, Any]:
    """What is stored beside each value; with a pulse, also the instrument that measured it."""
    stamp: dict[str, Any] = {
        "effective_at": reading.effective_at,
        "arrival": reading.arrival_number,
        "kit": reading.kit_id,
        "reading": reading.payload.reading_id,
    }
    if VitalSign.PULSE in reading.values and reading.payload.device.kind is not None:
        stamp["device"] = str(reading.payload.device.kind)
    return stamp


def _moment(entry: Mapping[str, Any]) -> datetime:
    """The entry's effective time: text if it was stored, a datetime if this batch brought it."""
    held = entry["effective_at"]
    return datetime.fromisoformat(held) if isinstance(held, str) else held


# The same kits recur, and parsing an id is slow.
_kit_id = lru_cache(maxsize=8192)(UUID)
