"""Who is signed off for what, among the workers the actor answers for.

Guards: only workers in the actor's charge; a revoked sign-off is read as such, never as a lapsed one; of several in
force the one that allows most is read, as readings are labelled.
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
    """The sign-off of one worker for one activity that says most of how they stand."""

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
# One in force comes before one that is over, however new; then the one that allows most, as a reading's label.
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
    """The workers the actor answers for, by name."""
    with conn.cursor(row_factory=class_row(Worker)) as cursor:
        return cursor.execute(_WORKERS).fetchall()


def activities(conn: psycopg.Connection[Any]) -> list[Activity]:
    """Every activity there is, by label."""
    with conn.cursor(row_factory=class_row(Activity)) as cursor:
        return cursor.execute(_ACTIVITIES).fetchall()


def sign_offs(conn: psycopg.Connection[Any], at: datetime) -> list[SignOff]:
    """One row for each worker and activity that was ever signed off, as it stands at this moment."""
    with conn.cursor(row_factory=class_row(SignOff)) as cursor:
        return cursor.execute(_SIGN_OFFS, {"at": at}).fetchall()
