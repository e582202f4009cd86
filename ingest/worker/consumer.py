"""The MQTT consumer: it takes messages from the broker and holds them until the worker acknowledges them.

Guards: only `acknowledge` acknowledges a message. Acknowledgements from before a reconnect are dropped, because the
broker may have reused the message's number.

The broker stores nothing for a worker that is away. A kit sends readings without a receipt again, and does so at once
when a worker starts to listen to it.
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
from ingest.worker.subscriptions import Subscriptions
from ingest.worker.wire import BufferedClient

_log = logging.getLogger(__name__)
_LEAVES = (Leaf.READINGS, Leaf.STATUS)
_MOST_BYTES = 512 * 1024
_ASK_AGAIN = 5.0


@dataclass(frozen=True, slots=True)
class Broker:
    """The broker's address and our credentials for it."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None


class Delivery(NamedTuple):
    """One message as it arrived. `connection` is the number of the connection that brought it."""

    topic: str
    payload: bytes
    arrived_at: datetime
    message_number: int
    connection: int
    redelivered: bool
    retained: bool
    """The broker kept it from before we subscribed, so it does not show that its sender is connected now."""


class Consumer:
    """The platform's subscriptions, by partition. Only one worker thread may call it, except for `start` and `stop`."""

    def __init__(self, broker: Broker, name: str, *, ask_again: float = _ASK_AGAIN) -> None:
        """`ask_again`: seconds before a refused subscription is requested again."""
        self._broker = broker
        self._ask_again = ask_again
        self._ask_again_at: float | None = None
        self._subscriptions = Subscriptions()
        self._waiting: deque[Delivery] = deque()
        self._arrived = threading.Condition()
        self._delivered = self._acknowledged = 0
        """Counted on the current connection."""
        self._is_let_in = False
        """Whether the broker accepted this connection; each accepted connection subscribes to all wanted partitions."""
        self.connection = 0
        self.connected = threading.Event()
        """Set while connected with no subscription refused."""
        self.redelivered = 0
        self._client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            # Use the user's name if there is one: Mosquitto is configured to allow no other client id.
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
        """Connect in paho's own thread, and keep trying."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect. Readings that were not acknowledged are still on their kits."""
        self._client.disconnect()
        self._client.loop_stop()

    def listen_to(self, partitions: Collection[int]) -> None:
        """Subscribe to exactly these partitions, now and after each reconnect."""
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
        """The partitions we hear, each with the moment since when we have heard it without a gap."""
        with self._arrived:
            return dict(self._subscriptions.heard)

    @property
    def is_settled(self) -> bool:
        """Whether we hear every partition we want."""
        with self._arrived:
            return self._subscriptions.is_settled

    def done_with(self, partition: int) -> bool:
        """Whether no message of a partition we left is still in hand."""
        with self._arrived:
            return self._subscriptions.done_with(partition, self._acknowledged)

    @property
    def in_hand(self) -> int:
        """How many delivered messages are not acknowledged yet."""
        with self._arrived:
            return self._delivered - self._acknowledged

    @property
    def has_finished(self) -> bool:
        """Whether no message is in hand, or on its way from a partition we left."""
        with self._arrived:
            return self._delivered == self._acknowledged and self._subscriptions.has_left

    def take(self, most: int, wait: float) -> list[Delivery]:
        """Return up to `most` messages, about 512 kB in all.

        Wait at most `wait` seconds for the first message, and not for more.

        One message may hold a hundred readings. Without the limit on bytes, a backlog of arrays would make one
        transaction that locks residents for a minute and keeps the hub's pages waiting.
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
        """Tell the broker it may forget these messages. Call it only after a durable commit."""
        with self._arrived:  # or the connection could change after the check
            ours = [one.message_number for one in deliveries if one.connection == self.connection]
            # A message sent at QoS 0 has no number and needs no acknowledgement.
            for number in filter(None, ours):
                self._client.ack(number, 1)
            self._acknowledged += len(ours)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> Callable[[], bool]:
        """Send to a kit at QoS 1. The message is lost if the broker is: what matters is in the database.

        Returns a function that says whether the broker has acknowledged it. If there was no connection to send it on,
        that is never true.
        """
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        return lambda: sent.rc is MQTTErrorCode.MQTT_ERR_SUCCESS and sent.is_published()

    def oldest_waiting(self) -> datetime | None:
        """When the longest-waiting message arrived: how far behind we are."""
        with self._arrived:
            return self._waiting[0].arrived_at if self._waiting else None

    def _ask_for(self, partitions: Sequence[int]) -> None:
        _, number = self._client.subscribe(_filters(partitions))
        if number is not None:  # None: the connection has just broken
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
        self._ask_again_at = None  # a new connection subscribes to everything
        self._forget()
        _log.warning("disconnected from the broker")

    def _forget(self) -> None:
        """Drop the waiting messages: they can no longer be acknowledged, and their kits send them again."""
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
    """Return the topic, or the message's repr if the topic is not UTF-8: an exception would end paho's thread."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return repr(message)
