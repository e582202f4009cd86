"""The questions that scoring and the front door ask of delegation, for many residents and workers at once.

Guards: these queries read only opaque ids and decisions, never a name.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg

from delegation.authority import AirRecord, Authority, PersonalLimit, ScaleAuthorisation


class Placement(NamedTuple):
    """Where a resident lives, and which organisation and hub provide and watch there."""

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
"""Where these `residents` live, by position in the list: the rows for `placement`.

An unknown one is missing.
"""
# One query for all decisions, which alerts joins with its own. Residents are locked meanwhile, and each further query
# would keep them locked longer. The rows are for `authorities_of`.
DECIDED: LiteralString = """
SELECT resident_id, 'scale', starts_at, ends_at, review_by, revoked_at, NULL
FROM delegation.spo2_scale_authorisation WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'air', recorded_at, least(cancelled_at, withdrawn_at), NULL, NULL, NULL
FROM delegation.air_record WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'limit', starts_at, revoked_at, NULL, NULL, concat_ws(' ', sign, coalesce(low::text, '-'), high)
FROM delegation.personal_limit WHERE resident_id = ANY (%(residents)b)
UNION ALL
SELECT resident_id, 'no_score', NULL, NULL, NULL, NULL, no_score_reason
FROM delegation.resident WHERE resident_id = ANY (%(residents)b) AND no_score_reason IS NOT NULL
"""
Decided = tuple[Any, ...]
_NOTHING_DECIDED = Authority()
# The earliest oxygen seen since the record was made ends it.
_CANCEL_AIR: LiteralString = """
WITH seen AS (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS one (resident_id, at))
UPDATE delegation.air_record air SET cancelled_at = (
    SELECT min(seen.at) FROM seen WHERE seen.resident_id = air.resident_id AND seen.at >= air.recorded_at)
WHERE EXISTS (SELECT FROM seen WHERE seen.resident_id = air.resident_id AND seen.at >= air.recorded_at
              AND seen.at < coalesce(least(air.cancelled_at, air.withdrawn_at), 'infinity'))
RETURNING resident_id
"""
# Cached, because the same homes recur and parsing an id is slow.
_id = lru_cache(maxsize=8192)(UUID)


def placement(resident_id: UUID, home: str, organisation: str, hub: str) -> Placement:
    """Parse one row about a resident."""
    return Placement(resident_id, _id(home), _id(organisation), _id(hub))


def placements(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, Placement]:
    """Return where these residents live; an unknown one is missing."""
    asked = list(residents)
    rows = conn.execute(PLACED, {"residents": asked}).fetchall()
    return {asked[place - 1]: placement(asked[place - 1], *said) for _, place, *said, _ in rows}


def authorities_of(residents: Iterable[UUID], rows: Iterable[Decided]) -> dict[UUID, Authority]:
    """Return what was decided for each of these residents, from the rows of DECIDED."""
    scales: dict[UUID, list[ScaleAuthorisation]] = defaultdict(list)
    air: dict[UUID, list[AirRecord]] = defaultdict(list)
    limits: dict[UUID, list[PersonalLimit]] = defaultdict(list)
    reasons: dict[UUID, str] = {}
    for resident, what, starts_at, ends_at, review_by, revoked_at, reason in rows:
        match what:
            case "scale":
                scales[resident].append(ScaleAuthorisation(starts_at, review_by, ends_at, revoked_at))
            case "air":
                air[resident].append(AirRecord(starts_at, ends_at))
            case "limit":
                limits[resident].append(_limit(reason, starts_at, ends_at))
            case _:
                reasons[resident] = reason
    decided = scales.keys() | air.keys() | limits.keys() | reasons.keys()
    return dict.fromkeys(residents, _NOTHING_DECIDED) | {
        one: Authority(scales.get(one, ()), air.get(one, ()), limits.get(one, ()), reasons.get(one))
        for one in decided
    }


def _limit(said: str, starts_at: datetime, revoked_at: datetime | None) -> PersonalLimit:
    """Parse a limit's text: the sign, the lower end or a dash, and the upper end if there is one."""
    sign, low, *high = said.split()
    return PersonalLimit(
        sign, None if low == "-" else Decimal(low), Decimal(high[0]) if high else None, starts_at, revoked_at
    )


def cancel_air(conn: psycopg.Connection, seen: Sequence[tuple[UUID, datetime]]) -> list[UUID]:
    """End "no oxygen in use" where oxygen was seen; return the residents affected. The caller has locked them."""
    if not seen:
        return []
    rows = conn.execute(_CANCEL_AIR, ([one for one, _ in seen], [at for _, at in seen])).fetchall()
    return sorted({row[0] for row in rows})
