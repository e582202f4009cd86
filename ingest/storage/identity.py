"""The identity of a reading: a reading is new if its kit and reading id were not claimed before.

Guards: all workers claim in one order, and before they take any other lock.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg

from devices.reading import content_digest
from ingest.arrival import ReadingKey, Sound
from ingest.storage import current
from ingest.storage.current import CurrentVitals


class Seen(NamedTuple):
    """What was stored under an identity: its digest and effective time."""

    digest: bytes
    effective_at: datetime


class Claimed(NamedTuple):
    """New readings, repeated readings with the time they were stored for, and readings that contradict a stored one.

    `locked`: what is known of the residents of the new readings, if they are locked already.
    """

    new: list[Sound]
    repeated: list[tuple[Sound, datetime]]
    conflicting: list[Sound]
    locked: dict[UUID, CurrentVitals] | None


_CLAIM: LiteralString = """
SELECT seen_before, resident_id, arrivals, last_effective_at, signs::text
FROM ingest.claim(%b::uuid[], %b::uuid[], %b::bytea[], %b::uuid[], %b::timestamptz[], %s)
"""
_SEEN: LiteralString = """
SELECT kit_id, reading_id, digest, effective_at FROM ingest.seen
WHERE (kit_id, reading_id) IN (SELECT * FROM unnest(%b::uuid[], %b::uuid[]))
"""


def claim(conn: psycopg.Connection, sound: Sequence[Sound], *, locking: bool) -> Claimed:
    """Claim the identities of these readings. Of two with the same identity in one batch, the first counts.

    `locking`: if all of them are new, also lock their residents, which saves a round trip. If one may go to quarantine,
    pass False: the quarantine's quota must be locked before the residents.
    """
    digests = [content_digest(one.payload) for one in sound]
    first: dict[ReadingKey, int] = {}
    not_first = {place for place, one in enumerate(sound) if first.setdefault(one.key, place) != place}
    locking = locking and not not_first
    in_order = sorted(first.values(), key=lambda place: _number(sound[place].key))
    seen_before, locked = _claimed(conn, [(sound[place], digests[place]) for place in in_order], locking)
    not_new = not_first | {in_order[number - 1] for number in seen_before}
    if not not_new:
        return Claimed(list(sound), [], [], locked if locking else None)
    stored = _seen(conn, {sound[place].key for place in not_new})
    claimed = Claimed([one for place, one in enumerate(sound) if place not in not_new], [], [], None)
    for place in sorted(not_new):
        one = sound[place]
        was = stored[one.key]
        if was.digest == digests[place]:
            claimed.repeated.append((one, was.effective_at))
        else:
            claimed.conflicting.append(one)
    return claimed


def _number(key: ReadingKey) -> tuple[int, int]:
    """Sort keys in the database's order."""
    return key[0].int, key[1].int


def _claimed(
    conn: psycopg.Connection, wanted: Sequence[tuple[Sound, bytes]], locking: bool
) -> tuple[list[int], dict[UUID, CurrentVitals]]:
    """Return the numbers, from 1, of those claimed before, or what is known of the residents, now locked."""
    if not wanted:
        return [], {}
    said = (
        [one.key[0] for one, _ in wanted],
        [one.key[1] for one, _ in wanted],
        [digest for _, digest in wanted],
        [one.payload.resident for one, _ in wanted],
        [one.effective_at for one, _ in wanted],
    )
    rows = conn.execute(_CLAIM, (*said, locking)).fetchall()
    seen_before = [number for number, *_ in rows if number is not None]
    return seen_before, {} if seen_before else current.known(row[1:] for row in rows)


def _seen(conn: psycopg.Connection, keys: Collection[ReadingKey]) -> dict[ReadingKey, Seen]:
    rows = conn.execute(_SEEN, ([kit for kit, _ in keys], [reading for _, reading in keys])).fetchall()
    return {(kit, reading): Seen(*said) for kit, reading, *said in rows}
