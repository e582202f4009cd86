"""A resident's own limits in force, and whose decision each is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in force: a value of `sign` under `low` or over `high` is remarked on."""

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


_IN_FORCE: LiteralString = """
SELECT limit_id, sign, low, high, clinician_name, regulator, regulator_number, reason, decided_at, review_by,
       looked_up_at
FROM delegation.personal_limit
WHERE resident_id = %(resident)s AND starts_at <= %(at)s AND (revoked_at IS NULL OR revoked_at > %(at)s)
ORDER BY sign
"""


def limits(conn: psycopg.Connection[Any], resident_id: UUID, at: datetime) -> tuple[Limit, ...]:
    """Return the limits in force at this moment, where the actor may see the resident."""
    with conn.cursor(row_factory=class_row(Limit)) as cursor:
        return tuple(cursor.execute(_IN_FORCE, {"resident": resident_id, "at": at}).fetchall())
