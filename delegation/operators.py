"""The people who take readings: their sign-offs, and the residents they care for as family.

Guards: the database is asked for every batch, so a revoked sign-off counts at once. Only the parsing of an answer is
cached.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, LiteralString
from uuid import UUID

from pydantic_core import from_json

from delegation.competence import Activity, Competence, Level


@dataclass(frozen=True, slots=True)
class FamilyCare:
    """A stretch of time in which somebody cares for one resident as family or friend."""

    resident_id: UUID
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may have taken a reading, with their sign-offs and their family care."""

    competences: tuple[Competence, ...] = ()
    family: tuple[FamilyCare, ...] = ()
    known: bool = False

    def is_family_of(self, resident_id: UUID, at: datetime) -> bool:
        """Return whether they cared for this resident as family at this moment."""
        return bool(self.family) and any(
            one.resident_id == resident_id
            and one.starts_at <= at
            and (one.ends_at is None or at < one.ends_at)
            for one in self.family
        )


# Sign-offs and family care each come as one text, because equal texts recur and their parsing is cached.
OPERATORS: LiteralString = """
SELECT 'operator' AS what, place,
       (SELECT json_agg(json_build_array(activity, level, signed_off_at, valid_until, revoked_at))
        FROM delegation.competence WHERE competence.person_id = asked.person_id)::text AS one,
       (SELECT coalesce(json_agg(json_build_array(resident_id, starts_at, ends_at)) FILTER (WHERE role = 'carer'), '[]')
        FROM delegation.role_assignment held WHERE held.person_id = asked.person_id HAVING count(*) > 0)::text AS two,
       NULL AS three, NULL AS four
FROM unnest(%(people)b::uuid[]) WITH ORDINALITY AS asked (person_id, place)
"""
"""Sign-offs and roles of these `people`, by their position in the list: the rows for `operator`."""


# Activities are data, and most of them result in no reading.
_OF_READINGS = frozenset(str(activity) for activity in Activity)
_LEVELS = frozenset(str(level) for level in Level)


@lru_cache(maxsize=8192)
def operator(person_id: UUID, competences: str | None, family: str | None) -> Operator:
    """Parse one row about a person, keeping what concerns readings; `family` is None where no role is known."""
    return Operator(
        tuple(
            _competence(person_id, *said)
            for said in from_json(competences or "[]")
            if said[0] in _OF_READINGS and said[1] in _LEVELS
        ),
        tuple(_family_care(*said) for said in from_json(family or "[]")),
        family is not None,
    )


def _competence(
    person_id: UUID, activity: str, level: str, signed_off_at: str, valid_until: str, revoked_at: str | None
) -> Competence:
    return Competence(
        person_id,
        Activity(activity),
        Level(level),
        datetime.fromisoformat(signed_off_at),
        datetime.fromisoformat(valid_until),
        _moment(revoked_at),
    )


def _family_care(resident_id: str, starts_at: str, ends_at: str | None) -> FamilyCare:
    return FamilyCare(UUID(resident_id), datetime.fromisoformat(starts_at), _moment(ends_at))


def _moment(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
