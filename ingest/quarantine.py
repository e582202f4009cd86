"""The quarantine: keeps what cannot be understood, shows it and lets it be replayed.

Guards: nothing that arrived is thrown away, and the same bytes sent again are counted, not stored twice. Beyond a
sender's daily quota only the beginning of a message is kept, and the sender is told.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from devices import registry
from devices.reading import Unreadable, encode_one
from ingest import quota
from ingest.arrival import Arrival

MAX_KEPT = 1024 * 1024
_Row = dict[str, Any]
_Key = tuple[UUID | None, bytes]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is in quarantine. `told` is what the receipt says, which may be less."""

    code: str
    detail: str
    told: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row of the quarantine."""

    quarantine_id: int
    kit_id: UUID | None
    reading_id: UUID | None
    topic: str
    payload: bytes
    reason: str
    detail: str
    arrived_at: datetime
    last_arrived_at: datetime
    deliveries: int
    replayed_at: datetime | None
    replay_outcome: str | None
    cut_from: int | None
    """How many bytes it had, if only its beginning is kept."""
    waited_at_most: timedelta | None
    """The longest it can have waited at the broker before it arrived; None if nobody knows."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of quarantined items, by index: those cut short, and those not in quarantine before."""

    cut: frozenset[int] = frozenset()
    new: frozenset[int] = frozenset()


_KEEP: LiteralString = """
INSERT INTO ingest.quarantine
    (kit_id, reading_id, topic, payload, cut_from, payload_sha256, reason, detail, arrived_at, last_arrived_at,
     waited_at_most)
VALUES (%(kit)s, %(reading)s, %(topic)s, %(payload)s, %(cut_from)s, %(sha256)s, %(reason)s, %(detail)s, %(at)s, %(at)s,
        %(waited)s)
ON CONFLICT (coalesce(kit_id, '00000000-0000-0000-0000-000000000000'), payload_sha256)
DO UPDATE SET
    last_arrived_at = greatest(quarantine.last_arrived_at, EXCLUDED.last_arrived_at),
    deliveries = quarantine.deliveries + 1
"""
_KEPT: LiteralString = """
SELECT kit_id, payload_sha256, cut_from IS NOT NULL FROM ingest.quarantine
WHERE (coalesce(kit_id, '00000000-0000-0000-0000-000000000000'), payload_sha256)
      IN (SELECT * FROM unnest(%s::uuid[], %s::bytea[]))
"""
_LIST: LiteralString = """
SELECT quarantine_id, kit_id, reading_id, topic, payload, reason, detail, arrived_at, last_arrived_at, deliveries,
       replayed_at, replay_outcome, cut_from, waited_at_most
FROM ingest.quarantine
WHERE quarantine_id > %s AND (NOT %s OR replayed_at IS NULL)
ORDER BY quarantine_id LIMIT %s
"""
_LOCK: LiteralString = "SELECT replay_outcome FROM ingest.quarantine WHERE quarantine_id = %s FOR UPDATE"
_REPLAYED: LiteralString = """
UPDATE ingest.quarantine SET replayed_at = %s, replay_outcome = %s WHERE quarantine_id = %s
"""


def raw_bytes(arrival: Arrival) -> bytes:
    """The bytes that arrived, as they are kept; an item of an array is kept by itself."""
    return arrival.item.raw if isinstance(arrival.item, Unreadable) else encode_one(arrival.item)


def digest(arrival: Arrival) -> bytes:
    """The digest by which the same item is known when it is sent again; a reading's age does not count.

    A receipt names this digest if no reading id could be read.
    """
    if isinstance(arrival.item, Unreadable):
        return arrival.item.sha256
    ageless = arrival.item.model_copy(update={"age_s": None})
    return hashlib.sha256(encode_one(ageless)).digest()


def keep(
    conn: psycopg.Connection, arrivals: Sequence[tuple[Arrival, Reason]], *, whole: bool = False
) -> Kept:
    """Put these in quarantine, in one order for all workers. `whole`: ignore the sender's quota."""
    rows: list[_Row] = [
        {
            "kit": arrival.kit_id,
            "reading": arrival.item.reading_id,
            "topic": arrival.topic[:500].replace("\0", "\ufffd"),
            "payload": raw_bytes(arrival),
            "cut_from": None,
            "sha256": digest(arrival),
            "reason": reason.code,
            "detail": reason.detail[:2000].replace("\0", "\ufffd"),
            "at": arrival.arrived_at,
            "waited": arrival.waited_at_most,
            "place": place,
        }
        for place, (arrival, reason) in enumerate(arrivals)
    ]
    if not rows:
        return Kept()
    rows.sort(key=lambda row: (str(row["kit"]), row["sha256"]))
    before = _kept(conn, rows)
    new = {key: row["place"] for row in rows if (key := (row["kit"], row["sha256"])) not in before}
    cut = _cut(conn, rows, before, whole=whole)
    with conn.cursor() as cursor:
        cursor.executemany(_KEEP, rows)
    return Kept(cut, frozenset(new.values()))


def _cut(
    conn: psycopg.Connection, rows: Sequence[_Row], before: Mapping[_Key, bool], *, whole: bool
) -> frozenset[int]:
    """Cut the payloads of new rows to their senders' quotas. Return which rows are cut, now or before."""
    is_cut = dict(before)
    known = registry.enrolled(conn, {row["kit"] for row in rows if row["kit"] is not None})
    sender_of = {row["kit"]: row["kit"] if row["kit"] in known else quota.STRANGERS for row in rows}
    new = [row for row in rows if (row["kit"], row["sha256"]) not in is_cut]
    left = quota.left(
        conn, {sender_of[row["kit"]] for row in new}, max(row["at"] for row in rows).astimezone(UTC).date()
    )
    for row in new:
        key, sender, length = (row["kit"], row["sha256"]), sender_of[row["kit"]], len(row["payload"])
        if key in is_cut:
            continue  # the same item twice in this batch
        most = MAX_KEPT if whole or length <= left[sender] else quota.BEGINNING
        is_cut[key] = length > most
        if is_cut[key]:
            row.update(payload=row["payload"][:most], cut_from=length)
        left[sender] -= len(row["payload"])
    quota.note(conn, left)
    return frozenset(row["place"] for row in rows if is_cut[row["kit"], row["sha256"]])


def _kept(conn: psycopg.Connection, rows: Sequence[_Row]) -> dict[_Key, bool]:
    """Those already in quarantine, and whether they are cut."""
    wanted = ([row["kit"] or quota.STRANGERS for row in rows], [row["sha256"] for row in rows])
    return {(kit, bytes(sha256)): cut for kit, sha256, cut in conn.execute(_KEPT, wanted).fetchall()}


def listed(
    conn: psycopg.Connection, *, after: int = 0, waiting_only: bool = True, most: int = 100
) -> list[Quarantined]:
    """What is in quarantine, oldest first. `after` is the last id of the page before."""
    return [Quarantined(*row) for row in conn.execute(_LIST, (after, waiting_only, most)).fetchall()]


def locked(conn: psycopg.Connection, quarantine_id: int) -> str | None:
    """Lock one row and return the outcome of its replay; None if nobody replayed it.

    Raises LookupError if there is no such row.
    """
    row = conn.execute(_LOCK, (quarantine_id,)).fetchone()
    if row is None:
        raise LookupError(f"There is no number {quarantine_id} in quarantine.")
    return row[0]


def mark_replayed(conn: psycopg.Connection, quarantine_id: int, outcome: str, at: datetime) -> None:
    """Record the outcome of a replay."""
    conn.execute(_REPLAYED, (at, outcome, quarantine_id))
