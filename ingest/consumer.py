"""Takes messages from the broker and holds them until the worker says they are safe.

Guards: nothing is acknowledged but by `acknowledge`, and an acknowledgement from before a reconnect is dropped, since
the broker may have given its number to another message. The broker keeps nothing for a worker that is gone: a kit sends
again what has no receipt, and at once when it is told that it is listened to anew.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from devices.topics import Leaf, filter_of
from ingest.subscriptions import Subscriptions
from ingest.wire import BufferedClient

_log = logging.getLogger(__name__)
_LEAVES = (Leaf.READINGS, Leaf.STATUS)
_MOST_BYTES = 512 * 1024
_ASK_AGAIN = 5.0


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are to it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None


class Delivery(NamedTuple):
    """One message as it came. `connection` numbers the connection it came over."""

    topic: str
    payload: bytes
    arrived_at: datetime
    message_number: int
    connection: int
    redelivered: bool
    retained: bool
    """Kept by the broker since some time before we subscribed: no sign that its sender is there now."""


class Consumer:
    """The platform's subscriptions, by partition. All but `start` and `stop` is for one worker thread."""

    def __init__(self, broker: Broker, name: str, *, ask_again: float = _ASK_AGAIN) -> None:
        """`ask_again`: seconds until a subscription that was refused is asked for again."""
        self._broker = broker
        self._ask_again = ask_again
        self._ask_again_at: float | None = None
        self._subscriptions = Subscriptions()
        self._waiting: deque[Delivery] = deque()
        self._arrived = threading.Condition()
        self._delivered = self._acknowledged = 0
        """On this connection."""
        self._is_let_in = False
        """Each connection that the broker lets in asks for everything that is wanted then."""
        self.connection = 0
        self.connected = threading.Event()
        """At the broker, and nothing that was asked of it was refused."""
        self.redelivered = 0
        self._client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            # The user's name, where there is one: Mosquitto is told to allow no other.
            client_id=broker.username or f"hearthwatch-ingest-{name}",
            clean_session=True,
            manual_ack=True,
            protocol=mqtt.MQTTv311,
        )
        self._client.username_pw_set(broker.username, broker.password)
        if broker.ca_file:
            self._client.tls_set(ca_certs=broker.ca_file)
        self._client.reconnect_delay_set(min_delay=1, max_delay=10)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_unsubscribe = self._on_unsubscribe
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Connect, and go on trying, in a thread of paho's own."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; what was not acknowledged is still with its kit."""
        self._client.disconnect()
        self._client.loop_stop()

    def listen_to(self, partitions: Collection[int]) -> None:
        """Hear these partitions and no other, now and after each reconnect."""
        with self._arrived:
            new, gone = self._subscriptions.change(partitions)
            if new and self._is_let_in:
                self._ask_for(new)
            if gone and self._is_let_in:
                _, number = self._client.unsubscribe([name for name, _ in _filters(gone)])
                if number is not None:
                    self._subscriptions.leaving(number, gone)

    @property
    def heard(self) -> Mapping[int, datetime]:
        """The partitions that are heard, each since when without a gap."""
        with self._arrived:
            return dict(self._subscriptions.heard)

    @property
    def is_settled(self) -> bool:
        """Whether all that was to be listened to is heard."""
        with self._arrived:
            return self._subscriptions.is_settled

    def done_with(self, partition: int) -> bool:
        """Whether nothing of a partition that was left is in hand any more."""
        with self._arrived:
            return self._subscriptions.done_with(partition, self._acknowledged)

    @property
    def in_hand(self) -> int:
        """How many messages were brought and are not acknowledged yet."""
        with self._arrived:
            return self._delivered - self._acknowledged

    @property
    def has_finished(self) -> bool:
        """Whether nothing is in hand, nor on its way from a partition that was left."""
        with self._arrived:
            return self._delivered == self._acknowledged and self._subscriptions.has_left

    def take(self, most: int, wait: float) -> list[Delivery]:
        """Whatever has arrived, at most so many and about 512 kB; waits so long for the first, not for more.

        One message may hold a hundred readings: without the bound on bytes a backlog of arrays would make one
        transaction that keeps residents locked for a minute, and the hub's pages waiting.
        """
        deadline = time.monotonic() + wait
        self._ask_where_refused()
        with self._arrived:
            while not self._waiting:
                left = deadline - time.monotonic()
                if left <= 0 or not self._arrived.wait(left):
                    break
            taken: list[Delivery] = []
            room = _MOST_BYTES
            while self._waiting and len(taken) < most and room > 0:
                taken.append(self._waiting.popleft())
                room -= len(taken[-1].payload)
            return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker it may forget these. Only ever after a durable commit."""
        with self._arrived:  # or the connection could become another between the look and the word
            ours = [one.message_number for one in deliveries if one.connection == self.connection]
            # Sent at QoS 0, it has no number and asks for no answer.
            for number in filter(None, ours):
                self._client.ack(number, 1)
            self._acknowledged += len(ours)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> Callable[[], bool]:
        """Send to a kit, QoS 1. Lost with the broker, if it is lost: what matters is in the database.

        Gives what says whether the broker has acknowledged it: never, where there was no line to send it on.
        """
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        return lambda: sent.rc is MQTTErrorCode.MQTT_ERR_SUCCESS and sent.is_published()

    def oldest_waiting(self) -> datetime | None:
        """When the message that waits longest arrived: how far behind we are."""
        with self._arrived:
            return self._waiting[0].arrived_at if self._waiting else None

    def _ask_for(self, partitions: Sequence[int]) -> None:
        _, number = self._client.subscribe(_filters(partitions))
        if number is not None:  # else the line has just broken
            self._subscriptions.asked(number, partitions)

    def _on_connect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refused us: %s", reason)
            return
        self._forget()
        self.connected.set()
        with self._arrived:
            self._is_let_in = True
            if self._subscriptions.wanted:
                self._ask_for(sorted(self._subscriptions.wanted))
        _log.info("connected to the broker")

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, number: int, reasons: Sequence[Any], _properties: Any
    ) -> None:
        granted = [not reason.is_failure for reason in reasons]
        by_partition = [all(each) for each in zip(*[iter(granted)] * len(_LEAVES), strict=False)]
        with self._arrived:
            self._subscriptions.answered(number, by_partition, datetime.now(UTC))
            refused = bool(self._subscriptions.refused)
        if refused:
            self.connected.clear()
            self._ask_again_at = time.monotonic() + self._ask_again
            _log.warning("the broker refused a subscription: no readings come; asking again")
        else:
            self._ask_again_at = None
            self.connected.set()

    def _on_unsubscribe(self, _client: mqtt.Client, _data: Any, number: int, *_: Any) -> None:
        with self._arrived:
            self._subscriptions.left(number, self._delivered)

    def _ask_where_refused(self) -> None:
        if self._ask_again_at is not None and time.monotonic() >= self._ask_again_at:
            self._ask_again_at = None
            with self._arrived:
                if again := sorted(self._subscriptions.refused):
                    self._ask_for(again)

    def _on_disconnect(self, *_: Any) -> None:
        self.connected.clear()
        self._ask_again_at = None  # a new connection subscribes anew
        self._forget()
        _log.warning("disconnected from the broker")

    def _forget(self) -> None:
        """What waits here can be acknowledged no more, and is sent again by its kit."""
        with self._arrived:
            self.connection += 1
            self._delivered = self._acknowledged = 0
            self._is_let_in = False
            self._subscriptions.begin()
            self._waiting.clear()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        delivery = Delivery(
            topic=_legible_topic(message),
            payload=bytes(message.payload),
            arrived_at=datetime.now(UTC),
            message_number=message.mid,
            connection=self.connection,
            redelivered=message.dup,
            retained=message.retain,
        )
        with self._arrived:
            self._waiting.append(delivery)
            self._delivered += 1
            self.redelivered += message.dup
            self._arrived.notify()


def _filters(partitions: Iterable[int]) -> list[tuple[str, int]]:
    return [(filter_of(partition, leaf), 1) for partition in partitions for leaf in _LEAVES]


def _legible_topic(message: mqtt.MQTTMessage) -> str:
    """An exception here would end paho's thread, so a topic that is not UTF-8 is kept as best it can be."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return repr(message)
