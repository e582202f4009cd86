"""Decisions at a hub whose review is due or overdue: scale 2, limits, ceilings.

Guards: an overdue review ends nothing. Of a renewed authorisation, the newer one counts. Nobody is asked to review a
decision about a resident whose care has ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

# How long before its date a review appears. Our starting value, for a clinician to change.
AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Review:
    """One decision to review, and whose it was. `sign`: the vital sign of a limit, otherwise None."""

    kind: Literal["scale_two", "limit", "ceiling"]
    decision_id: UUID
    resident_id: UUID
    resident_name: str
    synthetic: bool
    home_name: str
    clinician_name: str
    regulator: str
    regulator_number: str
    reason: str
    decided_at: datetime
    review_by: datetime
    sign: str | None
    low: Decimal | None
    high: Decimal | None
    statement: str | None


_DUE: LiteralString = """
WITH decided AS (
    SELECT 'scale_two' AS kind, authorisation_id AS decision_id, resident_id, clinician_name, regulator,
           regulator_number, reason, decided_at, review_by, starts_at, least(ends_at, revoked_at) AS ends_at,
           NULL AS sign, NULL::numeric AS low, NULL::numeric AS high, NULL AS statement
    FROM delegation.spo2_scale_authorisation
    UNION ALL
    SELECT 'limit', limit_id, resident_id, clinician_name, regulator, regulator_number, reason,
           decided_at, review_by, starts_at, revoked_at, sign, low, high, NULL
    FROM delegation.personal_limit
    UNION ALL
    SELECT 'ceiling', ceiling_id, resident_id, clinician_name, regulator, regulator_number, reason,
           decided_at, review_by, starts_at, revoked_at, NULL, NULL, NULL, statement
    FROM delegation.ceiling
)
SELECT DISTINCT ON (resident_id, decided.kind, decided.sign)
       decided.kind, decided.decision_id, resident_id, resident.name AS resident_name, resident.synthetic,
       home.name AS home_name, decided.clinician_name, decided.regulator, decided.regulator_number, decided.reason,
       decided.decided_at, decided.review_by, decided.sign, decided.low, decided.high, decided.statement
FROM decided
JOIN delegation.resident USING (resident_id)
JOIN delegation.home USING (home_id)
WHERE home.hub_id = %(hub)s AND home.hub_id IN (SELECT delegation.visible_hubs())
  AND decided.starts_at <= %(at)s
  AND coalesce(decided.ends_at, 'infinity') > %(at)s
  AND NOT EXISTS (SELECT FROM delegation.end_of_care ended
                  WHERE ended.resident_id = resident.resident_id AND ended.withdrawn_at IS NULL)
ORDER BY resident_id, decided.kind, decided.sign, decided.review_by DESC
"""


def due(conn: psycopg.Connection[Any], hub_id: UUID, at: datetime) -> list[Review]:
    """Return the reviews due within 30 days at one of the actor's hubs, longest overdue first."""
    with conn.cursor(row_factory=class_row(Review)) as cursor:
        found = cursor.execute(_DUE, {"hub": hub_id, "at": at}).fetchall()
    return sorted((one for one in found if one.review_by <= at + AHEAD), key=lambda one: one.review_by)
