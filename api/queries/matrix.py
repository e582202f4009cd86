"""Who is signed off for what, among the workers the actor answers for.

Guards: only workers in the actor's charge are read. A revoked sign-off is shown as revoked, not as lapsed. Of several
in force, the one that allows most counts, as for a reading's label.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Worker:
    """A care worker in the actor's charge."""

    person_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A delegated healthcare activity."""

    activity: str
    label: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """The sign-off that decides how one worker stands for one activity."""

    competence_id: UUID
    person_id: UUID
    activity: str
    level: str
    assessor_id: UUID
    assessor_name: str | None
    signed_off_at: datetime
    valid_until: datetime
    revoked_at: datetime | None


_WORKERS: LiteralString = """
SELECT person_id, name FROM delegation.person
WHERE person_id IN (SELECT delegation.workers_known())
ORDER BY name
"""
_ACTIVITIES: LiteralString = "SELECT activity, label FROM delegation.activity ORDER BY label"
# One in force comes before one that has ended, however new; then the one that allows most, as for a reading's label.
_SIGN_OFFS: LiteralString = """
SELECT DISTINCT ON (competence.person_id, competence.activity)
       competence.competence_id, competence.person_id, competence.activity, competence.level,
       competence.assessor_id, assessor.name AS assessor_name, competence.signed_off_at,
       competence.valid_until, competence.revoked_at
FROM delegation.competence LEFT JOIN delegation.person assessor ON assessor.person_id = competence.assessor_id
WHERE competence.person_id IN (SELECT delegation.workers_known())
ORDER BY competence.person_id, competence.activity,
         competence.revoked_at IS NULL AND competence.valid_until > %(at)s DESC,
         competence.revoked_at IS NOT NULL,
         array_position('{may_supervise,independent,under_supervision,observe}'::text[], competence.level),
         competence.valid_until DESC, competence.signed_off_at DESC
"""


def workers(conn: psycopg.Connection[Any]) -> list[Worker]:
    """Return the workers the actor answers for, by name."""
    with conn.cursor(row_factory=class_row(Worker)) as cursor:
        return cursor.execute(_WORKERS).fetchall()


def activities(conn: psycopg.Connection[Any]) -> list[Activity]:
    """Return every activity, by label."""
    with conn.cursor(row_factory=class_row(Activity)) as cursor:
        return cursor.execute(_ACTIVITIES).fetchall()


def sign_offs(conn: psycopg.Connection[Any], at: datetime) -> list[SignOff]:
    """Return one row for each worker and activity ever signed off, as it stands at this moment."""
    with conn.cursor(row_factory=class_row(SignOff)) as cursor:
        return cursor.execute(_SIGN_OFFS, {"at": at}).fetchall()
