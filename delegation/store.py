"""What scoring and the door ask of delegation, for many residents and workers at once.

Guards: only opaque ids and decisions are read here, never a name.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg

from delegation.authority import AirRecord, Authority, Pause, PersonalLimit, ScaleAuthorisation


class Placement(NamedTuple):
    """Where a resident lives, and who provides and watches there."""

    resident_id: UUID
    home_id: UUID
    organisation_id: UUID
    hub_id: UUID


PLACED: LiteralString = """
SELECT 'resident' AS what, place, home.home_id::text AS one, home.organisation_id::text AS two,
       home.hub_id::text AS three, NULL AS four
FROM unnest(%(residents)b::uuid[]) WITH ORDINALITY AS asked (resident_id, place)
JOIN delegation.resident USING (resident_id) JOIN delegation.home USING (home_id)
"""
"""Where these `residents` live, by their place among them: for `placement`. One nobody knows is missing."""
# One question for all that was decided, which alerts asks with its own: asked under the residents' locks, each question
# keeps them locked longer. The answers are for `authorities_of`.
DECIDED: LiteralString = """
SELECT resident_id, 'scale', starts_at, ends_at, review_by, revoked_at, NULL
FROM delegation.spo2_scale_authorisation WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'air', recorded_at, least(cancelled_at, withdrawn_at), NULL, NULL, NULL
FROM delegation.air_record WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'pause', starts_at, ends_at, NULL, NULL, NULL
FROM delegation.monitoring_pause WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'limit', starts_at, revoked_at, NULL, NULL, concat_ws(' ', sign, coalesce(low::text, '-'), high)
FROM delegation.personal_limit WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'no_score', NULL, NULL, NULL, NULL, no_score_reason
FROM delegation.resident WHERE resident_id = ANY (%(residents)b) AND no_score_reason IS NOT NULL
"""
Decided = tuple[Any, ...]
_NOTHING_DECIDED = Authority()
# The earliest oxygen that was seen since the record ends it.
_CANCEL_AIR: LiteralString = """
WITH seen AS (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS one (resident_id, at))
UPDATE delegation.air_record air SET cancelled_at = (
    SELECT min(seen.at) FROM seen WHERE seen.resident_id = air.resident_id AND seen.at >= air.recorded_at)
WHERE EXISTS (SELECT FROM seen WHERE seen.resident_id = air.resident_id AND seen.at >= air.recorded_at
              AND seen.at < coalesce(least(air.cancelled_at, air.withdrawn_at), 'infinity'))
RETURNING resident_id
"""
# The same homes come again and again, and an id takes a while to read.
_id = lru_cache(maxsize=8192)(UUID)


def placement(resident_id: UUID, home: str, organisation: str, hub: str) -> Placement:
    """What one answer says of a resident."""
    return Placement(resident_id, _id(home), _id(organisation), _id(hub))


def placements(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, Placement]:
    """Where these residents live; one nobody knows is missing from the answer."""
    asked = list(residents)
    rows = conn.execute(PLACED, {"residents": asked}).fetchall()
    return {asked[place - 1]: placement(asked[place - 1], *said) for _, place, *said, _ in rows}


def authorities_of(residents: Iterable[UUID], rows: Iterable[Decided]) -> dict[UUID, Authority]:
    """What was decided for each of these residents, from the answers to DECIDED."""
    scales: dict[UUID, list[ScaleAuthorisation]] = defaultdict(list)
    air: dict[UUID, list[AirRecord]] = defaultdict(list)
    pauses: dict[UUID, list[Pause]] = defaultdict(list)
    limits: dict[UUID, list[PersonalLimit]] = defaultdict(list)
    reasons: dict[UUID, str] = {}
    for resident, what, starts_at, ends_at, review_by, revoked_at, reason in rows:
        match what:
            case "scale":
                scales[resident].append(ScaleAuthorisation(starts_at, review_by, ends_at, revoked_at))
            case "air":
                air[resident].append(AirRecord(starts_at, ends_at))
            case "pause":
                pauses[resident].append(Pause(starts_at, ends_at))
            case "limit":
                limits[resident].append(_limit(reason, starts_at, ends_at))
            case _:
                reasons[resident] = reason
    decided = scales.keys() | air.keys() | pauses.keys() | limits.keys() | reasons.keys()
    return dict.fromkeys(residents, _NOTHING_DECIDED) | {
        one: Authority(
            scales.get(one, ()), air.get(one, ()), pauses.get(one, ()), limits.get(one, ()), reasons.get(one)
        )
        for one in decided
    }


def _limit(said: str, starts_at: datetime, revoked_at: datetime | None) -> PersonalLimit:
    """What one answer says of a limit: its sign, its lower end or a dash, and its upper end if there is one."""
    sign, low, *high = said.split()
    return PersonalLimit(
        sign, None if low == "-" else Decimal(low), Decimal(high[0]) if high else None, starts_at, revoked_at
    )


def cancel_air(conn: psycopg.Connection, seen: Sequence[tuple[UUID, datetime]]) -> list[UUID]:
    """End "no oxygen in use" where oxygen was seen; returns whose records that ended. Their residents are locked."""
    if not seen:
        return []
    rows = conn.execute(_CANCEL_AIR, ([one for one, _ in seen], [at for _, at in seen])).fetchall()
    return sorted({row[0] for row in rows})
