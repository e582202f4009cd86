"""A simulated stretch of days at the door, with every fault there is: what a replay must be able to tell again.

Invariant: everything from a seed; kits send again until they are heard, as gateways do; what is decided meanwhile is
recorded at the moment it is decided.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, LiteralString
from uuid import UUID

from pydantic import SecretStr

from devices import registry
from devices.identifiers import KitId, ReadingId, ResidentId, new_uuid7
from devices.kits import Kit as SheetKit
from devices.kits import WatchedResident
from devices.reading import SoftSign, Worry, WorryFrom, decode
from devices.receipt import Status
from ingest.arrival import Arrival
from simulators.faults import Fault, Faults
from simulators.months import Months
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import admit
from tests.integration.alerts.ward import Ward

STARTS_AT = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 4
OFFLINE_SECONDS = 40 * 3600.0  # a kit comes back after three to seven tenths of it
SLOT = timedelta(minutes=30)
PREGNANT = n.CORA
ON_SCALE_2 = n.BRAM

LOOKS_BACK = {
    "rise": {"points": 2, "within_hours": 24, "severity": "concern"},
    "trend": {"readings": 4, "within_hours": 72, "severity": "concern", "change": {"spo2": -2, "pulse": 12}},
    "drift": {
        "readings": 2,
        "within_hours": 10,
        "lasting_hours": 0,
        "usual_days": 3,
        "usual_readings": 5,
        "usual_since_days": 1,
        "severity": "concern",
        "below": {"spo2": 1, "systolic": 5},
        "above": {"pulse": 5, "temperature": "0.3"},
    },
    "soft_signs": {"at_least": 1, "severity": "concern"},
}

_AUTHORISE: LiteralString = """
INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by, recorded_at)
VALUES (%s, 'Dr Synthetic', 'GMC', '1234567', 'Confirmed hypercapnic respiratory failure', %s, %s, %s, %s, %s)
"""
_LIMIT: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, low, high, clinician_name, regulator, regulator_number,
    reason, decided_at, starts_at, review_by, recorded_by, recorded_at)
VALUES (%s, %s, %s, %s, 'Dr Synthetic', 'GMC', '1234567', 'Heart failure', %s, %s, %s, %s, %s)
"""
_NO_LIMIT: LiteralString = """
UPDATE delegation.personal_limit SET revoked_at = %s, revoked_by = %s, revoked_because = 'No longer needed'
WHERE resident_id = %s
"""
_AIR: LiteralString = (
    "INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%s, %s, %s)"
)
_POLICY: LiteralString = """
INSERT INTO alerts.policy (hub_id, version, body, in_force_from, recorded_at)
SELECT %s, 'second', body || %s::jsonb, %s, %s FROM alerts.policy WHERE hub_id IS NULL
"""


@dataclass
class _Line:
    """One kit with what it has to say and what nobody has heard yet."""

    kit: n.Kit
    to_come: list[tuple[datetime, bytes]]
    wire: Any
    offline_until: datetime
    waiting: list[bytes] = field(default_factory=list)


class Stretch:
    """The neighbourhood's kits over some days."""

    def __init__(self, ward: Ward, seed: int = 16) -> None:
        self.ward = ward
        self._rng = Random(f"{seed}/stretch")
        self._faults = Faults.of(Fault, seed)
        self._poison = self._faults.poison()
        with ward.database.connect(autocommit=True) as owner:
            orchard = [n.AMARA, ON_SCALE_2, *admit(owner, 4, numbered_from=401)]
            meadow = [PREGNANT, *admit(owner, 2, n.MEADOW, numbered_from=411)]
        ward.change(
            "UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s", PREGNANT
        )
        for resident in (*orchard[:2], meadow[1]):
            ward.change(_AIR, resident, n.CLINICIAN, n.LONG_AGO)
        kits = [_on_sheet(n.KIT, 1, orchard), _on_sheet(n.SECOND_KIT, 2, meadow)]
        months = Months(kits, STARTS_AT, DAYS, seed, days_between=2.0)
        offline = self._faults.offline([kit.kit_id for kit in kits], (), OFFLINE_SECONDS)
        self.lines = [self._line(place, kit, months, offline) for place, kit in enumerate(kits)]

    def run(self) -> None:
        """Until every kit has been heard."""
        at, decided = STARTS_AT, self._decisions()
        while at < STARTS_AT + timedelta(days=DAYS) or any(one.to_come or one.waiting for one in self.lines):
            for line in self.lines:
                self._send(line, at)
            self.ward.tick(at + self._rng.random() * SLOT)
            at += SLOT
            while decided and decided[0][0] <= at:
                decided.pop(0)[1](at)
        for later in range(6):
            self.ward.tick(at + later * SLOT)

    def _decisions(self) -> list[tuple[datetime, Any]]:
        """What people decide meanwhile, one of it for a time that is over, and how a kit's clock turns out."""
        stricter = json.dumps({"medium_from": 4, "window": 60} | LOOKS_BACK)
        return [
            (STARTS_AT + timedelta(hours=10), self._limit(n.AMARA, "temperature", 30, 36)),
            (STARTS_AT + timedelta(hours=12), self._limit(PREGNANT, "systolic", 90, 115)),
            (STARTS_AT + timedelta(hours=20), self._say_clock_is_slow),
            (STARTS_AT + timedelta(hours=26), lambda at: self.ward.change(
                _AUTHORISE, ON_SCALE_2, at, at - timedelta(hours=20), at + timedelta(days=90), n.CLINICIAN, at)),
            (STARTS_AT + timedelta(hours=36), lambda at: self.ward.change(_POLICY, n.HUB, stricter, at, at)),
            (STARTS_AT + timedelta(hours=40), lambda at: self.ward.change(_AIR, n.AMARA, n.CLINICIAN, at)),
            (STARTS_AT + timedelta(hours=60), lambda at: self.ward.change(_NO_LIMIT, at, n.CLINICIAN, n.AMARA)),
        ]  # fmt: skip

    def _limit(self, resident: UUID, sign: str, low: int, high: int) -> Any:
        def decide(at: datetime) -> None:
            review = at + timedelta(hours=30)  # overdue soon, which ends nothing
            self.ward.change(_LIMIT, resident, sign, low, high, at, at, review, n.CLINICIAN, at)

        return decide

    def _say_clock_is_slow(self, at: datetime) -> None:
        with self.ward.database.connect("hearthwatch_ingest") as conn:
            for moment in (at - n.minutes(1), at):
                clock = moment - timedelta(hours=5)
                registry.note_status(conn, n.SECOND_KIT, Status(online=True, clock=clock), moment)

    def _line(self, place: int, kit: SheetKit, months: Months, offline: dict[int, float]) -> _Line:
        hand = n.Kit(kit.kit_id, kit.partition)
        skew = self._faults.clock_skew(kit.kit_id)
        rows = sorted((row for row in months.rows() if row["home"] == f"home {place + 1}"), key=_taken)
        return _Line(
            kit=hand,
            to_come=[(_taken(row), payload) for row in rows for payload in self._said(hand, row, skew)],
            wire=self._faults.wire(kit.kit_id),
            offline_until=STARTS_AT + timedelta(seconds=offline.get(place, 0.0)),
        )

    def _said(self, kit: n.Kit, row: dict[str, Any], skew: timedelta) -> Iterator[bytes]:
        if self._poison is not None and self._poison.strikes():
            yield self._poison.payload(ReadingId(new_uuid7()))
        values = {sign: row[sign] for sign in n.NORMAL if row.get(sign) is not None}
        more: dict[str, Any] = {
            "not_obtained": {
                sign: self._rng.choice(("refused", "unrecordable"))
                for sign in (row["not_obtained"] or "").split()
            },
            "soft_signs": dict.fromkeys((row["soft_signs"] or "").split(), SoftSign.PRESENT),
            "scheduled_full_set": bool(row["scheduled"]),
            "worry": Worry(by=WorryFrom.STAFF) if row["worry"] else None,
        }
        yield n.payload(kit.reading(row["resident"], values, taken_at=_taken(row) + skew, **more))

    def _send(self, line: _Line, at: datetime) -> None:
        """What was measured by now and what nobody has heard yet, over a wire that does what it likes."""
        while line.to_come and line.to_come[0][0] <= at:
            line.waiting.append(line.to_come.pop(0)[1])
        if at < line.offline_until:
            return
        carried = [arrived for sent in line.waiting for arrived in line.wire(sent)]
        line.waiting = [sent for sent in line.waiting if sent not in set(carried)]
        arrivals = [
            Arrival(line.kit.kit_id, line.kit.topic(), item, at + place * timedelta(milliseconds=40))
            for place, payload in enumerate(carried)
            for item in decode(payload)
        ]
        while arrivals:
            cut = self._rng.randrange(1, 30)
            batch, arrivals = arrivals[:cut], arrivals[cut:]
            self.ward.take(batch, batch[-1].arrived_at + timedelta(milliseconds=self._rng.randrange(5, 30)))


def _taken(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["taken_at"])


def _on_sheet(kit: UUID, partition: int, residents: list[UUID]) -> SheetKit:
    watched = tuple(
        WatchedResident(resident_id=ResidentId(one), spo2_scale=2 if one == ON_SCALE_2 else 1)
        for one in residents
    )
    return SheetKit(
        kit_id=KitId(kit),
        partition=partition,
        username=str(kit),
        secret=SecretStr("synthetic"),
        residents=watched,
        workers=(n.WORKER,),  # type: ignore[arg-type]
    )
