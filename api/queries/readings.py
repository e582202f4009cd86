"""A resident's readings and current vital signs.

Guards: every query of a hypertable is limited in time, so its cost does not grow with years of history.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from api.queries.reading_place import Place
from ingest.arrival import ReadingKey

MOST_READINGS = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """One stored reading, with who took it and whether it was corrected since."""

    kit_id: UUID
    reading_id: UUID
    arrival_number: int
    arrived_at: datetime
    taken_at: datetime
    effective_at: datetime
    taken_by: UUID | None
    taken_by_name: str | None
    operator_known_by: str | None
    competence: str
    competence_lacking: dict[str, str] | None
    """The activities its operator was not fully signed off for, each with its label."""
    device_kind: str
    device_model: str | None
    respiration_rate: Decimal | None
    spo2: Decimal | None
    on_oxygen: bool | None
    systolic: Decimal | None
    diastolic: Decimal | None
    pulse: Decimal | None
    consciousness: str | None
    temperature: Decimal | None
    flags: list[str]
    not_obtained: dict[str, str] | None
    unusable: dict[str, Any] | None
    observations: dict[str, Any] | None
    counts: bool
    """Whether it counts as this resident's."""
    correction: int
    """The number of its last correction; 0 where there is none."""
    correction_reason: str | None
    corrected_at: datetime | None
    corrected_by: UUID | None
    corrected_by_name: str | None

    @property
    def place(self) -> Place:
        return Place(self.effective_at, self.arrival_number)


@dataclass(frozen=True, slots=True)
class Current:
    """What is known now, sign by sign."""

    last_arrived_at: datetime | None
    signs: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TakenBy:
    """Who took a reading, how that is known, and the competence label; no name where it may not be seen."""

    person_id: UUID | None
    name: str | None
    known_by: str | None
    competence: str


_SHOWN: LiteralString = """
SELECT reading.kit_id, reading.reading_id, reading.arrival_number, reading.arrived_at, reading.taken_at,
       reading.effective_at, reading.taken_by, person.name AS taken_by_name, reading.operator_known_by,
       reading.competence, reading.competence_lacking, reading.device_kind, reading.device_model,
       reading.respiration_rate, reading.spo2, reading.on_oxygen, reading.systolic, reading.diastolic,
       reading.pulse, reading.consciousness, reading.temperature, reading.flags, reading.not_obtained,
       reading.unusable, reading.observations, reading.counts, reading.correction, reading.correction_reason,
       reading.corrected_at, reading.corrected_by, corrector.name AS corrected_by_name
FROM ingest.visible_reading reading
LEFT JOIN delegation.person ON person.person_id = reading.taken_by
LEFT JOIN delegation.person corrector ON corrector.person_id = reading.corrected_by
WHERE reading.resident_id = %(resident)s
"""
_OLDER: LiteralString = (
    _SHOWN
    + """
  AND reading.effective_at > %(since)s AND reading.effective_at <= %(until)s
  AND (reading.effective_at, reading.arrival_number) < (%(until)s, %(number)s)
ORDER BY reading.effective_at DESC, reading.arrival_number DESC LIMIT %(most)s
"""
)
_NEWER: LiteralString = (
    _SHOWN
    + """
  AND reading.effective_at >= %(since)s AND reading.effective_at <= %(until)s
  AND (reading.effective_at, reading.arrival_number) > (%(since)s, %(number)s)
ORDER BY reading.effective_at, reading.arrival_number LIMIT %(most)s
"""
)
_ONE: LiteralString = (
    _SHOWN
    + """
  AND reading.effective_at > %(since)s AND reading.effective_at <= %(until)s
  AND reading.kit_id = %(kit)s AND reading.reading_id = %(reading)s
"""
)
_OPERATORS: LiteralString = """
SELECT reading.kit_id, reading.reading_id, reading.taken_by, person.name, reading.operator_known_by,
       reading.competence
FROM ingest.visible_reading reading
LEFT JOIN delegation.person ON person.person_id = reading.taken_by
WHERE reading.resident_id = %s AND reading.effective_at = ANY (%s)
"""
_CURRENT: LiteralString = """
SELECT last_arrived_at, signs FROM ingest.current_vitals WHERE resident_id = %s
"""


def readings(
    conn: psycopg.Connection[Any],
    resident_id: UUID,
    since: datetime,
    before: Place,
    most: int = MOST_READINGS,
) -> list[Reading]:
    """Return readings after `since` and before this place, newest first."""
    return _found(
        conn,
        _OLDER,
        resident_id,
        since=since,
        until=before.effective_at,
        number=before.arrival_number,
        most=most,
    )


def readings_after(
    conn: psycopg.Connection[Any], resident_id: UUID, place: Place, until: datetime, most: int
) -> list[Reading]:
    """Return readings after this place and up to `until`, oldest first."""
    return _found(
        conn,
        _NEWER,
        resident_id,
        since=place.effective_at,
        until=until,
        number=place.arrival_number,
        most=most,
    )


def reading(
    conn: psycopg.Connection[Any], resident_id: UUID, key: ReadingKey, since: datetime, until: datetime
) -> Reading | None:
    """Return the one reading, where it is shown with this resident and falls in this span."""
    kit_id, reading_id = key
    found = _found(conn, _ONE, resident_id, since=since, until=until, kit=kit_id, reading=reading_id)
    return found[0] if found else None


def _found(
    conn: psycopg.Connection[Any], query: LiteralString, resident_id: UUID, **wanted: Any
) -> list[Reading]:
    with conn.cursor(row_factory=class_row(Reading)) as cursor:
        return cursor.execute(query, {"resident": resident_id} | wanted).fetchall()


def operators(
    conn: psycopg.Connection[Any], resident_id: UUID, moments: Collection[datetime]
) -> dict[tuple[UUID, UUID], TakenBy]:
    """Return who took each reading of these moments, by (kit, reading), and how that is known."""
    rows = conn.execute(_OPERATORS, (resident_id, list(moments))).fetchall()
    return {(kit, reading): TakenBy(*who) for kit, reading, *who in rows}


def current(conn: psycopg.Connection[Any], resident_id: UUID) -> Current:
    """Return what is known now; nothing for a resident who was never measured."""
    with conn.cursor(row_factory=class_row(Current)) as cursor:
        return cursor.execute(_CURRENT, (resident_id,)).fetchone() or Current(None, {})
