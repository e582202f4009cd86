"""Who a resident is, and what has been decided for them.

Guards: what nobody has asked stays NULL, which the page tells apart from "none".
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Resident:
    """A resident with their home and the hub that watches over it."""

    resident_id: UUID
    name: str
    nhs_number: str | None
    born_on: date
    allergies: str | None
    background: str | None
    call_back_phone: str | None
    usual_company: str | None
    no_score_reason: str | None
    synthetic: bool
    home_id: UUID
    home_name: str
    home_kind: str
    home_phone: str
    hub_id: UUID
    hub_name: str
    hub_phone: str
    at_my_hub: bool  # whether the actor works at that hub


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A ceiling of treatment, in force or revoked within 30 days, and whose decision it is."""

    ceiling_id: UUID
    statement: str
    clinician_name: str
    regulator: str
    regulator_number: str
    reason: str
    decided_at: datetime
    review_by: datetime
    looked_up_at: datetime | None
    revoked_at: datetime | None = None
    revoked_because: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleTwo:
    """An authorisation of SpO2 scale 2, in force or recently ended."""

    authorisation_id: UUID
    clinician_name: str
    regulator: str
    regulator_number: str
    reason: str
    decided_at: datetime
    starts_at: datetime
    review_by: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    revoked_because: str | None = None
    looked_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Air:
    """A record in force that no oxygen is in use at this address."""

    air_record_id: UUID
    recorded_at: datetime
    recorded_by: UUID
    recorded_by_name: str | None


@dataclass(frozen=True, slots=True)
class Pause:
    """A monitoring pause that has not ended."""

    pause_id: UUID
    reason: str
    starts_at: datetime
    ends_at: datetime
    recorded_at: datetime
    recorded_by: UUID
    recorded_by_name: str | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What has been decided for one resident."""

    ceiling: Ceiling | None  # None: nobody has recorded one, which says nothing of how far treatment is to go
    scale_two: tuple[ScaleTwo, ...]
    air: Air | None
    pause: Pause | None
    ceiling_revoked: Ceiling | None = None  # the last one, within 30 days, where none is in force


_RESIDENT: LiteralString = """
SELECT resident.resident_id, resident.name, resident.nhs_number, resident.born_on, resident.allergies,
       resident.background, resident.call_back_phone, resident.usual_company, resident.no_score_reason,
       resident.synthetic, home.home_id, home.name AS home_name, home.kind AS home_kind,
       home.phone AS home_phone, hub.hub_id, hub.name AS hub_name, hub.phone AS hub_phone,
       hub.hub_id IN (SELECT delegation.visible_hubs()) AS at_my_hub
FROM delegation.resident JOIN delegation.home USING (home_id) JOIN delegation.hub USING (hub_id)
WHERE resident.resident_id = %s
"""
_CEILING: LiteralString = """
SELECT ceiling_id, statement, clinician_name, regulator, regulator_number, reason, decided_at, review_by, looked_up_at,
       revoked_at, revoked_because
FROM delegation.ceiling
WHERE resident_id = %(resident)s AND coalesce(revoked_at, 'infinity') > %(at)s::timestamptz - interval '30 days'
ORDER BY coalesce(revoked_at, 'infinity') DESC LIMIT 1
"""
_SCALE_TWO: LiteralString = """
SELECT authorisation_id, clinician_name, regulator, regulator_number, reason, decided_at, starts_at, review_by,
       ends_at, revoked_at, revoked_because, looked_up_at
FROM delegation.spo2_scale_authorisation
WHERE resident_id = %(resident)s AND starts_at <= %(at)s
  AND coalesce(least(ends_at, revoked_at), 'infinity') > %(at)s::timestamptz - interval '30 days'
ORDER BY starts_at DESC
"""
_AIR: LiteralString = """
SELECT air.air_record_id, air.recorded_at, air.recorded_by, person.name AS recorded_by_name
FROM delegation.air_record air LEFT JOIN delegation.person ON person.person_id = air.recorded_by
WHERE air.resident_id = %(resident)s AND air.recorded_at <= %(at)s
  AND coalesce(least(air.cancelled_at, air.withdrawn_at), 'infinity') > %(at)s
ORDER BY air.recorded_at DESC LIMIT 1
"""
_PAUSE: LiteralString = """
SELECT pause_id, reason, starts_at, ends_at, recorded_at, recorded_by, person.name AS recorded_by_name
FROM delegation.monitoring_pause LEFT JOIN delegation.person ON person.person_id = recorded_by
WHERE resident_id = %(resident)s AND starts_at <= %(at)s AND ends_at > %(at)s
ORDER BY ends_at DESC LIMIT 1
"""


def resident(conn: psycopg.Connection[Any], resident_id: UUID) -> Resident | None:
    """Return the resident, where the actor may see them."""
    with conn.cursor(row_factory=class_row(Resident)) as cursor:
        return cursor.execute(_RESIDENT, (resident_id,)).fetchone()


def decisions(conn: psycopg.Connection[Any], resident_id: UUID, at: datetime) -> Decisions:
    """Return what is in force at this moment, and what of scale 2 and of a ceiling ended within 30 days."""
    wanted = {"resident": resident_id, "at": at}
    with conn.cursor(row_factory=class_row(Ceiling)) as cursor:
        newest = cursor.execute(_CEILING, wanted).fetchone()
    with conn.cursor(row_factory=class_row(ScaleTwo)) as cursor:
        scale_two = tuple(cursor.execute(_SCALE_TWO, wanted).fetchall())
    with conn.cursor(row_factory=class_row(Air)) as cursor:
        air = cursor.execute(_AIR, wanted).fetchone()
    with conn.cursor(row_factory=class_row(Pause)) as cursor:
        pause = cursor.execute(_PAUSE, wanted).fetchone()
    # By what stands, and not by the clock of whoever wrote it: that may be ahead, or later than this request.
    if newest is None or newest.revoked_at is None:
        return Decisions(newest, scale_two, air, pause)
    return Decisions(None, scale_two, air, pause, ceiling_revoked=newest)
