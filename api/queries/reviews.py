"""Authorisations of SpO2 scale 2 whose review is due at a hub, soon or long since.

Guards: an overdue review ends nothing; of a resident whose authorisation was renewed, the renewed one counts; nobody
is asked to review a decision about somebody whose care has ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

# A task to the hub from so long before; ours to start from, for a clinician to change.
AHEAD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Review:
    """One authorisation to look at again, and whose decision it was."""

    authorisation_id: UUID
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


_DUE: LiteralString = """
SELECT DISTINCT ON (resident_id) authorisation.authorisation_id, resident_id, resident.name AS resident_name,
       resident.synthetic, home.name AS home_name, authorisation.clinician_name, authorisation.regulator,
       authorisation.regulator_number, authorisation.reason, authorisation.decided_at, authorisation.review_by
FROM delegation.spo2_scale_authorisation authorisation
JOIN delegation.resident USING (resident_id)
JOIN delegation.home USING (home_id)
WHERE home.hub_id = %(hub)s AND home.hub_id IN (SELECT delegation.visible_hubs())
  AND authorisation.starts_at <= %(at)s
  AND coalesce(least(authorisation.ends_at, authorisation.revoked_at), 'infinity') > %(at)s
  AND NOT EXISTS (SELECT FROM delegation.end_of_care ended
                  WHERE ended.resident_id = resident.resident_id AND ended.withdrawn_at IS NULL)
ORDER BY resident_id, authorisation.review_by DESC
"""


def due(conn: psycopg.Connection[Any], hub_id: UUID, at: datetime) -> list[Review]:
    """What is to be reviewed within 30 days at a hub of the actor's, the longest overdue first."""
    with conn.cursor(row_factory=class_row(Review)) as cursor:
        found = cursor.execute(_DUE, {"hub": hub_id, "at": at}).fetchall()
    return sorted((one for one in found if one.review_by <= at + AHEAD), key=lambda one: one.review_by)
