"""The worker: it stores what has arrived from the broker in one transaction, then acknowledges, then sends receipts.

Guards: no acknowledgement and no receipt before a durable commit.

A worker keeps nothing that matters, so any number may run side by side. They share the partitions out by themselves.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from pydantic import ValidationError

from devices import registry
from devices.identifiers import DatabaseEpoch, KitId
from devices.reading import decode
from devices.receipt import Config, Status, encode_message
from devices.registry import Speaker, Waited
from devices.topics import Leaf, topic
from ingest.arrival import Arrival
from ingest.evaluation import Evaluator
from ingest.worker import heartbeat
from ingest.worker.consumer import Consumer, Delivery
from ingest.worker.heartbeat import Beating
from ingest.worker.outbox import Post
from ingest.worker.probe import Probe
from ingest.worker.receipts import ReceiptBook, kit_of
from ingest.worker.session import Session
from ingest.worker.settlement import Settlement
from ingest.worker.tally import Tally
from ingest.worker.tenure import Tenure

_log = logging.getLogger(__name__)
_HOUSEKEEPING_EVERY = 1.0
_STATUS = f"/{Leaf.STATUS}"
_FINISH_WITHIN = 5.0
"""Seconds to finish what is in hand when told to stop. Kits send again what is not stored by then."""


class Worker:
    """One thread's work. `connect` opens a connection in autocommit, with synchronous_commit on."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection],
        consumer: Consumer,
        tenure: Tenure,
        evaluator: Evaluator,
        *,
        batch: int = 1000,
    ) -> None:
        self.tally = Tally()
        self._consumer = consumer
        self._tenure = tenure
        self._batch = batch
        self._session = Session(connect, self.tally)
        self._receipts = ReceiptBook(consumer.publish)
        self._settlement = Settlement(self._session, evaluator, self._receipts)
        self._probe = Probe(consumer.publish)
        self._post = Post(consumer.publish)
        self._housekept_at = 0.0
        self._heard: Mapping[int, datetime] = {}
        self._told: dict[UUID, tuple[UUID, datetime, Speaker]] = {}
        self._sent_at: dict[UUID | None, datetime] = {}

    def run(self, stopping: threading.Event) -> None:
        """Work until told to stop, then finish what is in hand and release the partitions."""
        while not stopping.is_set():
            self._round(stopping)
        self._finish()
        self._receipts.flush(float("inf"))
        self._session.close()

    def waited(self, at: datetime) -> timedelta:
        """How long a message that arrives now has waited at the broker."""
        return self._probe.waited(at)

    @property
    def knows_the_wait(self) -> bool:
        """Whether this worker's probes come back."""
        return not self._probe.comes_no_more

    def _round(self, stopping: threading.Event) -> None:
        now = time.monotonic()
        self._work_off(min(0.5, self._receipts.next_flush(now), self._tenure.next_look(now)), stopping)
        try:
            self._housekeep()
        except psycopg.Error:
            self._session.lost("housekeeping")
        self._flush()

    def _work_off(self, wait: float, stopping: threading.Event) -> None:
        if deliveries := self._consumer.take(self._batch, wait):
            self._work(deliveries, stopping)

    def _finish(self) -> None:
        """Take nothing new, and let the other workers take over as soon as what is in hand is stored."""
        self._tenure.leave()
        giving_up = threading.Event()
        patience = threading.Timer(_FINISH_WITHIN, giving_up.set)
        patience.start()
        while not self._consumer.has_finished and not giving_up.is_set():
            self._work_off(0.1, giving_up)
        patience.cancel()
        if not self._session.is_open:
            return  # its leases expire by themselves
        try:
            self._tenure.end(self._session.connection())
        except psycopg.Error:
            self._session.lost("releasing what it held")

    def _work(self, deliveries: Sequence[Delivery], stopping: threading.Event) -> None:
        readings = [one for one in deliveries if not one.topic.endswith(_STATUS)]
        statuses = [one for one in deliveries if one.topic.endswith(_STATUS)]
        self._note_statuses(statuses)  # first: a kit's clock counts for its readings beside it
        wait = self._probe.waited_at_most
        arrivals = [item for one in readings for item in arrivals_of(one, wait(one.arrived_at))]
        settled = self._settlement.settle(arrivals, stopping)
        if settled is None:
            return  # told to stop first: the broker and the kit still have the readings
        self._consumer.acknowledge(readings)
        self._sent_at.update((kit_of(one.topic), one.arrived_at) for one in readings if not one.retained)
        self._consumer.acknowledge(statuses)
        self.tally.messages += len(deliveries)
        self.tally.count(settled)

    def _note_statuses(self, deliveries: Sequence[Delivery]) -> None:
        """Note each kit's status. One that cannot be noted is dropped: the kit sends its status again."""
        for delivery in deliveries:
            if self._probe.has_come(delivery.topic, delivery.payload, delivery.arrived_at):
                continue
            kit_id, at = kit_of(delivery.topic), delivery.arrived_at
            try:
                status = Status.model_validate_json(delivery.payload)
                conn = self._session.connection()
                if kit_id is not None and kit_id in self._session.kits:
                    registry.note_status(
                        conn,
                        kit_id,
                        status,
                        at,
                        retained=delivery.retained,
                        waited=Waited(self._probe.waited(at), self._probe.waited_at_most(at)),
                    )
            except (ValidationError, psycopg.DataError):
                _log.warning("a status could not be read")
            except psycopg.Error:
                self._session.lost("noting a status")

    def _housekeep(self) -> None:
        """Look after the leases; once a second read epoch and kits, and send kits what waits for them."""
        now = time.monotonic()
        self._tenure.look(self._session.connection, now)
        heard = self._consumer.heard
        if now - self._housekept_at < _HOUSEKEEPING_EVERY and heard == self._heard:
            return
        self._housekept_at, self._heard = now, heard
        conn = self._session.connection()
        self._session.look(conn)
        self._tell_kits(self._session.epoch, heard)
        self._probe.send(heard, datetime.now(UTC), in_hand=self._consumer.in_hand)
        if self._consumer.connected.is_set():
            at = datetime.now(UTC)
            heartbeat.beat(conn, Beating.INGEST, at, heard)
            self.tally.beat_at = at
        sent_at = {kit: self._sent_at[kit] for kit in self._session.kits.keys() & self._sent_at}
        registry.note_heard(conn, sent_at)
        self._sent_at.clear()
        self._post.send(conn, self._consumer.heard, datetime.now(UTC))

    def _tell_kits(self, epoch: UUID, heard: Mapping[int, datetime]) -> None:
        """Publish epoch, listening time and hub to each kit that has not been told.

        In a new epoch a kit sends again what the database's ledger lacks. After a gap in listening it sends again what
        has no receipt.
        """
        for kit_id, kit in self._session.kits.items():
            if kit.partition not in heard:
                continue
            said = epoch, heard[kit.partition], kit
            if self._told.get(kit_id) != said:
                where = topic(kit.partition, KitId(kit_id), Leaf.CONFIG)
                self._consumer.publish(where, encode_message(_config(*said)), retain=True)
                self._told[kit_id] = said

    def _flush(self) -> None:
        self._receipts.flush(time.monotonic())


def _config(epoch: UUID, listening_since: datetime, kit: Speaker) -> Config:
    return Config(
        epoch=DatabaseEpoch(epoch),
        listening_since=listening_since,
        hub_name=kit.hub_name,
        hub_telephone=kit.hub_telephone,
    )


def arrivals_of(delivery: Delivery, waited_at_most: timedelta | None = None) -> list[Arrival]:
    """The items of one message."""
    kit_id, where, at = kit_of(delivery.topic), delivery.topic, delivery.arrived_at
    return [Arrival(kit_id, where, item, at, waited_at_most) for item in decode(delivery.payload)]
