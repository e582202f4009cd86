"""What scoring and the door ask of delegation, for many residents and workers at once.

Guards: only opaque ids and decisions are read here, never a name.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
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
class Operator:
    """Somebody a reading may have been taken by: what they were signed off for, and whose family they are."""

    competences: tuple[Competence, ...] = ()
    carer_of: frozenset[UUID] = field(default_factory=frozenset)
    known: bool = False


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
_PAUSES: LiteralString = """
SELECT resident_id, starts_at, ends_at FROM delegation.monitoring_pause WHERE resident_id = ANY (%b)
"""
_COMPETENCES: LiteralString = """
SELECT person_id, activity, level, signed_off_at, valid_until, revoked_at
FROM delegation.competence WHERE person_id = ANY (%b)
"""
_ROLES: LiteralString = """
SELECT person_id, role, resident_id FROM delegation.role_assignment WHERE person_id = ANY (%b)
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


def operators(conn: psycopg.Connection, people: Collection[UUID]) -> dict[UUID, Operator]:
    """What is known of these people as operators of a kit."""
    wanted = (list(people),)
    held: dict[UUID, list[Competence]] = defaultdict(list)
    carer_of: dict[UUID, set[UUID]] = defaultdict(set)
    known: set[UUID] = set()
    for person, activity, level, *dates in conn.execute(_COMPETENCES, wanted).fetchall():
        held[person].append(Competence(person, Activity(activity), Level(level), *dates))
    for person, role, resident in conn.execute(_ROLES, wanted).fetchall():
        known.add(person)
        if role == "carer":
            carer_of[person].add(resident)
    return {one: Operator(tuple(held[one]), frozenset(carer_of[one]), one in known) for one in people}
