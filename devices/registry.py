"""The kits, and the home each is lent to.

Guards: a kit that is revoked, or lent to no home, may not report on anybody.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg

from devices.receipt import Status


class LentKit(NamedTuple):
    """A kit that is enrolled, not revoked, and lent to a home now."""

    kit_id: UUID
    home_id: UUID
    organisation_id: UUID
    enrolled_at: datetime
    clock_skew_s: float | None = None
    """How many seconds its clock was ahead when it last said; negative if behind."""


class Speaker(NamedTuple):
    """A kit that may speak over the broker, and the hub its people phone; None if it is lent to no home."""

    partition: int
    hub_name: str | None
    hub_telephone: str | None


class Waited(NamedTuple):
    """How long a message waited at the broker, as far as the others on its way tell."""

    likely: timedelta = timedelta(0)
    at_most: timedelta | None = timedelta(0)
    """None if nobody knows."""


_NOT_AT_ALL = Waited()

_AGREE_WITHIN = 30.0
_APART = timedelta(seconds=45)
"""Two statuses agree on a clock if they differ by at most this many seconds and are at least this far apart.

The gap is longer than the difference allowed. Otherwise a status that the broker delivers twice would agree with
itself.
"""
LENT: LiteralString = """
SELECT 'kit' AS what, place, loan.home_id::text AS one, home.organisation_id::text AS two,
       status.clock_skew_s::text AS three, kit.enrolled_at AS four
FROM unnest(%(kits)b::uuid[]) WITH ORDINALITY AS asked (kit_id, place)
JOIN devices.kit ON kit.kit_id = asked.kit_id AND kit.revoked_at IS NULL
JOIN devices.kit_loan loan ON loan.kit_id = kit.kit_id AND loan.returned_at IS NULL
JOIN delegation.home ON home.home_id = loan.home_id
LEFT JOIN devices.kit_status status ON status.kit_id = kit.kit_id
"""
"""Those of these `kits` that may report, with their index: for `lent_kit`."""
_ENROLLED: LiteralString = "SELECT kit_id FROM devices.kit WHERE kit_id = ANY (%b) AND revoked_at IS NULL"
_SPEAKERS: LiteralString = """
SELECT kit.kit_id, kit.partition, hub.name, hub.phone
FROM devices.kit
LEFT JOIN devices.kit_loan loan ON loan.kit_id = kit.kit_id AND loan.returned_at IS NULL
LEFT JOIN delegation.home ON home.home_id = loan.home_id
LEFT JOIN delegation.hub ON hub.hub_id = home.hub_id
WHERE kit.revoked_at IS NULL AND kit.kind = 'kit'
"""
# A status may have waited at the broker, which makes its clock look slow, never fast. So it is believed at once only if
# it makes the clock less slow. Otherwise two statuses some time apart must agree, because no two of them wait equally
# long.
_STATUS: LiteralString = """
INSERT INTO devices.kit_status AS known (kit_id, heard_at, online, outbox_length, battery, sent_seq, not_kept_whole,
    let_go, disk_full, clock_skew_s, skew_said_s, skew_said_at)
VALUES (%(kit)s, %(at)s, %(online)s, %(outbox_length)s, %(battery)s, %(sent_seq)s, %(not_kept_whole)s,
    %(let_go)s, %(disk_full)s, %(ahead)s, %(skew)s, %(skew_at)s)
ON CONFLICT (kit_id) DO UPDATE SET
    heard_at = EXCLUDED.heard_at, online = EXCLUDED.online,
    outbox_length = coalesce(EXCLUDED.outbox_length, known.outbox_length),
    battery = coalesce(EXCLUDED.battery, known.battery),
    sent_seq = coalesce(EXCLUDED.sent_seq, known.sent_seq),
    not_kept_whole = coalesce(EXCLUDED.not_kept_whole, known.not_kept_whole),
    let_go = coalesce(EXCLUDED.let_go, known.let_go),
    disk_full = coalesce(EXCLUDED.disk_full, known.disk_full),
    clock_skew_s = CASE
        WHEN EXCLUDED.skew_said_s >= coalesce(known.clock_skew_s, 0)
            OR (abs(EXCLUDED.skew_said_s - known.skew_said_s) <= %(agree)s
                AND EXCLUDED.skew_said_at >= known.skew_said_at + %(apart)s)
        THEN EXCLUDED.skew_said_s ELSE known.clock_skew_s END,
    (skew_said_s, skew_said_at) = (
        -- The first of those that agree stays, so that it comes to be long enough ago.
        SELECT CASE WHEN stays THEN known.skew_said_s ELSE EXCLUDED.skew_said_s END,
               CASE WHEN stays THEN known.skew_said_at ELSE EXCLUDED.skew_said_at END
        FROM (SELECT EXCLUDED.skew_said_s IS NULL
                     OR (abs(EXCLUDED.skew_said_s - known.skew_said_s) <= %(agree)s
                         AND EXCLUDED.skew_said_at < known.skew_said_at + %(apart)s) AS stays) whether)
"""
_HEARD: LiteralString = """
INSERT INTO devices.kit_status (kit_id, heard_at, online)
SELECT kit_id, heard_at, true FROM unnest(%s::uuid[], %s::timestamptz[]) AS heard (kit_id, heard_at) ORDER BY kit_id
ON CONFLICT (kit_id) DO UPDATE SET heard_at = greatest(kit_status.heard_at, EXCLUDED.heard_at)
"""
_STATUS_KEPT: LiteralString = """
INSERT INTO devices.kit_status (kit_id, heard_at, online, outbox_length, battery, sent_seq, not_kept_whole, let_go,
    disk_full)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (kit_id) DO NOTHING
"""


# The same homes recur, and parsing an id is slow.
_id = lru_cache(maxsize=8192)(UUID)


def lent_kit(
    kit_id: UUID, home: str, organisation: str, clock_skew_s: str | None, enrolled_at: datetime
) -> LentKit:
    """One row of the `LENT` query as an object."""
    skew = None if clock_skew_s is None else float(clock_skew_s)
    return LentKit(kit_id, _id(home), _id(organisation), enrolled_at, skew)


def enrolled(conn: psycopg.Connection, kits: Collection[UUID]) -> frozenset[UUID]:
    """Which of these kits are enrolled and not revoked, lent or not."""
    return frozenset(kit for (kit,) in conn.execute(_ENROLLED, (list(kits),)).fetchall())


def speakers(conn: psycopg.Connection) -> dict[UUID, Speaker]:
    """Every kit that may speak over the broker."""
    return {kit_id: Speaker(*said) for kit_id, *said in conn.execute(_SPEAKERS).fetchall()}


def note_heard(conn: psycopg.Connection, heard: Mapping[UUID, datetime]) -> None:
    """Note when something last arrived from these enrolled kits, by the hub's clock."""
    if heard:
        conn.execute(_HEARD, (list(heard), list(heard.values())))


def note_status(
    conn: psycopg.Connection,
    kit_id: UUID,
    status: Status,
    at: datetime,
    *,
    retained: bool = False,
    waited: Waited = _NOT_AT_ALL,
) -> None:
    """Store what an enrolled kit last said of itself, by the hub's clock.

    `retained`: the broker kept this status, so its time is unknown, and it counts only if there is no other. A clock is
    not slow if `waited` explains it, and waiting makes no clock look fast.
    """
    if retained:
        said = (
            status.online,
            status.outbox_length,
            status.battery,
            status.sent_seq,
            status.not_kept_whole,
            status.let_go,
            status.disk_full,
        )
        conn.execute(_STATUS_KEPT, (kit_id, at, *said))
        return
    skew = _skew(status.clock, at, waited) if status.clock else None
    said = {"kit": kit_id, "at": at, "online": status.online, "outbox_length": status.outbox_length}
    said |= {"battery": status.battery, "sent_seq": status.sent_seq}
    said |= {"not_kept_whole": status.not_kept_whole, "let_go": status.let_go, "disk_full": status.disk_full}
    said |= {"skew": skew, "skew_at": None if skew is None else at}
    said |= {"ahead": None if skew is None or skew < 0 else skew}
    conn.execute(_STATUS, said | {"agree": _AGREE_WITHIN, "apart": _APART})


def _skew(clock: datetime, at: datetime, waited: Waited) -> float | None:
    """How many seconds the clock was ahead when the kit spoke; negative if behind.

    None if nobody can say: it looks slow, and the longest wait there can have been would explain it.
    """
    ahead = (clock - at).total_seconds()
    if ahead >= 0:
        return ahead
    seems = min(0.0, ahead + waited.likely.total_seconds())
    may_be_right = waited.at_most is not None and ahead + waited.at_most.total_seconds() >= 0
    return None if seems < -_AGREE_WITHIN and may_be_right else seems
