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
_NO_SCORE: LiteralString = """
SELECT resident_id, no_score_reason FROM delegation.resident
WHERE resident_id = ANY (%b) AND no_score_reason IS NOT NULL
"""
_SCALES: LiteralString = """
SELECT resident_id, starts_at, review_by, ends_at, revoked_at
FROM delegation.spo2_scale_authorisation WHERE resident_id = ANY (%b)
"""
_AIR: LiteralString = """
SELECT resident_id, recorded_at, cancelled_at FROM delegation.air_record WHERE resident_id = ANY (%b)
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
_PAUSES: LiteralString = """
SELECT resident_id, starts_at, ends_at FROM delegation.monitoring_pause WHERE resident_id = ANY (%b)
"""
_COMPETENCES: LiteralString = """
SELECT person_id, activity, level, signed_off_at, valid_until, revoked_at
FROM delegation.competence WHERE person_id = ANY (%b)
"""
_ROLES: LiteralString = """
SELECT person_id, role, resident_id, starts_at, ends_at FROM delegation.role_assignment WHERE person_id = ANY (%b)
"""


def placements(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, Placement]:
    """Where these residents live; one nobody knows is missing from the answer."""
    rows = conn.execute(_PLACEMENTS, (list(residents),)).fetchall()
    return {row[0]: Placement(*row) for row in rows}


def authorities(conn: psycopg.Connection, residents: Collection[UUID]) -> Mapping[UUID, Authority]:
    """What was decided for each of these residents."""
    wanted = (list(residents),)
    reasons = dict(conn.execute(_NO_SCORE, wanted).fetchall())
    scales: dict[UUID, list[ScaleAuthorisation]] = defaultdict(list)
    air: dict[UUID, list[AirRecord]] = defaultdict(list)
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    for resident, *decided in conn.execute(_SCALES, wanted).fetchall():
        scales[resident].append(ScaleAuthorisation(*decided))
    for resident, *recorded in conn.execute(_AIR, wanted).fetchall():
        air[resident].append(AirRecord(*recorded))
    for resident, *span in conn.execute(_PAUSES, wanted).fetchall():
        pauses[resident].append(Pause(*span))
    return {
        resident: Authority(scales[resident], air[resident], pauses[resident], reasons.get(resident))
        for resident in residents
    }


def cancel_air(conn: psycopg.Connection, seen: Sequence[tuple[UUID, datetime]]) -> list[UUID]:
    """End "no oxygen in use" where oxygen was seen; returns whose records that ended. Their residents are locked."""
    if not seen:
        return []
    rows = conn.execute(_CANCEL_AIR, ([one for one, _ in seen], [at for _, at in seen])).fetchall()
    return sorted({row[0] for row in rows})


def operators(conn: psycopg.Connection, people: Collection[UUID]) -> dict[UUID, Operator]:
    """What is known of these people as operators of a kit."""
    wanted = (list(people),)
    held: dict[UUID, list[Competence]] = defaultdict(list)
    family: dict[UUID, list[FamilyCare]] = defaultdict(list)
    known: set[UUID] = set()
    for person, activity, level, *dates in conn.execute(_COMPETENCES, wanted).fetchall():
        held[person].append(Competence(person, Activity(activity), Level(level), *dates))
    for person, role, resident, *dates in conn.execute(_ROLES, wanted).fetchall():
        known.add(person)
        if role == "carer":
            family[person].append(FamilyCare(resident, *dates))
    return {one: Operator(tuple(held[one]), tuple(family[one]), one in known) for one in people}
