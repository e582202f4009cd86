"""Whether cost stays flat while history grows: one batch through the door, the queue page and a resident's page.

Invariant: the same residents, escalations and queries each time; only the history behind them is longer.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import httpx2
import psycopg
from psycopg.conninfo import make_conninfo

from alerts.evaluator import Evaluator
from api.seed import Seeded
from devices.identifiers import OutboxEpoch, new_reading_id, new_uuid7
from devices.reading import ReadingPayload, Worry, WorryFrom
from devices.topics import Leaf, topic
from ingest import door
from ingest.arrival import Arrival
from ingest.worker.consumer import Delivery
from ingest.worker.worker import arrivals_of
from tests.benchmarks import history, load
from tests.benchmarks.stage import ROLE_PASSWORD, Stage

DAYS = (1, 30, 365)
HOMES, RESIDENTS_PER_HOME = 40, 25
BATCH = 200
MOST_READINGS = 10_000_000
BEFORE_THE_LOAD = timedelta(hours=4)
"""History ends here, so that nothing in the measured batches comes late."""
_COUNTS: LiteralString = """
SELECT (SELECT count(*) FROM ingest.seen), (SELECT count(*) FROM alerts.escalation WHERE state <> 'closed'),
       (SELECT pg_database_size(current_database()))
"""
_AT_HUB: LiteralString = """
SELECT resident_id FROM delegation.resident JOIN delegation.home USING (home_id)
WHERE hub_id = %s ORDER BY resident_id LIMIT %s
"""


def run(
    stage: Stage, tell: Callable[[str], None], days: Sequence[int] = DAYS, rounds: int = 30
) -> list[dict[str, Any]]:
    """One row for each length of history."""
    conninfo = stage.database("flat")
    seeded = stage.settle(conninfo, homes=HOMES, residents_per_home=RESIDENTS_PER_HOME)
    at = datetime.now(UTC)
    until = at - BEFORE_THE_LOAD
    rows: list[dict[str, Any]] = []
    with psycopg.connect(conninfo, autocommit=True) as owner, _Desk(stage, conninfo, seeded) as desk:
        history.begin(owner, at)
        for span in days:
            tell(f"Filling in {span} days of {HOMES * RESIDENTS_PER_HOME} residents' history")
            since = at - timedelta(days=span)
            history.fill(owner, since, until, at)
            until = since
            if not rows:
                desk.raise_escalations()
            tell(f"Measuring with {span} days of history")
            rows.append({"days": span, **desk.measure(rounds), **_counted(owner)})
    return rows


def _counted(owner: psycopg.Connection) -> dict[str, int]:
    row = owner.execute(_COUNTS).fetchone() or (0, 0, 0)
    return {"readings": row[0], "open_escalations": row[1], "database_mib": row[2] // 2**20}


class _Desk:
    """A worker at the door and a clinician at the pages."""

    def __init__(self, stage: Stage, conninfo: str, seeded: Seeded) -> None:
        self._stage = stage
        self._conninfo = conninfo
        self._seeded = seeded
        self._ingest = psycopg.connect(
            make_conninfo(conninfo, user="hearthwatch_ingest", password=ROLE_PASSWORD), autocommit=True
        )
        self._messages = load.sendings(seeded.sheet.kits, MOST_READINGS, 1, 1, datetime.now(UTC))
        self._evaluator = Evaluator()

    def __enter__(self) -> "_Desk":
        return self

    def __exit__(self, *_: object) -> None:
        self._ingest.close()

    def raise_escalations(self) -> None:
        """A worried family at every fifth bed, so that the queue is as long as a bad day's."""
        now = datetime.now(UTC)
        for kit in self._seeded.sheet.kits:
            epoch = OutboxEpoch(new_uuid7())
            readings = [
                ReadingPayload(
                    reading_id=new_reading_id(),
                    outbox_epoch=epoch,
                    seq=number,
                    taken_at=now,
                    resident=resident.resident_id,
                    worry=Worry(by=WorryFrom.FAMILY),
                )
                for number, resident in enumerate(kit.residents[::5])
            ]
            name = topic(kit.partition, kit.kit_id, Leaf.READINGS)
            self._insert([Arrival(kit.kit_id, name, reading, now) for reading in readings])

    def measure(self, rounds: int) -> dict[str, Any]:
        """Median milliseconds of each, the first two rounds left out."""
        batches = [self._batch() for _ in range(rounds)]
        inserts = [_timed(lambda batch=batch: self._insert(batch)) for batch in batches]
        with (
            self._stage.serving(self._conninfo) as address,
            httpx2.Client(base_url=address, timeout=60) as client,
        ):
            hub, residents = self._sign_in(client, rounds)
            queues = [_timed(lambda: _get(client, f"/hubs/{hub}")) for _ in range(rounds)]
            pages = [_timed(lambda one=one: _get(client, f"/residents/{one}")) for one in residents]
        return {
            f"insert_{BATCH}_ms": _median(inserts),
            "queue_page_ms": _median(queues),
            "resident_page_ms": _median(pages),
        }

    def _batch(self) -> list[Arrival]:
        now = datetime.now(UTC)
        deliveries = [
            Delivery(one.topic, one.payload, now, 0, 0, redelivered=False, retained=False)
            for one in (next(self._messages) for _ in range(BATCH))
        ]
        return [arrival for one in deliveries for arrival in arrivals_of(one)]

    def _insert(self, batch: Sequence[Arrival]) -> None:
        with self._ingest.transaction():
            door.receive(self._ingest, batch, self._evaluator, datetime.now(UTC))

    def _sign_in(self, client: httpx2.Client, most: int) -> tuple[UUID, list[UUID]]:
        given = {"username": "hub-clinician", "password": self._seeded.cast.password}
        client.post("/api/v1/sign-in", json=given).raise_for_status()
        roles = _get(client, "/api/v1/me").json()["roles"]
        hub = next(UUID(role["hub_id"]) for role in roles if role.get("hub_id"))
        with psycopg.connect(self._conninfo) as conn:
            return hub, [row[0] for row in conn.execute(_AT_HUB, (hub, most))]


def _get(client: httpx2.Client, path: str) -> httpx2.Response:
    return client.get(path).raise_for_status()


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median(seconds: Sequence[float]) -> float:
    return round(statistics.median(seconds[2:] or seconds) * 1000, 2)
