"""What was recorded of one resident: readings as they arrived, what was decided and when, when clocks were looked at.

Guards: read from the readings themselves, never from scores or findings, but for the moment at which each was judged
and for what no reading gives; everything that was decided carries when it was recorded, and counts from then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple, TypeVar
from uuid import UUID

import psycopg

from alerts.options import LONGEST_LOOK_BACK_HOURS
from alerts.policy import SHIPPED, Policy
from alerts.replay.on_record import OnRecord, on_record
from alerts.replay.watched import ALWAYS, NEVER, Watched, watched
from alerts.standing import understood
from delegation import store as delegation_store
from delegation.authority import AirRecord, Authority, PersonalLimit, ScaleAuthorisation
from delegation.store import Placement
from ingest.arrival import NewReading, ReadingKey
from ingest.line import Stay, line_of

Revocable = TypeVar("Revocable", ScaleAuthorisation, PersonalLimit)

# How far before a span readings still weigh on it, whatever the policy: rules look back so far at the most.
_LEAD = timedelta(hours=LONGEST_LOOK_BACK_HOURS)

_RESIDENTS: LiteralString = "SELECT resident_id FROM delegation.resident ORDER BY resident_id"
_FIT: LiteralString = "SELECT no_score_reason, refitted FROM delegation.resident WHERE resident_id = %s"
# Scores are made in the transaction that stores a reading, or corrects it: when that was is all that is taken of them.
_JUDGED: LiteralString = """
SELECT cause_arrival, scored_at FROM alerts.score
WHERE resident_id = %s AND effective_at >= %s AND effective_at <= %s
"""
# Where each was stored for: whoever has moved since was another hub's then.
_PLACES: LiteralString = """
SELECT kit_id, reading_id, home_id, home.organisation_id, home.hub_id
FROM ingest.reading JOIN delegation.home USING (home_id)
WHERE resident_id = %s AND effective_at >= %s AND effective_at <= %s
"""
_SCALES: LiteralString = """
SELECT recorded_at, starts_at, review_by, ends_at, revoked_at
FROM delegation.spo2_scale_authorisation WHERE resident_id = %s ORDER BY recorded_at
"""
_LIMITS: LiteralString = """
SELECT recorded_at, sign, low, high, starts_at, revoked_at
FROM delegation.personal_limit WHERE resident_id = %s ORDER BY recorded_at
"""
_AIR: LiteralString = """
SELECT recorded_at, withdrawn_at FROM delegation.air_record WHERE resident_id = %s ORDER BY recorded_at
"""
_POLICIES: LiteralString = """
SELECT hub_id, (body || jsonb_build_object('version', version))::text, in_force_from, recorded_at
FROM alerts.policy ORDER BY in_force_from, policy_id
"""
_RUNS: LiteralString = "SELECT run_at, residents, arrivals FROM alerts.clock_run ORDER BY run_at"
_LAST_KNOWN: LiteralString = """
SELECT greatest((SELECT max(run_at) FROM alerts.clock_run), (SELECT max(last_arrived_at) FROM ingest.current_vitals))
"""


class Seen(NamedTuple):
    """Oxygen in use: when that was, and when it was known. A clock may be ahead of the arrival."""

    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """One resident's, each reading placed where it was stored for.

    `judged_at`: by number in their line, where scores came of it. `refitted`: NEWS2 has begun or ceased to fit them,
    once or more; when, only the readings that were scored tell. `air`: until withdrawn; oxygen seen ends it too.
    """

    placement: Placement
    no_score_reason: str | None
    line: Sequence[Stay]
    judged_at: Mapping[int, datetime]
    scales: Sequence[tuple[datetime, ScaleAuthorisation]]
    air: Sequence[AirRecord]
    limits: Sequence[tuple[datetime, PersonalLimit]]
    watched: Watched
    on_record: OnRecord
    refitted: bool

    @property
    def readings(self) -> list[NewReading]:
        """All that were ever theirs, in the order in which they became known of them."""
        return [one.reading for one in self.line]

    @property
    def corrected(self) -> bool:
        """Whether a reading came to them, or went from them, by a correction."""
        return any(one.gone is not None or one.known_at != one.reading.arrived_at for one in self.line)

    def at(self, stay: Stay) -> datetime:
        """When a reading was judged; where no score says, when it became known."""
        return self.judged_at.get(stay.reading.arrival_number, stay.known_at)

    def fits(self, reading: NewReading) -> bool:
        """Whether NEWS2 is used for a reading, or once one went: where that has changed, whether it was."""
        if self.refitted:
            return reading.arrival_number in self.judged_at or reading.key in self.on_record.unscored
        return self.no_score_reason is None

    def fitted_when_due(self, key: ReadingKey) -> bool:
        """Whether NEWS2 was used when what a reading had asked fell due: where that has changed, if it was told."""
        return not self.refitted or key in self.on_record.unanswered

    def could_be_scored(self, reading: NewReading) -> bool:
        """Whether it was: what could not be judged anew later is on record as unscored too."""
        return reading.key not in self.on_record.unscored or reading.arrival_number in self.judged_at

    def authority(self, at: datetime, oxygen_seen: Sequence[Seen]) -> Authority:
        """What was known to be decided at a moment, after readings that say oxygen is in use."""
        return Authority(
            scales=self.scales_by(at),
            air=[_until_seen(one, oxygen_seen) for one in self.air_by(at)],
            limits=self.limits_by(at),
            no_score_reason=self.no_score_reason,
        )

    def scales_by(self, at: datetime) -> list[ScaleAuthorisation]:
        """The authorisations of scale 2, as they were known at a moment."""
        return [_as_known(one, at) for recorded, one in self.scales if recorded <= at]

    def air_by(self, at: datetime) -> list[AirRecord]:
        """The records that no oxygen is in use, as they were known at a moment."""
        return [
            one if one.cancelled_at is None or one.cancelled_at <= at else replace(one, cancelled_at=None)
            for one in self.air
            if one.recorded_at <= at
        ]

    def limits_by(self, at: datetime) -> list[PersonalLimit]:
        """The resident's own limits, as they were known at a moment."""
        return [_as_known(one, at) for recorded, one in self.limits if recorded <= at]


def _as_known(one: Revocable, at: datetime) -> Revocable:
    """A clock may be ahead of the arrival: of such a reading nobody knew yet what was revoked before its own time."""
    return replace(one, revoked_at=None) if one.revoked_at is not None and one.revoked_at > at else one


def _until_seen(one: AirRecord, oxygen_seen: Iterable[Seen]) -> AirRecord:
    """What was known before it was recorded does not end it, whatever time that was said to be of."""
    ends = [seen.at for seen in oxygen_seen if min(seen) >= one.recorded_at]
    if one.cancelled_at is not None and one.cancelled_at >= one.recorded_at:
        ends.append(one.cancelled_at)
    return replace(one, cancelled_at=min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy there was, each from when it was in force and recorded. Or one for all hubs and all times."""

    rows: Sequence[tuple[UUID | None, Policy | None, datetime, datetime]]
    instead: Policy | None = None

    def in_force(self, hub_id: UUID, at: datetime) -> Policy:
        """As the evaluator had it at that moment."""
        if self.instead is not None:
            return self.instead
        latest = {hub: policy for hub, policy, since, recorded in self.rows if since <= at and recorded <= at}
        default = latest.get(None) or SHIPPED
        return latest.get(hub_id) or default

    def changed_after(self, at: datetime) -> datetime | None:
        """When the next of them begins to count."""
        if self.instead is not None:
            return None
        begins = (max(since, recorded) for _, _, since, recorded in self.rows)
        return min((one for one in begins if one > at), default=None)

    @property
    def lead(self) -> timedelta:
        """How far before a span readings still weigh on it: further where somebody's own usual is asked for."""
        some = [self.instead] if self.instead is not None else [policy for _, policy, _, _ in self.rows]
        drifts = [one.drift for one in some if one is not None and one.drift is not None]
        return max([_LEAD, *(timedelta(days=drift.usual_days) for drift in drifts)])


def policies(conn: psycopg.Connection) -> Policies:
    """All that were ever recorded."""
    rows = conn.execute(_POLICIES).fetchall()
    return Policies([(hub, understood(body), since, recorded) for hub, body, since, recorded in rows])


def runs(conn: psycopg.Connection) -> Mapping[UUID, Sequence[tuple[datetime, int]]]:
    """Of each resident of whom anything was due: when the scheduler looked, and how much of them was known by then."""
    theirs: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for at, residents, arrivals in conn.execute(_RUNS).fetchall():
        for resident, known in zip(residents, arrivals, strict=True):
            theirs[resident].append((at, known))
    return theirs


def last_known(conn: psycopg.Connection) -> datetime:
    """The last moment of which anything is on record: of what follows nobody knows that nothing came."""
    row = conn.execute(_LAST_KNOWN).fetchone()
    return ALWAYS if row is None or row[0] is None else row[0]


def histories(
    conn: psycopg.Connection, since: datetime = ALWAYS, until: datetime = NEVER
) -> Iterator[History]:
    """Everybody, one after the other; readings taken in this span, ends included."""
    residents = [resident for (resident,) in conn.execute(_RESIDENTS).fetchall()]
    placements = delegation_store.placements(conn, residents)
    for resident in residents:
        if resident in placements:
            yield _history(conn, placements[resident], since, until)


def _history(conn: psycopg.Connection, placement: Placement, since: datetime, until: datetime) -> History:
    resident = placement.resident_id
    [(reason, refitted)] = conn.execute(_FIT, (resident,)).fetchall()
    judged = conn.execute(_JUDGED, (resident, since, until)).fetchall()
    decided = conn.execute(_SCALES, (resident,)).fetchall()
    return History(
        placement=placement,
        no_score_reason=reason,
        line=_placed(conn, line_of(conn, placement, since, until), resident, since, until),
        judged_at=dict(judged),
        scales=[(recorded, _scale(*said)) for recorded, *said in decided],
        air=[AirRecord(*said) for said in conn.execute(_AIR, (resident,)).fetchall()],
        limits=[
            (recorded, PersonalLimit(*said))
            for recorded, *said in conn.execute(_LIMITS, (resident,)).fetchall()
        ],
        watched=watched(conn, placement),
        on_record=on_record(conn, resident),
        refitted=refitted,
    )


def _placed(
    conn: psycopg.Connection, line: Iterable[Stay], resident: UUID, since: datetime, until: datetime
) -> list[Stay]:
    """What came by a correction is placed where the one before it came from."""
    places: dict[ReadingKey, Placement] = {
        (kit, reading): Placement(resident, *place)
        for kit, reading, *place in conn.execute(_PLACES, (resident, since, until)).fetchall()
    }
    placed: list[Stay] = []
    for one in line:
        before = placed[-1].reading.placement if placed else one.reading.placement
        placement = places.get(one.reading.key, before)
        placed.append(one._replace(reading=one.reading._replace(placement=placement)))
    return placed


def _scale(starts_at: datetime, review_by: datetime, ends_at: Any, revoked_at: Any) -> ScaleAuthorisation:
    return ScaleAuthorisation(starts_at, review_by, ends_at, revoked_at)
