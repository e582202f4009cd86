"""Whose records have been kept as long as the rule says, and the tombstone that stays where they were.

Guards: nobody's records are due while their care goes on or a legal hold holds; a tombstone says what was erased,
how much, under which rule and when, and not a word of what it said.
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
    """Somebody whose care ended longer ago than the rule in force keeps records.

    `keep_after`: what came later than this keeps its own time. `erased_at`: when their records last were erased.
    """

    resident_id: UUID
    ended_at: datetime
    rule_version: str
    keep_after: datetime
    erased_at: datetime | None
    held: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was erased of one resident. `erased` counts by noun; the span is that of their readings."""

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
    """Keep whoever places a hold and whoever erases from deciding about this resident's records at the same time."""
    turns.take(conn, "retention", resident_id)


def ended(conn: psycopg.Connection, at: datetime, among: Collection[UUID] | None = None) -> list[Ended]:
    """Whose care ended long enough ago, longest ago first; held ones too, marked."""
    wanted = {"at": at, "among": None if among is None else list(among)}
    return [Ended(*row) for row in conn.execute(_ENDED, wanted).fetchall()]


def bury(conn: psycopg.Connection, stone: Tombstone) -> None:
    """Write the tombstone. It stays."""
    first, last = stone.span or (None, None)
    said = (stone.resident_id, stone.care_ended_at, stone.rule_version, stone.erased_at, first, last)
    conn.execute(_BURY, (*said, Jsonb(dict(stone.erased))))
