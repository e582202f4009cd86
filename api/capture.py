"""A set of observations typed in by hand, stored and scored like what a kit sends.

Guards: only somebody who cares for the resident may send for them. Sending one form twice stores it once and gives the
same answer. An answer is sent only after the commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString, Self
from uuid import UUID

from alerts.evaluator import Evaluator
from api.access import Visit
from api.database import Connection, Pool, try_again
from api.problems import not_found
from api.reach import resident_seen
from delegation import audit
from delegation.competence import Activity, Label, Labelled
from delegation.people import Actor, act_as, in_request
from delegation.rights import ADD, Record, allows
from devices.identifiers import KitId, OutboxEpoch, PersonId, ReadingId, ResidentId
from devices.reading import (
    Device,
    DeviceKind,
    NotObtained,
    ReadingPayload,
    SoftSign,
    Worry,
    decode,
    encode_one,
)
from devices.receipt import Outcome
from devices.topics import Leaf, topic
from devices.vital_signs import VitalSign
from ingest import door
from ingest.arrival import Arrival, Settled, Verdict
from ingest.storage import stored


@dataclass(frozen=True, slots=True)
class Observations:
    """What somebody measured, saw or asked. The reading id is made once, with the form."""

    reading_id: UUID
    taken_at: datetime
    values: Mapping[VitalSign, Any]
    not_obtained: Mapping[VitalSign, NotObtained] = field(default_factory=dict)
    soft_signs: Mapping[str, SoftSign] = field(default_factory=dict)
    emergency_signs: Mapping[str, SoftSign] = field(default_factory=dict)
    phoned_999: bool = False
    worry: Worry | None = None
    note: str | None = None
    scheduled_full_set: bool = False


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of the observations.

    Bounds are None where nothing was scored; `next` is a code of the kits' contract. `complete`: nothing is missing;
    `assumed_air`: only oxygen is, which the bounds take as none. `found`: a rule concluded something. `old`: too old to
    act on, and something newer is known, so nothing was raised. `competence`: the operator's label, null where nothing
    is stored; `competence_lacking`: the activities they were not fully signed off for, each with its label.
    """

    outcome: Outcome
    reason: str | None
    low: int | None
    high: int | None
    complete: bool
    assumed_air: bool
    deciding: tuple[str, ...]
    next: str
    escalation_id: UUID | None
    found: bool = False
    old: bool = False
    competence: Label | None = None
    competence_lacking: Mapping[Activity, Label] = field(default_factory=dict)

    @classmethod
    def of(
        cls, outcome: Outcome, verdict: Verdict, reason: str | None = None, label: Labelled | None = None
    ) -> Self:
        """Return what became of the reading with this verdict."""
        return cls(
            outcome=outcome,
            reason=reason,
            low=verdict.low,
            high=verdict.high,
            complete=verdict.complete,
            assumed_air=verdict.assumed_air,
            deciding=verdict.deciding,
            next=verdict.next,
            escalation_id=verdict.escalation_id,
            found=verdict.found,
            old=verdict.old,
            competence=label and label.label,
            competence_lacking=label.lacking if label else {},
        )


@dataclass(frozen=True, slots=True)
class _Place:
    home_id: UUID
    organisation_id: UUID
    hub_id: UUID
    kit_id: UUID
    partition: int


# The ingest role may learn which home a resident lives in; the actor's right was checked before. A reading sent before
# a move and sent again afterwards keeps its old form, because kit and id identify a reading. Where that form is gone,
# the new home's form takes it as a new reading: stored twice rather than refused.
_PLACE: LiteralString = """
SELECT home.home_id, home.organisation_id, home.hub_id, kit.kit_id, kit.partition
FROM delegation.resident
JOIN delegation.home USING (home_id)
JOIN delegation.home theirs USING (organisation_id)
JOIN devices.kit_loan loan ON loan.home_id = theirs.home_id
JOIN devices.kit USING (kit_id)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM ingest.seen WHERE seen.kit_id = kit.kit_id AND seen.reading_id = %s)
) AS sent (before)
WHERE resident.resident_id = %s AND kit.kind = 'web' AND loan.returned_at IS NULL AND kit.revoked_at IS NULL
  AND (sent.before OR theirs.home_id = home.home_id)
ORDER BY sent.before DESC, loan.lent_at LIMIT 1
"""


def capture(
    visit: Visit, door_pool: Pool, evaluator: Evaluator, resident_id: UUID, seen: Observations
) -> Captured:
    """Store, score and escalate what somebody at the bedside observed.

    Raises RefusedError (404) where the actor does not care for this resident.
    """
    resident_seen(visit, resident_id)

    def send(conn: Connection) -> Captured:
        in_request(conn, visit.request_id)
        place = _place(conn, visit.actor, resident_id, seen.reading_id)
        payload = _payload(visit, place, resident_id, seen)
        where = topic(place.partition, KitId(place.kit_id), Leaf.READINGS)
        # Passed through the wire's format, so that a form can send nothing that a kit could not.
        [item] = decode(encode_one(payload))
        [settled] = door.receive(conn, [Arrival(place.kit_id, where, item, visit.at)], evaluator, visit.at)
        key = place.kit_id, seen.reading_id
        label = None if settled.outcome is Outcome.QUARANTINED else stored.labelled(conn, key)
        _write_down(conn, visit, resident_id, settled)
        return Captured.of(settled.outcome, settled.verdict, settled.reason, label)

    return try_again(door_pool, send)


def _place(conn: Connection, actor: Actor, resident_id: UUID, reading_id: UUID) -> _Place:
    row = conn.execute(_PLACE, (reading_id, resident_id)).fetchone()
    if row is None:
        raise not_found("capture form for this resident's home")
    place = _Place(*row)
    if not _cares_for(actor, resident_id, place):
        raise not_found("resident in your care")
    return place


def _cares_for(actor: Actor, resident_id: UUID, place: _Place) -> bool:
    """Return whether somebody cares for the resident there.

    A hub's clinician sees the resident but is not at the bedside.
    """
    return any(
        allows((held.role,), ADD, Record.READINGS)
        and (
            held.resident_id == resident_id
            or held.home_id == place.home_id
            or held.organisation_id == place.organisation_id
        )
        for held in actor.roles
    )


def _payload(visit: Visit, place: _Place, resident_id: UUID, seen: Observations) -> ReadingPayload:
    return ReadingPayload(
        reading_id=ReadingId(seen.reading_id),
        # A form has no outbox that could lose its state, so each home's form has one epoch and the time as sequence
        # number.
        outbox_epoch=OutboxEpoch(place.kit_id),
        seq=int(visit.at.timestamp() * 1_000_000),
        taken_at=seen.taken_at,
        resident=ResidentId(resident_id),
        taken_by=PersonId(visit.actor.person_id),
        operator_known_by=visit.session.known_by,
        device=Device(kind=DeviceKind.PERSON),
        values={str(sign): value for sign, value in seen.values.items()},
        not_obtained={str(sign): why for sign, why in seen.not_obtained.items()},
        soft_signs=dict(seen.soft_signs),
        emergency_signs=dict(seen.emergency_signs),
        phoned_999=seen.phoned_999,
        worry=seen.worry,
        note=seen.note,
        scheduled_full_set=seen.scheduled_full_set,
    )


def _write_down(conn: Connection, visit: Visit, resident_id: UUID, settled: Settled) -> None:
    act_as(conn, visit.actor.person_id, visit.request_id)
    subject = f"reading:{settled.arrival.item.reading_id}/{settled.outcome}"
    audit.record(
        conn,
        visit.actor,
        "reading.captured",
        subject,
        at=visit.at,
        resident_id=resident_id,
    )
