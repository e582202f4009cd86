"""Drains the broker into the database: whatever has arrived, one transaction, then acknowledge, then receipts.

Guards: no acknowledgement and no receipt before a durable commit; a commit whose answer is lost is run again; one
message that the database cannot hold is kept in quarantine and never stops the others. It keeps nothing that
matters: any number of workers run side by side.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import psycopg
from pydantic import ValidationError

from devices import registry
from devices.identifiers import DatabaseEpoch, KitId
from devices.reading import Refusal, Unreadable, decode
from devices.receipt import Config, Status, encode_message
from devices.topics import Leaf, topic
from ingest import door, outbox, quarantine, store
from ingest.arrival import Arrival, Settled
from ingest.consumer import Consumer, Delivery
from ingest.evaluation import Evaluator
from ingest.receipts import ReceiptBook, kit_of

_log = logging.getLogger(__name__)
_HOUSEKEEPING_EVERY = 1.0


@dataclass(slots=True)
class Tally:
    """What this worker has done since it started, for its metrics."""

    messages: int = 0
    batches: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    lag_seconds: float = 0.0

    def count(self, settled: Sequence[Settled]) -> None:
        self.batches += 1
        for one in settled:
            self.outcomes[one.outcome] = self.outcomes.get(one.outcome, 0) + 1


class Worker:
    """One thread's work. `connect` opens a connection with synchronous_commit on."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        consumer: Consumer,
        evaluator: Evaluator,
        *,
        batch: int = 1000,
    ) -> None:
        self._connect = connect
        self._consumer = consumer
        self._evaluator = evaluator
        self._batch = batch
        self._receipts = ReceiptBook(consumer.publish)
        self._conn: psycopg.Connection | None = None
        self._epoch: UUID | None = None
        self._partitions: dict[UUID, int] = {}
        self._housekept_at = 0.0
        self._told: tuple[UUID, int] | None = None
        self.tally = Tally()

    def run(self, stopping: threading.Event) -> None:
        """Work until told to stop; what is under way is finished first."""
        while not stopping.is_set():
            self._round(stopping)
        self._flush()
        if self._conn is not None:
            self._conn.close()

    def _round(self, stopping: threading.Event) -> None:
        wait = min(0.5, self._receipts.next_flush(time.monotonic()))
        deliveries = self._consumer.take(self._batch, wait)
        if deliveries:
            self._work(deliveries, stopping)
        try:
            self._housekeep()
        except psycopg.Error:
            self._lost("housekeeping")
        self._flush()

    def _work(self, deliveries: Sequence[Delivery], stopping: threading.Event) -> None:
        readings = [one for one in deliveries if not one.topic.endswith(f"/{Leaf.STATUS}")]
        statuses = [one for one in deliveries if one.topic.endswith(f"/{Leaf.STATUS}")]
        settled = self._settle(readings, stopping)
        if settled is None:
            return  # told to stop before it could be stored: the broker and the kit still have it
        self._consumer.acknowledge(readings)
        self._receipts.add(settled)
        self._note_statuses(statuses)
        self._consumer.acknowledge(statuses)
        self.tally.messages += len(deliveries)
        self.tally.count(settled)
        self.tally.lag_seconds = (datetime.now(UTC) - deliveries[0].arrived_at).total_seconds()

    def _settle(self, deliveries: Sequence[Delivery], stopping: threading.Event) -> list[Settled] | None:
        """Store a batch, trying until it is stored; one by one if the batch as a whole cannot be."""
        arrivals = [arrival for one in deliveries for arrival in arrivals_of(one)]
        pause = 0.05
        while not stopping.is_set():
            try:
                return self._transact(arrivals)
            except psycopg.OperationalError:
                self._lost("storing a batch")
                stopping.wait(pause)
                pause = min(5.0, pause * 2)
            except Exception:
                _log.exception("a batch could not be stored as a whole")
                self._give_back()
                if len(deliveries) > 1:
                    return self._one_by_one(deliveries, stopping)
                arrivals = [_unstorable(one) for one in deliveries]
                stopping.wait(pause)
                pause = min(5.0, pause * 2)
        return None

    def _one_by_one(self, deliveries: Sequence[Delivery], stopping: threading.Event) -> list[Settled] | None:
        settled: list[Settled] = []
        for delivery in deliveries:
            one = self._settle([delivery], stopping)
            if one is None:
                return None
            settled += one
        return settled

    def _transact(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        if not arrivals:
            return []
        conn = self._connection()
        with conn.transaction():
            return door.receive(conn, arrivals, self._evaluator, datetime.now(UTC))

    def _note_statuses(self, deliveries: Sequence[Delivery]) -> None:
        """Status is news, not a record: what cannot be noted is let go, and the kit says it again."""
        for delivery in deliveries:
            kit_id = kit_of(delivery.topic)
            try:
                status = Status.model_validate_json(delivery.payload)
                if kit_id is not None and kit_id in self._partitions:
                    registry.note_status(self._connection(), kit_id, status, delivery.arrived_at)
            except ValidationError:
                _log.warning("a status could not be read")
            except psycopg.Error:
                self._lost("noting a status")

    def _housekeep(self) -> None:
        """Once a second: which epoch this is, which kits there are, and what waits to be said to them."""
        now = time.monotonic()
        if now - self._housekept_at < _HOUSEKEEPING_EVERY:
            return
        self._housekept_at = now
        conn = self._connection()
        epoch, partitions = store.epoch(conn), registry.partitions(conn)
        self._tell_epoch(epoch, partitions)
        self._epoch, self._partitions = epoch, partitions
        outbox.send(conn, self._consumer.publish, partitions, datetime.now(UTC))

    def _tell_epoch(self, epoch: UUID, partitions: dict[UUID, int]) -> None:
        """Every kit that has not heard: in a new epoch each sends again what its ledger lacks."""
        if not self._consumer.connected.is_set():
            return
        telling = (epoch, self._consumer.connection)
        heard = self._partitions.keys() if self._told == telling else set[UUID]()
        config = encode_message(Config(epoch=DatabaseEpoch(epoch)))
        for kit_id in partitions.keys() - heard:
            self._consumer.publish(topic(partitions[kit_id], KitId(kit_id), Leaf.CONFIG), config, retain=True)
        self._told = telling

    def _flush(self) -> None:
        if self._epoch is not None:
            self._receipts.flush(self._epoch, time.monotonic())

    def _connection(self) -> psycopg.Connection:
        if self._conn is None or self._conn.closed:
            self._conn = self._connect()
            # It may be another copy of history than the last: no receipt until we know.
            self._epoch = store.epoch(self._conn)
            self._partitions = {}
        return self._conn

    def _lost(self, doing: str) -> None:
        _log.warning("database trouble while %s; trying again", doing, exc_info=True)
        self.tally.retries += 1
        self._give_back()

    def _give_back(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None


def arrivals_of(delivery: Delivery) -> list[Arrival]:
    """The items of one message."""
    kit_id = kit_of(delivery.topic)
    return [Arrival(kit_id, delivery.topic, item, delivery.arrived_at) for item in decode(delivery.payload)]


def _unstorable(delivery: Delivery) -> Arrival:
    """The message as something to keep in quarantine, once the database has refused it as a reading."""
    detail = "The database could not hold this reading; it is kept here as it came."
    raw = delivery.payload[: quarantine.MAX_KEPT]
    items = decode(delivery.payload)
    reading_id = items[0].reading_id if len(items) == 1 else None
    item = Unreadable(Refusal.NOT_A_READING, detail, reading_id, sha256(delivery.payload).digest(), raw)
    return Arrival(kit_of(delivery.topic), delivery.topic, item, delivery.arrived_at)
