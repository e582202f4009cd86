"""What is on record of one resident: readings as they arrived, what was decided and when, when clocks were
looked at.

Guards: it is read from the readings, not from scores or findings, with two exceptions: the moment at which
each reading was judged, and findings that no reading gives. A decision counts from the moment when it was
recorded.
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
from ingest.storage.line import Stay, line_of

Revocable = TypeVar("Revocable", ScaleAuthorisation, PersonalLimit)

# How far before a span readings still matter, whatever the policy: most rules look back no further.
_LEAD = timedelta(hours=LONGEST_LOOK_BACK_HOURS)

_RESIDENTS: LiteralString = "SELECT resident_id FROM delegation.resident ORDER BY resident_id"
_FIT: LiteralString = "SELECT no_score_reason, refitted FROM delegation.resident WHERE resident_id = %s"
# Scores are made in the transaction that stores or corrects a reading: only the time of that is taken from
# them.
_JUDGED: LiteralString = """
SELECT cause_arrival, scored_at FROM alerts.score
WHERE resident_id = %s AND effective_at >= %s AND effective_at <= %s
"""
# The home each reading was stored for: a resident who has moved since was with another hub then.
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
    """Oxygen in use: when that was, and when it became known. A kit's clock may be ahead of the arrival."""

    at: datetime
    known_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """One resident's history, each reading placed in the home it was stored for.

    `judged_at`: when readings that were scored were judged, by number in the line. `refitted`: NEWS2 has
    begun or ceased to fit the resident, at least once; only the readings that were scored tell when. `air`:
    the records until they were withdrawn; oxygen in use ends them too.
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
        """All readings that were ever theirs, in the order in which they became known."""
        return [one.reading for one in self.line]

    @property
    def corrected(self) -> bool:
        """Whether a correction brought them a reading, or took one from them."""
        return any(one.gone is not None or one.known_at != one.reading.arrived_at for one in self.line)

    def at(self, stay: Stay) -> datetime:
        """Return when a reading was judged; if no score says, when it became known."""
        return self.judged_at.get(stay.reading.arrival_number, stay.known_at)

    def fits(self, reading: NewReading) -> bool:
        """Return whether NEWS2 is used for a reading, or after one was withdrawn.

        If the resident was refitted, the record tells whether it was used.
        """
        if self.refitted:
            return reading.arrival_number in self.judged_at or reading.key in self.on_record.unscored
        return self.no_score_reason is None

    def fitted_when_due(self, key: ReadingKey) -> bool:
        """Return whether NEWS2 was used when a reading's question fell due.

        If the resident was refitted, it was used if the hub was told.
        """
        return not self.refitted or key in self.on_record.unanswered

    def could_be_scored(self, reading: NewReading) -> bool:
        """Return whether a reading was scored.

        A reading that could be scored, but not scored anew later, is on record as unscored too.
        """
        return reading.key not in self.on_record.unscored or reading.arrival_number in self.judged_at

    def authority(self, at: datetime, oxygen_seen: Sequence[Seen]) -> Authority:
        """Return what was known to be decided at a moment, after readings that say oxygen is in use."""
        return Authority(
            scales=self.scales_by(at),
            air=[_until_seen(one, oxygen_seen) for one in self.air_by(at)],
            limits=self.limits_by(at),
            no_score_reason=self.no_score_reason,
        )

    def scales_by(self, at: datetime) -> list[ScaleAuthorisation]:
        """Return the authorisations of scale 2, as they were known at a moment."""
        return [_as_known(one, at) for recorded, one in self.scales if recorded <= at]

    def air_by(self, at: datetime) -> list[AirRecord]:
        """Return the records that no oxygen is in use, as they were known at a moment."""
        return [
            one if one.cancelled_at is None or one.cancelled_at <= at else replace(one, cancelled_at=None)
            for one in self.air
            if one.recorded_at <= at
        ]

    def limits_by(self, at: datetime) -> list[PersonalLimit]:
        """Return the resident's own limits, as they were known at a moment."""
        return [_as_known(one, at) for recorded, one in self.limits if recorded <= at]


def _as_known(one: Revocable, at: datetime) -> Revocable:
    """Return a decision as it was known at a moment, without a revocation that was still to come.

    A kit's clock may be ahead, so that its reading is dated after a revocation nobody had made when it
    arrived.
    """
    return replace(one, revoked_at=None) if one.revoked_at is not None and one.revoked_at > at else one


def _until_seen(one: AirRecord, oxygen_seen: Iterable[Seen]) -> AirRecord:
    """Return an air record as ended by oxygen in use.

    Oxygen that was used, or known of, before the record was made does not end it.
    """
    ends = [seen.at for seen in oxygen_seen if min(seen) >= one.recorded_at]
    if one.cancelled_at is not None and one.cancelled_at >= one.recorded_at:
        ends.append(one.cancelled_at)
    return replace(one, cancelled_at=min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy there was, and from when each was in force and recorded; or one instead, for all hubs and times."""

    rows: Sequence[tuple[UUID | None, Policy | None, datetime, datetime]]
    instead: Policy | None = None

    def in_force(self, hub_id: UUID, at: datetime) -> Policy:
        """Return the policy that the evaluator used for a hub at that moment."""
        if self.instead is not None:
            return self.instead
        latest = {hub: policy for hub, policy, since, recorded in self.rows if since <= at and recorded <= at}
        default = latest.get(None) or SHIPPED
        return latest.get(hub_id) or default

    def changed_after(self, at: datetime) -> datetime | None:
        """Return when the next policy begins to count, or None."""
        if self.instead is not None:
            return None
        begins = (max(since, recorded) for _, _, since, recorded in self.rows)
        return min((one for one in begins if one > at), default=None)

    @property
    def lead(self) -> timedelta:
        """How far before a span readings still matter: further if a policy follows drift."""
        some = [self.instead] if self.instead is not None else [policy for _, policy, _, _ in self.rows]
        drifts = [one.drift for one in some if one is not None and one.drift is not None]
        return max([_LEAD, *(timedelta(days=drift.usual_days) for drift in drifts)])


def policies(conn: psycopg.Connection) -> Policies:
    """Return all policies that were ever recorded."""
    rows = conn.execute(_POLICIES).fetchall()
    return Policies([(hub, understood(body), since, recorded) for hub, body, since, recorded in rows])


def runs(conn: psycopg.Connection) -> Mapping[UUID, Sequence[tuple[datetime, int]]]:
    """Return, by resident, when the scheduler found something due, and how many of their readings had arrived."""
    theirs: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
    for at, residents, arrivals in conn.execute(_RUNS).fetchall():
        for resident, known in zip(residents, arrivals, strict=True):
            theirs[resident].append((at, known))
    return theirs


def last_known(conn: psycopg.Connection) -> datetime:
    """Return the last moment of which anything is on record; nobody knows what came after it."""
    row = conn.execute(_LAST_KNOWN).fetchone()
    return ALWAYS if row is None or row[0] is None else row[0]


def histories(
    conn: psycopg.Connection, since: datetime = ALWAYS, until: datetime = NEVER
) -> Iterator[History]:
    """Yield every resident's history, with readings taken in this span, ends included."""
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
    """Place readings in the home they were stored for; one that a correction brought, in that of the reading
    before it.
    """
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
