"""A simulated stretch of days at the door, with every fault there is: what a replay must be able to tell again.

Invariant: everything from a seed; kits send again until they are heard, as gateways do; what is decided meanwhile is
recorded at the moment it is decided.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from alerts.evaluator import Evaluator
from devices.identifiers import KitId, ReadingId, ResidentId, new_uuid7
from devices.kits import Kit as SheetKit
from devices.kits import WatchedResident
from devices.reading import SoftSign, Worry, WorryFrom, decode
from ingest import door
from ingest.arrival import Arrival
from simulators.faults import Fault, Faults
from simulators.months import Months
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import admit
from tests.integration.alerts.decisions import ON_SCALE_2, PREGNANT, WELL, Decisions
from tests.integration.alerts.ward import Ward

STARTS_AT = datetime(2026, 3, 2, tzinfo=UTC)
SLOT = timedelta(hours=1)
OFF_THE_NETWORK = timedelta(hours=31)  # long enough that residents, and kits, are called silent
DAYS_BETWEEN_OUTAGES = 9
A_WORKER_DIES = 0.05  # of its batches, which come again
THE_SCHEDULER_RESTS = 0.2  # of the slots


@dataclass
class _Line:
    """One kit with what it has to say and what nobody has heard yet."""

    kit: n.Kit
    to_come: list[tuple[datetime, bytes]]
    wire: Any
    offline_from: timedelta
    waiting: list[bytes] = field(default_factory=list)

    def is_offline(self, at: datetime) -> bool:
        since = (at - STARTS_AT - self.offline_from) % timedelta(days=DAYS_BETWEEN_OUTAGES)
        return since < OFF_THE_NETWORK


class Stretch:
    """The neighbourhood's kits over some days."""

    def __init__(self, ward: Ward, days: int, seed: int = 16) -> None:
        self.ward = ward
        self.ends_at = STARTS_AT + timedelta(days=days)
        self._rng = Random(f"{seed}/stretch")
        self._faults = Faults.of(Fault, seed)
        self._poison = self._faults.poison()
        with ward.database.connect(autocommit=True) as owner:
            orchard = [n.AMARA, ON_SCALE_2, *admit(owner, 4, numbered_from=WELL.int)]
            meadow = [PREGNANT, *admit(owner, 2, n.MEADOW, numbered_from=411)]
        self._decisions = Decisions(ward, STARTS_AT, days, seed)
        self._decisions.before([*orchard[:2], meadow[1]])
        kits = [_on_sheet(n.KIT, 1, orchard), _on_sheet(n.SECOND_KIT, 2, meadow)]
        months = Months(kits, STARTS_AT, days, seed, days_between=4.0)
        rows = list(months.rows())
        self.lines = [self._line(place, kit, rows) for place, kit in enumerate(kits)]

    def run(self) -> None:
        """Until every kit has been heard."""
        at = STARTS_AT
        while at < self.ends_at or any(one.to_come or one.waiting for one in self.lines):
            for line in self.lines:
                self._send(line, at)
            if self._rng.random() >= THE_SCHEDULER_RESTS:
                self.ward.tick(at + self._rng.random() * SLOT)
            at += SLOT
            self._decisions.until(at)
        for later in range(6):
            self.ward.tick(at + later * SLOT)

    def _line(self, place: int, kit: SheetKit, rows: list[dict[str, Any]]) -> _Line:
        hand = n.Kit(kit.kit_id, kit.partition)
        skew = self._faults.clock_skew(kit.kit_id)
        theirs = sorted((row for row in rows if row["home"] == f"home {place + 1}"), key=_taken)
        return _Line(
            kit=hand,
            to_come=[(_taken(row), payload) for row in theirs for payload in self._said(hand, row, skew)],
            wire=self._faults.wire(kit.kit_id),
            offline_from=timedelta(hours=12 + 30 * place),
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
        if line.is_offline(at):
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
            judged_at = batch[-1].arrived_at + timedelta(milliseconds=self._rng.randrange(5, 30))
            if self._rng.random() < A_WORKER_DIES:
                self._die_over(batch, judged_at)
            self.ward.take(batch, judged_at)

    def _die_over(self, batch: list[Arrival], at: datetime) -> None:
        """A worker that ends before it commits: all of it comes again."""
        with self.ward.database.connect("hearthwatch_ingest") as conn:
            door.receive(conn, batch, Evaluator(), at)
            conn.rollback()


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
