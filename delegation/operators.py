"""Who a reading may have been taken by: what they were signed off for, and whose family they are.

Guards: it is asked anew for every batch, so a sign-off that was taken back counts at once; only how an answer reads is
remembered.
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
    """Somebody a reading may have been taken by: what they were signed off for, and whose family they are."""

    competences: tuple[Competence, ...] = ()
    family: tuple[FamilyCare, ...] = ()
    known: bool = False

    def is_family_of(self, resident_id: UUID, at: datetime) -> bool:
        """Whether they cared for this resident as family at this moment."""
        return bool(self.family) and any(
            one.resident_id == resident_id
            and one.starts_at <= at
            and (one.ends_at is None or at < one.ends_at)
            for one in self.family
        )


# One text for all that somebody was signed off for, and one for their care: the same texts come again and again.
OPERATORS: LiteralString = """
SELECT 'operator' AS what, place,
       (SELECT json_agg(json_build_array(activity, level, signed_off_at, valid_until, revoked_at))
        FROM delegation.competence WHERE competence.person_id = asked.person_id)::text AS one,
       (SELECT coalesce(json_agg(json_build_array(resident_id, starts_at, ends_at)) FILTER (WHERE role = 'carer'), '[]')
        FROM delegation.role_assignment held WHERE held.person_id = asked.person_id HAVING count(*) > 0)::text AS two,
       NULL AS three, NULL AS four
FROM unnest(%(people)b::uuid[]) WITH ORDINALITY AS asked (person_id, place)
"""
"""What is known of these `people`, by their place among them: for `operator`."""


# Which activities there are is data, and most of them end in no reading.
_OF_READINGS = frozenset(str(activity) for activity in Activity)
_LEVELS = frozenset(str(level) for level in Level)


@lru_cache(maxsize=8192)
def operator(person_id: UUID, competences: str | None, family: str | None) -> Operator:
    """What one answer says of somebody, as far as readings go; `family` is None of whom no role is known."""
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
