"""Drains the broker into the database: whatever has arrived, one transaction, then acknowledge, then receipts.

Guards: no acknowledgement and no receipt before a durable commit; a commit whose answer is lost is run again; one
message that the database cannot hold is kept in quarantine and never stops the others. It keeps nothing that
matters: any number of workers run side by side, and share the partitions out by themselves.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from pydantic import ValidationError

from devices import registry
from devices.identifiers import DatabaseEpoch, KitId
from devices.reading import decode
from devices.receipt import Config, Status, encode_message
from devices.topics import Leaf, topic
from ingest import door, heartbeat, store
from ingest.arrival import Arrival, Settled
from ingest.consumer import Consumer, Delivery
from ingest.evaluation import Evaluator
from ingest.heartbeat import Beating
from ingest.outbox import Post
from ingest.probe import Probe
from ingest.receipts import ReceiptBook, kit_of
from ingest.tenure import Tenure
from ingest.trouble import passes, refuses_all, takes_too_long

_log = logging.getLogger(__name__)
_HOUSEKEEPING_EVERY = 1.0
_STATUS = f"/{Leaf.STATUS}"
_FINISH_WITHIN = 5.0
"""Seconds for what is in hand when it is told to stop; what is not done by then is sent again by its kit."""


@dataclass(slots=True)
class Tally:
    """What this worker has done since it started, for its metrics."""

    messages: int = 0
    batches: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    beat_at: datetime | None = None
    """When it last could do its work: both the broker and the database were there."""

    def count(self, settled: Sequence[Settled]) -> None:
        self.batches += 1
        self.outcomes.update(one.outcome for one in settled)


class Worker:
    """One thread's work. `connect` opens a connection with synchronous_commit on."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        consumer: Consumer,
        tenure: Tenure,
        evaluator: Evaluator,
        *,
        batch: int = 1000,
    ) -> None:
        self._connect = connect
        self._consumer = consumer
        self._tenure = tenure
        self._evaluator = evaluator
        self._batch = batch
        self._receipts = ReceiptBook(consumer.publish)
        self._probe = Probe(consumer.publish)
        self._post = Post(consumer.publish)
        self._conn: psycopg.Connection | None = None
        self._epoch: UUID | None = None
        self._partitions: dict[UUID, int] = {}
        self._housekept_at = 0.0
        self._heard: Mapping[int, datetime] = {}
        self._told: dict[UUID, tuple[UUID, datetime]] = {}
        self._sent_at: dict[UUID | None, datetime] = {}
        self.tally = Tally()

    def run(self, stopping: threading.Event) -> None:
        """Work until told to stop; what is in hand is finished first, and what is held is released."""
        while not stopping.is_set():
            self._round(stopping)
        self._finish()
        self._receipts.flush(float("inf"))
        if self._conn is not None:
            self._conn.close()

    def waited(self, at: datetime) -> timedelta:
        """How long what arrives at this moment has waited at the broker."""
        return self._probe.waited(at)

    @property
    def knows_the_wait(self) -> bool:
        """Whether what this worker writes to itself comes back."""
        return not self._probe.comes_no_more

    def _round(self, stopping: threading.Event) -> None:
        now = time.monotonic()
        self._work_off(min(0.5, self._receipts.next_flush(now), self._tenure.next_look(now)), stopping)
        try:
            self._housekeep()
        except psycopg.Error:
            self._lost("housekeeping")
        self._flush()

    def _work_off(self, wait: float, stopping: threading.Event) -> None:
        if deliveries := self._consumer.take(self._batch, wait):
            self._work(deliveries, stopping)

    def _finish(self) -> None:
        """Take nothing new, and leave the others to take over as soon as what was brought is safe."""
        self._tenure.leave()
        giving_up = threading.Event()
        patience = threading.Timer(_FINISH_WITHIN, giving_up.set)
        patience.start()
        while not self._consumer.has_finished and not giving_up.is_set():
            self._work_off(0.1, giving_up)
        patience.cancel()
        if self._conn is None:
            return  # what it held ends by itself
        try:
            self._tenure.end(self._conn)
        except psycopg.Error:
            self._lost("releasing what it held")

    def _work(self, deliveries: Sequence[Delivery], stopping: threading.Event) -> None:
        readings = [one for one in deliveries if not one.topic.endswith(_STATUS)]
        statuses = [one for one in deliveries if one.topic.endswith(_STATUS)]
        self._note_statuses(statuses)  # first: what a kit says of its clock counts for its readings beside it
        settled = self._settle([arrival for one in readings for arrival in arrivals_of(one)], stopping)
        if settled is None:
            return  # told to stop before it could be stored: the broker and the kit still have it
        self._consumer.acknowledge(readings)
        self._sent_at.update((kit_of(one.topic), one.arrived_at) for one in readings if not one.retained)
        self._consumer.acknowledge(statuses)
        self.tally.messages += len(deliveries)
        self.tally.count(settled)

    def _settle(self, arrivals: Sequence[Arrival], stopping: threading.Event) -> list[Settled] | None:
        """Store a batch, trying until it is stored; in halves where it is refused, or takes too long, as a whole."""
        pause = 0.05
        while not stopping.is_set():
            try:
                return self._transact(arrivals)
            except Exception as error:
                self._lost("storing a batch")
                its_own = not passes(error) and not refuses_all(error)
                if (its_own or takes_too_long(error)) and len(arrivals) > 1:
                    return self._settle_halves(arrivals, stopping)
                if its_own and (put_away := self._put_away(arrivals[0], error)):
                    return put_away
            stopping.wait(pause)
            pause = min(5.0, pause * 2)
        return None

    def _settle_halves(self, arrivals: Sequence[Arrival], stopping: threading.Event) -> list[Settled] | None:
        middle = len(arrivals) // 2
        first = self._settle(arrivals[:middle], stopping)
        second = self._settle(arrivals[middle:], stopping) if first is not None else None
        return None if first is None or second is None else first + second

    def _put_away(self, arrival: Arrival, error: Exception) -> list[Settled] | None:
        """Keep in quarantine what the database cannot hold as a reading; None where it cannot hold that either.

        Then the fault is the database's after all, and the reading is tried again as a reading.
        """
        why = f"This could not be stored ({type(error).__name__}); it is kept here as it came."
        try:
            return self._commit(
                lambda conn: [door.put_away(conn, arrival, why, self._evaluator, datetime.now(UTC))]
            )
        except Exception:
            self._lost("putting into quarantine what could not be stored")
            return None

    def _transact(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        if not arrivals:
            return []
        return self._commit(lambda conn: door.receive(conn, arrivals, self._evaluator, datetime.now(UTC)))

    def _commit(self, settle: Callable[[psycopg.Connection], list[Settled]]) -> list[Settled]:
        conn = self._connection()
        with conn.transaction():
            settled = settle(conn)
        # It has committed. The epoch is this connection's: the next one may be to another copy of history.
        self._receipts.add(settled, self._epoch_here())
        return settled

    def _note_statuses(self, deliveries: Sequence[Delivery]) -> None:
        """Status is news, not a record: what cannot be noted is let go, and the kit says it again."""
        for delivery in deliveries:
            if self._probe.has_come(delivery.topic, delivery.payload, delivery.arrived_at):
                continue
            kit_id = kit_of(delivery.topic)
            try:
                status = Status.model_validate_json(delivery.payload)
                conn = self._connection()
                if kit_id is not None and kit_id in self._partitions:
                    registry.note_status(
                        conn,
                        kit_id,
                        status,
                        delivery.arrived_at,
                        retained=delivery.retained,
                        waited=self._probe.waited(delivery.arrived_at),
                    )
            except (ValidationError, psycopg.DataError):
                _log.warning("a status could not be read")
            except psycopg.Error:
                self._lost("noting a status")

    def _housekeep(self) -> None:
        """What it holds; and once a second which epoch this is, which kits there are, and what waits for them."""
        now = time.monotonic()
        self._tenure.look(self._connection, now)
        heard = self._consumer.heard
        if now - self._housekept_at < _HOUSEKEEPING_EVERY and heard == self._heard:
            return
        self._housekept_at, self._heard = now, heard
        conn = self._connection()
        self._epoch, self._partitions = store.epoch(conn), registry.partitions(conn)
        self._tell_kits(self._epoch, heard)
        self._probe.send(heard, datetime.now(UTC), in_hand=self._consumer.in_hand)
        if self._consumer.connected.is_set():
            at = datetime.now(UTC)
            heartbeat.beat(conn, Beating.INGEST, at, heard)
            self.tally.beat_at = at
        sent_at = {kit: self._sent_at[kit] for kit in self._partitions.keys() & self._sent_at}
        registry.note_heard(conn, sent_at)
        self._sent_at.clear()
        self._post.send(conn, self._consumer.heard, datetime.now(UTC))

    def _tell_kits(self, epoch: UUID, heard: Mapping[int, datetime]) -> None:
        """Which epoch this is and since when somebody listens, where a kit has not been told.

        In a new epoch each sends again what its ledger lacks; where nobody listened for a while, what has no receipt.
        """
        for kit_id, partition in self._partitions.items():
            if partition in heard and self._told.get(kit_id) != (epoch, heard[partition]):
                config = Config(epoch=DatabaseEpoch(epoch), listening_since=heard[partition])
                where = topic(partition, KitId(kit_id), Leaf.CONFIG)
                self._consumer.publish(where, encode_message(config), retain=True)
                self._told[kit_id] = epoch, heard[partition]

    def _epoch_here(self) -> UUID:
        if self._epoch is None:
            raise RuntimeError("There is no connection, so there is no epoch.")
        return self._epoch

    def _flush(self) -> None:
        self._receipts.flush(time.monotonic())

    def _connection(self) -> psycopg.Connection:
        if self._conn is None or self._conn.closed:
            self._conn = self._connect()
            # It may be another copy of history than the last.
            self._epoch, self._partitions = store.epoch(self._conn), registry.partitions(self._conn)
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
