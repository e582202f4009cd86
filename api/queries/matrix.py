"""Who is signed off for what, among the workers a trainer answers for.

Guards: only workers in the actor's charge; a revoked sign-off is read as such, never as a lapsed one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Worker:
    """A care worker in the trainer's charge."""

    person_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Activity:
    """A delegated healthcare activity."""

    activity: str
    label: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """The newest sign-off of one worker for one activity."""

    competence_id: UUID
    person_id: UUID
    activity: str
    level: str
    assessor_name: str | None
    signed_off_at: datetime
    valid_until: datetime
    revoked_at: datetime | None


_WORKERS: LiteralString = """
SELECT person_id, name FROM delegation.person
WHERE person_id IN (SELECT delegation.workers_in_charge('trainer'))
ORDER BY name
"""
_ACTIVITIES: LiteralString = "SELECT activity, label FROM delegation.activity ORDER BY label"
# A standing sign-off comes before one taken back, however new.
_SIGN_OFFS: LiteralString = """
SELECT DISTINCT ON (competence.person_id, competence.activity)
       competence.competence_id, competence.person_id, competence.activity, competence.level,
       assessor.name AS assessor_name, competence.signed_off_at, competence.valid_until, competence.revoked_at
FROM delegation.competence LEFT JOIN delegation.person assessor ON assessor.person_id = competence.assessor_id
WHERE competence.person_id IN (SELECT delegation.workers_in_charge('trainer'))
ORDER BY competence.person_id, competence.activity, competence.revoked_at IS NOT NULL,
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


def sign_offs(conn: psycopg.Connection[Any]) -> list[SignOff]:
    """One row for each worker and activity that was ever signed off."""
    with conn.cursor(row_factory=class_row(SignOff)) as cursor:
        return cursor.execute(_SIGN_OFFS).fetchall()
