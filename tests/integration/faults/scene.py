"""A whole line, from kits to database, in which a test kills something; and the checker that must be satisfied.

Invariant: the checker believes the kits' ledgers and an independent scorer, and nothing the platform says of itself.
"""

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg

from devices.gateway.gateway import Pace
from devices.gateway.outbox import State
from devices.identifiers import ReadingId
from tests.fixtures import independent
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.doorstep import Doorstep, admit, at_the_door, told
from tests.fixtures.ingest_process import IngestProcess
from tests.fixtures.length import length, seed
from tests.fixtures.live_kits import QUICK, LiveKit, live_kits, still_on
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.fixtures.receipt_watch import ReceiptWatch, watching_receipts

PATIENCE = length(PATIENCE_SECONDS, 600)
RESIDENTS = length(6, 150)
KITS = (n.Kit(n.KIT, 1), n.Kit(n.SECOND_KIT, 2))
ILL = {"respiration_rate": 26, "spo2": 91, "pulse": 124, "temperature": 39.2}


class Scene:
    """Kits on the line, ingest in a process of its own, a database; residents to measure."""

    def __init__(
        self,
        database: Database,
        kits: list[LiveKit],
        ingest: IngestProcess,
        watch: ReceiptWatch,
        rng: random.Random,
    ) -> None:
        self.database, self.kits, self.ingest, self.watch, self.rng = database, kits, ingest, watch, rng
        with database.connect() as conn:
            self.residents = admit(conn, RESIDENTS)

    def measure(self, count: int, minutes_ago: float = 0) -> None:
        """So many readings, of random residents by random kits; some of them grave, many partial."""
        for _ in range(count):
            values = n.NORMAL | (ILL if self.rng.random() < 0.1 else {})
            signs = self.rng.sample(sorted(values), self.rng.randint(1, len(values)))
            kit = self.rng.choice(self.kits)
            taken_at = datetime.now(UTC) - n.minutes(minutes_ago)
            kit.measure(self.rng.choice(self.residents), {sign: values[sign] for sign in signs}, taken_at)

    @contextmanager
    def streaming(self, count: int) -> Iterator[None]:
        """Measure all the while the block runs, and on until the count is reached."""
        stream = threading.Thread(target=self.measure, args=(count,), name="stream")
        stream.start()
        try:
            yield
        finally:
            stream.join()

    def move_to(self, database: Database) -> None:
        """From now on the platform works on another copy of history; ingest is to be started."""
        self.ingest = self.ingest.on(database)
        self.database = self.watch.database = database

    def epoch(self) -> UUID:
        """Which copy of history the database says it is."""
        with self.database.connect() as conn:
            row = conn.execute("SELECT ingest.epoch()").fetchone()
        assert row is not None
        return row[0]

    def wait_until_kits_know(self, epoch: UUID) -> None:
        wait_until(
            lambda: {kit.outbox.database_epoch for kit in self.kits} == {epoch},
            "every kit to hear of the epoch",
            PATIENCE,
        )

    def stored(self) -> int:
        with self.database.connect() as conn:
            row = conn.execute("SELECT count(*) FROM ingest.reading").fetchone()
        return row[0] if row else 0

    def outcomes(self) -> dict[str, int]:
        """What this ingest has settled, by outcome."""
        known = ("stored", "duplicate", "quarantined")
        counted = {outcome: int(self.ingest.metric("readings_total", outcome=outcome)) for outcome in known}
        return {outcome: count for outcome, count in counted.items() if count}

    def sent(self) -> int:
        """How many readings are in the outboxes."""
        return sum(kit.outbox.last_seq() for kit in self.kits)

    def publishes(self) -> dict[ReadingId, int]:
        """How often each reading was published."""
        return {reading: times for kit in self.kits for reading, times in kit.publishes().items()}

    def came_again(self, since: dict[ReadingId, int]) -> bool:
        """Whether some of what had been published was published again."""
        now = self.publishes()
        return any(now[reading] > times > 0 for reading, times in since.items())

    def wait_for_stored(self, count: int) -> None:
        wait_until(lambda: self.stored() >= count, f"{count} readings to be stored", PATIENCE)

    def wait_for_sent(self, count: int) -> None:
        wait_until(lambda: self.sent() >= count, f"{count} readings to be in the outboxes", PATIENCE)

    def wait_until_settled(self) -> None:
        """Every reading is receipted."""
        wait_until(lambda: still_on(self.kits) == 0, "every reading to be receipted", PATIENCE)


@contextmanager
def in_flight(scene: Scene) -> Iterator[None]:
    """Hold ingest in the middle of a batch: messages taken and not acknowledged, a transaction not committed."""
    holding = scene.database.connect()
    try:
        holding.execute(
            "SELECT FROM ingest.current_vitals WHERE resident_id = ANY (%s) ORDER BY resident_id FOR UPDATE",
            (scene.residents,),
        )
        scene.measure(10)  # the stream may have come to its end
        with closing(scene.database.connect(autocommit=True)) as onlooker:
            wait_until(lambda: _ingest_waits(onlooker), "a batch to be in flight", PATIENCE)
        assert still_on(scene.kits) > 0
        yield
    finally:
        holding.close()


def _ingest_waits(conn: psycopg.Connection) -> bool:
    row = conn.execute(
        """SELECT count(*) FROM pg_stat_activity
           WHERE usename = 'hearthwatch_ingest' AND wait_event_type = 'Lock' AND state = 'active'
             AND datname = current_database()"""
    ).fetchone()
    return row is not None and row[0] > 0


@contextmanager
def scene(
    database: Database,
    broker: Broker,
    folder: Path,
    *,
    ingest_sees: Database | None = None,
    pace: Pace = QUICK,
) -> Iterator[Scene]:
    """Everything running; when the block ends all readings must be accounted for."""
    rng = random.Random(seed())
    ingest = IngestProcess(ingest_sees or database, broker, folder / "ingest.log")
    with watching_receipts(database, broker) as watch, live_kits(folder, broker, KITS, rng, pace) as kits:
        made = Scene(database, kits, ingest, watch, rng)
        ingest.start()
        # They are told with it that somebody listens: from here on none has a reason to send anything again.
        made.wait_until_kits_know(made.epoch())
        try:
            yield made
            made.wait_until_settled()
            assert made.ingest.stop() == 0
        finally:
            if made.ingest.running:
                made.ingest.kill()
        with at_the_door(made.database) as doorstep:
            everything_adds_up(doorstep, made)
    assert watch.receipted <= {(kit.kit.kit_id, reading) for kit in kits for reading in kit.sent}
    assert watch.receipted, "the watch heard receipts"


def everything_adds_up(doorstep: Doorstep, made: Scene) -> None:
    """Ledgers, readings, scores and escalations, each as a set."""
    ledger = {
        (kit.kit.kit_id, reading): state for kit in made.kits for reading, state in kit.states().items()
    }
    assert set(ledger.values()) == {State.STORED}
    assert Counter(doorstep.stored()) == Counter(ledger.keys())
    assert Counter(doorstep.rows("SELECT kit_id, reading_id FROM ingest.seen")) == Counter(ledger.keys())
    for numbers in doorstep.arrival_numbers().values():
        assert numbers == list(range(1, len(numbers) + 1))
    residents = [*made.residents, n.AMARA]
    scored_as_it_should_be(doorstep, residents, made.kits)


def scored_as_it_should_be(doorstep: Doorstep, residents: Sequence[UUID], kits: Sequence[LiveKit]) -> None:
    books = told(doorstep, residents, {reading: one for kit in kits for reading, one in kit.sent.items()})
    assert doorstep.scores(residents) == independent.results(books)
    cases = doorstep.rows("SELECT resident_id, severity FROM alerts.escalation")
    assert len(cases) == len(dict(cases))
    assert dict(cases) == independent.escalated(books, datetime.now(UTC))
