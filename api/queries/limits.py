"""A resident's own limits, in force or revoked not long ago, and whose decision each is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: a value of `sign` under `low` or over `high` is remarked on while it is in force."""

    limit_id: UUID
    sign: str
    low: Decimal | None
    high: Decimal | None
    clinician_name: str
    regulator: str
    regulator_number: str
    reason: str
    decided_at: datetime
    review_by: datetime
    looked_up_at: datetime | None
    revoked_at: datetime | None = None
    revoked_because: str | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Return whether readings of this moment are held against it."""
        return self.revoked_at is None or self.revoked_at > at


_NEWEST: LiteralString = """
SELECT DISTINCT ON (sign) limit_id, sign, low, high, clinician_name, regulator, regulator_number, reason, decided_at,
       review_by, looked_up_at, revoked_at, revoked_because
FROM delegation.personal_limit
WHERE resident_id = %(resident)s AND starts_at <= %(at)s
  AND coalesce(revoked_at, 'infinity') > %(at)s::timestamptz - interval '30 days'
ORDER BY sign, coalesce(revoked_at, 'infinity') DESC, starts_at DESC
"""


def limits(conn: psycopg.Connection[Any], resident_id: UUID, at: datetime) -> tuple[Limit, ...]:
    """Return the limits in force at this moment, where the actor may see the resident."""
    return tuple(one for one in newest(conn, resident_id, at) if one.is_in_force(at))


def newest(conn: psycopg.Connection[Any], resident_id: UUID, at: datetime) -> tuple[Limit, ...]:
    """Return for each vital sign the limit in force, or else the last one revoked within 30 days."""
    with conn.cursor(row_factory=class_row(Limit)) as cursor:
        return tuple(cursor.execute(_NEWEST, {"resident": resident_id, "at": at}).fetchall())
