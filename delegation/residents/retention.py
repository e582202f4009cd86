"""The residents whose records have reached the end of their retention, and the tombstones that replace the records.

Guards: no records are due while care goes on; those under a legal hold are marked as held. A tombstone says what was
erased, how much, under which rule and when, and nothing of the contents.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from delegation import turns


@dataclass(frozen=True, slots=True)
class Ended:
    """A resident whose care ended longer ago than the rule in force keeps records.

    Records later than `keep_after` are kept for their own time. `erased_at` is when records were last erased.
    """

    resident_id: UUID
    ended_at: datetime
    rule_version: str
    keep_after: datetime
    erased_at: datetime | None
    held: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was erased of one resident. `erased` counts by noun; `span` is that of their readings."""

    resident_id: UUID
    care_ended_at: datetime
    rule_version: str
    erased_at: datetime
    span: tuple[datetime, datetime] | None
    erased: Mapping[str, int]


_ENDED: LiteralString = """
SELECT ended.resident_id, ended.ended_at, rule.version, rule.keep_after,
       (SELECT max(erased_at) FROM delegation.tombstone WHERE tombstone.resident_id = ended.resident_id),
       EXISTS (SELECT FROM delegation.legal_hold hold
               WHERE hold.resident_id = ended.resident_id AND (hold.ends_at IS NULL OR hold.ends_at > %(at)s))
FROM delegation.end_of_care ended
CROSS JOIN (SELECT version, %(at)s::timestamptz - make_interval(years => years_after_care) AS keep_after
            FROM delegation.retention_rule
            WHERE in_force_from <= %(at)s ORDER BY in_force_from DESC, version DESC LIMIT 1) rule
WHERE ended.withdrawn_at IS NULL AND ended.ended_at <= rule.keep_after
  AND (%(among)s::uuid[] IS NULL OR ended.resident_id = ANY (%(among)s))
ORDER BY ended.ended_at, ended.resident_id
"""
_BURY: LiteralString = """
INSERT INTO delegation.tombstone
    (resident_id, care_ended_at, rule_version, erased_at, first_at, last_at, erased)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def lock(conn: psycopg.Connection, resident_id: UUID) -> None:
    """Make holds and erasures of this resident's records wait for each other."""
    turns.take(conn, "retention", resident_id)


def ended(conn: psycopg.Connection, at: datetime, among: Collection[UUID] | None = None) -> list[Ended]:
    """Return the residents whose records are due, longest ago first; those under a legal hold are marked."""
    wanted = {"at": at, "among": None if among is None else list(among)}
    return [Ended(*row) for row in conn.execute(_ENDED, wanted).fetchall()]


def bury(conn: psycopg.Connection, stone: Tombstone) -> None:
    """Store the tombstone, which is never removed."""
    first, last = stone.span or (None, None)
    said = (stone.resident_id, stone.care_ended_at, stone.rule_version, stone.erased_at, first, last)
    conn.execute(_BURY, (*said, Jsonb(dict(stone.erased))))
