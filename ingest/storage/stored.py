"""Reads stored readings back whole, as they came through the door, with the resident they belong to now.

Guards: nothing is computed anew: values, flags and labels are those of the arrival. Only the resident, and the number
in that resident's line, follow the last correction.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from delegation.competence import Activity, Label, Labelled
from delegation.store import Placement
from devices.identifiers import OutboxEpoch, PersonId, ReadingId, ResidentId
from devices.reading import Device, DeviceKind, NotObtained, OperatorKnownBy, ReadingPayload, SoftSign, Worry
from devices.vital_signs import VitalSign
from ingest import quality
from ingest.arrival import NewReading, ReadingKey
from ingest.storage import whose

_THEIRS: LiteralString = (
    "SELECT reading.arrival_number AS number, reading.*"
    + whose.AS_STORED
    + "UNION ALL SELECT corrected.arrival_number, reading.*"
    + whose.AS_CORRECTED
    + "ORDER BY number"
)
# Whose it is by the last correction. Asked under the lock of the resident it was stored for, which every correction
# takes.
_ONE: LiteralString = """
SELECT seen.resident_id AS stored_for, seen.effective_at, coalesce(last.correction_id, 0), last.resident_id
FROM ingest.seen LEFT JOIN LATERAL (
    SELECT said.correction_id, said.resident_id FROM ingest.reading_correction said
    WHERE said.kit_id = seen.kit_id AND said.reading_id = seen.reading_id
    ORDER BY said.correction_id DESC LIMIT 1
) last ON true
WHERE seen.kit_id = %s AND seen.reading_id = %s
"""
_AS_SENT: LiteralString = """
SELECT arrival_number AS number, * FROM ingest.reading
WHERE resident_id = %s AND effective_at = %s AND kit_id = %s AND reading_id = %s
"""
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """Whom a reading was stored for, and whose the last correction says it is; None if they cannot be named."""

    key: ReadingKey
    effective_at: datetime
    stored_for: UUID
    held_for: UUID | None
    correction: int


def held(conn: psycopg.Connection, key: ReadingKey) -> Held | None:
    """Whose the reading is now; None if no such reading is stored."""
    row = conn.execute(_ONE, key).fetchone()
    if row is None:
        return None
    stored_for, effective_at, correction, resident_id = row
    return Held(key, effective_at, stored_for, resident_id if correction else stored_for, correction)


def as_theirs(conn: psycopg.Connection, one: Held, theirs: Placement, number: int) -> NewReading:
    """The reading as if it had arrived for this resident, with this number in their line.

    Raises LookupError if the reading has been erased.
    """
    row = _as_sent(conn, one)
    if row is None:
        raise LookupError("The reading has been seen and is not stored any more.")
    return reading_of(row | {"number": number}, theirs)


def _as_sent(conn: psycopg.Connection, one: Held) -> dict[str, Any] | None:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_AS_SENT, (one.stored_for, one.effective_at, *one.key)).fetchone()


def labelled(conn: psycopg.Connection, key: ReadingKey) -> Labelled | None:
    """How the taker's competence was labelled when the reading arrived; None if it is not stored, or no longer."""
    one = held(conn, key)
    row = None if one is None else _as_sent(conn, one)
    return None if row is None else _labelled(row)


def readings_of(
    conn: psycopg.Connection, theirs: Placement, since: datetime, until: datetime
) -> list[NewReading]:
    """The readings held to be theirs in this span, ends included, in the order in which they became known."""
    span = {"residents": [theirs.resident_id], "since": since, "until": until}
    with conn.cursor(row_factory=dict_row) as cursor:
        return with_latest([reading_of(row, theirs) for row in cursor.execute(_THEIRS, span).fetchall()])


def with_latest(readings: Sequence[NewReading], before: Iterable[NewReading] = ()) -> list[NewReading]:
    """The readings, in the order in which they became known, each with the latest effective time known by then."""
    known = max((one.effective_at for one in before), default=_LONG_AGO)
    latest = accumulate((max(known, one.effective_at) for one in readings), max)
    return [one._replace(latest_effective_at=moment) for one, moment in zip(readings, latest, strict=True)]


def reading_of(row: Mapping[str, Any], theirs: Placement) -> NewReading:
    """A row of `ingest.reading`, with its `number` in a line, as the reading that came through the door."""
    values = {sign: row[sign] for sign in VitalSign if row[sign] is not None}
    not_obtained, unusable = row["not_obtained"] or {}, row["unusable"] or {}
    return NewReading(
        payload=_payload(row, theirs.resident_id, values, not_obtained),
        kit_id=row["kit_id"],
        placement=theirs,
        arrival_number=row["number"],
        arrived_at=row["arrived_at"],
        effective_at=row["effective_at"],
        competence=_labelled(row),
        values=values,
        unusable=unusable,
        cleared=quality.cleared(not_obtained, unusable),
        flags=tuple(row["flags"]),
        latest_effective_at=row["effective_at"],
        clock_slow_by=timedelta(seconds=(row["observations"] or {}).get("clock_slow_by_s", 0)),
    )


def _labelled(row: Mapping[str, Any]) -> Labelled:
    lacking = row["competence_lacking"] or {}
    return Labelled(
        Label(row["competence"]), {Activity(activity): Label(stood) for activity, stood in lacking.items()}
    )


def _payload(
    row: Mapping[str, Any], resident_id: UUID, values: dict[VitalSign, Any], not_obtained: dict[str, str]
) -> ReadingPayload:
    """What was said, as far as rules use it. It was validated on arrival and is not validated again."""
    said: dict[str, Any] = row["observations"] or {}
    kind = row["device_kind"]
    return ReadingPayload.model_construct(
        reading_id=ReadingId(row["reading_id"]),
        outbox_epoch=OutboxEpoch(row["outbox_epoch"]),
        seq=row["seq"],
        taken_at=row["taken_at"],
        resident=ResidentId(resident_id),
        taken_by=None if row["taken_by"] is None else PersonId(row["taken_by"]),
        operator_known_by=OperatorKnownBy(row["operator_known_by"]) if row["operator_known_by"] else None,
        device=Device(
            kind=DeviceKind(kind) if kind in set(DeviceKind) else None,
            model=row["device_model"],
            serial=row["device_serial"],
        ),
        values={str(sign): value for sign, value in values.items()},
        not_obtained={code: NotObtained(why) for code, why in not_obtained.items()},
        soft_signs={code: SoftSign(answer) for code, answer in said.get("soft_signs", {}).items()},
        emergency_signs={code: SoftSign(answer) for code, answer in said.get("emergency_signs", {}).items()},
        phoned_999=said.get("phoned_999", False),
        worry=Worry(by=said["worry"]) if "worry" in said else None,
        note=said.get("note"),
        method=said.get("method", {}),
        quality=said.get("quality", {}),
        scheduled_full_set=said.get("scheduled_full_set", False),
        not_understood=said.get("not_understood", {}),
    )


def in_order_of_time(readings: Sequence[NewReading]) -> list[NewReading]:
    """The readings by effective time, and by arrival number where times are equal."""
    return sorted(readings, key=lambda one: (one.effective_at, one.arrival_number))
