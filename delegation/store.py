"""What scoring and the door ask of delegation, for many residents and workers at once.

Guards: only opaque ids and decisions are read here, never a name.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from delegation.authority import AirRecord, Authority, Pause, ScaleAuthorisation
from delegation.competence import Activity, Competence, Level


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a resident lives, and who provides and watches there."""

    resident_id: UUID
    home_id: UUID
    organisation_id: UUID
    hub_id: UUID


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
        return any(
            one.resident_id == resident_id
            and one.starts_at <= at
            and (one.ends_at is None or at < one.ends_at)
            for one in self.family
        )


_PLACEMENTS: LiteralString = """
SELECT resident_id, home.home_id, home.organisation_id, home.hub_id
FROM delegation.resident JOIN delegation.home USING (home_id)
WHERE resident_id = ANY (%b)
"""
# One question for all that was decided: asked under the residents' locks, each question keeps them locked longer.
_DECIDED: LiteralString = """
SELECT resident_id, 'scale', starts_at, ends_at, review_by, revoked_at, NULL
FROM delegation.spo2_scale_authorisation WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'air', recorded_at, cancelled_at, NULL, NULL, NULL
FROM delegation.air_record WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'pause', starts_at, ends_at, NULL, NULL, NULL
FROM delegation.monitoring_pause WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'no_score', NULL, NULL, NULL, NULL, no_score_reason
FROM delegation.resident WHERE resident_id = ANY (%(residents)b) AND no_score_reason IS NOT NULL
"""
# The earliest oxygen that was seen since the record ends it.
_CANCEL_AIR: LiteralString = """
WITH seen AS (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS one (resident_id, at))
UPDATE delegation.air_record air SET cancelled_at = (
    SELECT min(seen.at) FROM seen WHERE seen.resident_id = air.resident_id AND seen.at >= air.recorded_at)
WHERE EXISTS (SELECT FROM seen WHERE seen.resident_id = air.resident_id AND seen.at >= air.recorded_at
              AND (air.cancelled_at IS NULL OR seen.at < air.cancelled_at))
RETURNING resident_id
"""
_OPERATORS: LiteralString = """
SELECT person_id, 'competence', activity, level, NULL, signed_off_at, valid_until, revoked_at
FROM delegation.competence WHERE person_id = ANY (%(people)b)
UNION ALL
SELECT person_id, 'role', role, NULL, resident_id, starts_at, ends_at, NULL
FROM delegation.role_assignment WHERE person_id = ANY (%(people)b)
"""


def placements(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, Placement]:
    """Where these residents live; one nobody knows is missing from the answer."""
    rows = conn.execute(_PLACEMENTS, (list(residents),)).fetchall()
    return {row[0]: Placement(*row) for row in rows}


def authorities(conn: psycopg.Connection, residents: Collection[UUID]) -> Mapping[UUID, Authority]:
    """What was decided for each of these residents."""
    scales: dict[UUID, list[ScaleAuthorisation]] = defaultdict(list)
    air: dict[UUID, list[AirRecord]] = defaultdict(list)
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    reasons: dict[UUID, str] = {}
    rows = conn.execute(_DECIDED, {"residents": list(residents)}).fetchall()
    for resident, what, starts_at, ends_at, review_by, revoked_at, reason in rows:
        match what:
            case "scale":
                scales[resident].append(ScaleAuthorisation(starts_at, review_by, ends_at, revoked_at))
            case "air":
                air[resident].append(AirRecord(starts_at, ends_at))
            case "pause":
                pauses[resident].append(Pause(starts_at, ends_at))
            case _:
                reasons[resident] = reason
    return {
        one: Authority(scales.get(one, ()), air.get(one, ()), pauses.get(one, ()), reasons.get(one))
        for one in residents
    }


def cancel_air(conn: psycopg.Connection, seen: Sequence[tuple[UUID, datetime]]) -> list[UUID]:
    """End "no oxygen in use" where oxygen was seen; returns whose records that ended. Their residents are locked."""
    if not seen:
        return []
    rows = conn.execute(_CANCEL_AIR, ([one for one, _ in seen], [at for _, at in seen])).fetchall()
    return sorted({row[0] for row in rows})


# Looked up, not called: a batch reads thousands of sign-offs.
_ACTIVITY = {str(activity): activity for activity in Activity}
_LEVEL = {str(level): level for level in Level}


def operators(conn: psycopg.Connection, people: Collection[UUID]) -> dict[UUID, Operator]:
    """What is known of these people as operators of a kit."""
    held: dict[UUID, list[Competence]] = defaultdict(list)
    family: dict[UUID, list[FamilyCare]] = defaultdict(list)
    known: set[UUID] = set()
    rows = conn.execute(_OPERATORS, {"people": list(people)}).fetchall() if people else []
    for person, what, name, level, resident, starts_at, ends_at, revoked_at in rows:
        if what == "competence":
            sign_off = Competence(person, _ACTIVITY[name], _LEVEL[level], starts_at, ends_at, revoked_at)
            held[person].append(sign_off)
        else:
            known.add(person)
            if name == "carer":
                family[person].append(FamilyCare(resident, starts_at, ends_at))
    return {one: Operator(tuple(held[one]), tuple(family[one]), one in known) for one in people}
