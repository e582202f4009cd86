"""Says of a stored reading that it was taken from somebody else.

Guards: the reading is never touched; the correction is a row of its own, and from then on the reading is no part
of what is known of the resident it was stored for, neither among the current signs nor in the scores that follow.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from ingest import current, store
from ingest.arrival import KnownReading, ReadingKey
from ingest.current import Signs

# Further back a sign is shown with its age and decides nothing.
_LOOK_BACK = timedelta(days=3)

_CORRECT: LiteralString = """
INSERT INTO ingest.reading_correction (kit_id, reading_id, resident_id, reason, corrected_by, corrected_at)
VALUES (%s, %s, %s, %s, %s, %s)
"""
_NOW_KNOWN: LiteralString = "UPDATE ingest.current_vitals SET signs = %s WHERE resident_id = %s"


def correct(
    conn: psycopg.Connection,
    kit_id: UUID,
    reading_id: UUID,
    *,
    taken_from: UUID | None,
    reason: str,
    corrected_by: UUID,
    at: datetime,
) -> None:
    """Correct whom a reading was taken from; None: from nobody we can name. Authorised and audited by the caller.

    Raises LookupError where no such reading is stored.
    """
    key = (kit_id, reading_id)
    seen = store.seen(conn, [key]).get(key)
    if seen is None:
        raise LookupError("No such reading is stored.")
    known = current.lock(conn, {seen.resident_id})[seen.resident_id]
    conn.execute(_CORRECT, (kit_id, reading_id, taken_from, reason, corrected_by, at))
    others = store.history(conn, {seen.resident_id: [known.last_effective_at or at]}, _LOOK_BACK)
    signs = _without(known.signs, key, others)
    conn.execute(_NOW_KNOWN, (Jsonb(signs, dumps=to_json), seen.resident_id))


def _without(signs: Signs, key: ReadingKey, others: Iterable[KnownReading]) -> Signs:
    """The current signs with, in place of what the reading said, what the others last said, or nothing."""
    ours = tuple(map(str, key))
    said_by_it = {sign for sign, entry in signs.items() if (entry["kit"], entry["reading"]) == ours}
    left = {sign: entry for sign, entry in signs.items() if sign not in said_by_it}
    for other in sorted(others, key=lambda one: (one.effective_at, one.arrival_number)):
        stamp = {
            "effective_at": other.effective_at,
            "arrival": other.arrival_number,
            "kit": other.kit_id,
            "reading": other.reading_id,
        }
        for sign, value in (dict.fromkeys(other.cleared) | dict(other.values)).items():
            if sign in said_by_it:
                left[sign] = {"value": value, **stamp}
    return left
