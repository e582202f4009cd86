"""A fake platform that only stores and receipts, and kits that run the real gateway."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from devices.gateway.gateway import Gateway, Pace
from devices.gateway.link import Link
from devices.gateway.loop import GatewayLoop
from devices.gateway.outbox import Outbox, State
from devices.gateway.outbox_file import OutboxFile
from devices.gateway.session import Credentials, LinkSettings
from devices.identifiers import DatabaseEpoch, KitId, ReadingId, ResidentId, new_reading_id
from devices.kits import Broker
from devices.reading import ReadingPayload, Unreadable, decode
from devices.receipt import Config, Message, Outcome, Receipt, Receipts, Status, encode_message
from devices.topics import Leaf, filter_of, parse_topic, topic
from tests.fixtures.lines import hang_up
from tests.fixtures.machine import PATIENCE_SECONDS

SEED = 20261122
QUICK = Pace(first_retry=1.0, longest_retry=4.0, confirm_within=5.0, alone_patience=1.0)
UNHURRIED = Pace(first_retry=3600.0, longest_retry=3600.0)
"""Sends nothing twice: whatever arrives did so without waiting for a timer."""
EAGER = LinkSettings(first_reconnect=0.05, longest_reconnect=0.3, answer_within=3.0)


class FakePlatform:
    """Stores what arrives in a set and receipts it, as ingest would after its commit."""

    def __init__(self, port: int, epoch: DatabaseEpoch, username: str = "", password: str = "") -> None:
        self.epoch = epoch
        self.stored: dict[KitId, dict[ReadingId, int]] = {}
        self.unreadable: set[bytes] = set()
        self.emergencies: dict[str, dict[str, str]] = {}
        """What goes straight to 999, by resident."""
        self.payloads = 0
        self.deaf_to: set[ReadingId] = set()
        self.statuses: dict[KitId, Status] = {}
        self.told_full: set[KitId] = set()
        """Kits that said at least once that their disk is full."""
        self.subscribed = False
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, "platform", clean_session=False, protocol=mqtt.MQTTv311
        )
        if username:
            self._client.username_pw_set(username, password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = self._heard
        self._client.on_message = self._arrived
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _subscribe(self, client, _data, _flags, _reason, _properties):
        client.subscribe([(filter_of(None, leaf), 1) for leaf in (Leaf.READINGS, Leaf.STATUS)])

    def _heard(self, _client, _data, _mid, _reasons, _properties):
        self.subscribed = True

    def _arrived(self, client, _data, message):
        where = parse_topic(message.topic)
        if where.leaf is Leaf.STATUS:
            status = self.statuses[where.kit] = Status.model_validate_json(message.payload)
            if status.disk_full:
                self.told_full.add(where.kit)
            return
        self.payloads += 1
        receipts = [self._receipt(where.kit, item) for item in decode(bytes(message.payload))]
        said = Receipts(epoch=self.epoch, receipts=tuple(each for each in receipts if each))
        client.publish(topic(where.partition, where.kit, Leaf.RECEIPTS), encode_message(said), qos=1)

    def _receipt(self, kit: KitId, item: ReadingPayload | Unreadable) -> Receipt | None:
        if isinstance(item, Unreadable):
            self.unreadable.add(item.sha256)
            if item.reading_id:
                return Receipt(reading_id=item.reading_id, outcome=Outcome.QUARANTINED, reason=item.reason)
            return Receipt(payload_sha256=item.sha256.hex(), outcome=Outcome.QUARANTINED, reason=item.reason)
        if item.reading_id in self.deaf_to:
            return None
        of_kit = self.stored.setdefault(kit, {})
        known = item.reading_id in of_kit
        of_kit[item.reading_id] = item.seq
        if item.emergency_signs:
            self.emergencies[str(item.resident)] = dict(item.emergency_signs)
        return Receipt(reading_id=item.reading_id, outcome=Outcome.DUPLICATE if known else Outcome.STORED)

    def restore_an_empty_database(self, kits: list["RunningKit"]) -> None:
        """A new epoch that has nothing, announced to every kit."""
        self.epoch = DatabaseEpoch(uuid4())
        self.stored.clear()
        self.announce(kits)

    def announce(self, kits: list["RunningKit"]) -> None:
        for kit in kits:
            where = topic(kit.credentials.partition, kit.credentials.kit, Leaf.CONFIG)
            self._client.publish(where, encode_message(Config(epoch=self.epoch)), qos=1, retain=True)

    def say(self, kit: "RunningKit", message: Message) -> None:
        where = topic(kit.credentials.partition, kit.credentials.kit, Leaf.MESSAGES)
        self._client.publish(where, encode_message(message), qos=1)

    def stop(self) -> None:
        hang_up(self._client)


class RunningKit:
    """One kit: its outbox and its link."""

    def __init__(
        self, file: OutboxFile, port: int, number: int, wire=None, secret=None, ca_file=None, pace=QUICK
    ) -> None:
        kit = KitId(uuid4())
        self.credentials = Credentials(kit, number % 16, str(kit) if secret else None, secret)
        self.outbox = Outbox(file, self.credentials.kit)
        gateway = Gateway(self.outbox, pace, random.Random(SEED + number))
        address = Broker(host="localhost" if ca_file else "127.0.0.1", port=port, ca_file=ca_file)
        kwargs = {"wire": wire} if wire else {}
        self.link = Link(
            gateway, self.credentials, address, settings=EAGER, rng=random.Random(SEED - number), **kwargs
        )
        self.put_ids: set[ReadingId] = set()

    def put(self, value: float = 37.0) -> ReadingId:
        reading = ReadingPayload(
            reading_id=new_reading_id(),
            outbox_epoch=self.outbox.epoch,
            seq=0,
            taken_at=datetime.now(UTC),
            resident=ResidentId(uuid4()),
            values={"temperature": value},
        )
        self.outbox.put(reading)
        self.put_ids.add(reading.reading_id)
        return reading.reading_id

    def states(self) -> dict[ReadingId, State]:
        return {entry.reading_id: entry.state for entry in self.outbox.ledger()}


@contextmanager
def running(*kits: RunningKit) -> Iterator[GatewayLoop]:
    loop = GatewayLoop([kit.link for kit in kits])
    loop.start()
    try:
        yield loop
    finally:
        loop.stop(PATIENCE_SECONDS)
