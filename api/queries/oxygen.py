"""The newest entry on oxygen for a resident.

Guards: an entry that it could not be found out counts as an entry. No entry at all does not mean "breathing air".
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from api.queries.readings import current
from devices.vital_signs import VitalSign


@dataclass(frozen=True, slots=True)
class Entry:
    """The newest entry. `in_use`: None where it could not be found out."""

    reading_id: UUID
    in_use: bool | None
    effective_at: datetime


def newest(conn: psycopg.Connection[Any], resident_id: UUID) -> Entry | None:
    """Return the entry that counts now."""
    held = current(conn, resident_id).signs.get(VitalSign.ON_OXYGEN)
    if held is None:
        return None
    return Entry(UUID(held["reading"]), held["value"], datetime.fromisoformat(held["effective_at"]))


def doubt(conn: psycopg.Connection[Any], resident_id: UUID) -> UUID | None:
    """Return the reading with the newest entry, where that does not say that none is in use."""
    entry = newest(conn, resident_id)
    return None if entry is None or entry.in_use is False else entry.reading_id
