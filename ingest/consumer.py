"""Takes messages from the broker and holds them until the worker says they are safe.

Guards: nothing is acknowledged but by `acknowledge`, and an acknowledgement from before a reconnect is dropped,
since the broker may have given its number to another message; redelivery and identity heal that.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from devices.topics import PARTITIONS, Leaf, filter_of
from ingest.packets import Message
from ingest.wire import BufferedClient

_log = logging.getLogger(__name__)
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
    """The platform's subscription to a set of partitions. `take` and `acknowledge` are for one worker thread."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        partitions: Sequence[int] | None = None,
        *,
        ask_again: float = _ASK_AGAIN,
    ) -> None:
        """`ask_again`: seconds until a subscription that was refused is asked for again."""
        self._broker = broker
        self._ask_again = ask_again
        self._ask_again_at: float | None = None
        self.partitions = tuple(partitions) if partitions is not None else tuple(range(PARTITIONS))
        self._filters = [
            (filter_of(partition, leaf), 1)
            for partition in (partitions if partitions is not None else [None])
            for leaf in (Leaf.READINGS, Leaf.STATUS)
        ]
        self._waiting: deque[Delivery] = deque()
        self._arrived = threading.Condition()
        self.connection = 0
        self.connected = threading.Event()
        self.redelivered = 0
        self._client = BufferedClient(
            CallbackAPIVersion.VERSION2,
            # The user's name, where there is one: Mosquitto is told to allow no other.
            client_id=broker.username or f"hearthwatch-ingest-{name}",
            clean_session=False,
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
        self._client.on_messages = self._on_messages

    def start(self) -> None:
        """Connect, and go on trying, in a thread of paho's own."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; what was not acknowledged stays with the broker, and with its kit."""
        self._client.disconnect()
        self._client.loop_stop()

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
            self._client.confirm(number for number in ours if number)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send to a kit, QoS 1. Lost with the broker, if it is lost: what matters is in the database."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def send_once(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Send to kits, QoS 1, what they ask for again where it is lost on the way."""
        self._client.send_once(messages)

    def oldest_waiting(self) -> datetime | None:
        """When the message that waits longest arrived: how far behind we are."""
        with self._arrived:
            return self._waiting[0].arrived_at if self._waiting else None

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refused us: %s", reason)
            return
        self._forget()
        client.subscribe(self._filters)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self.connected.clear()
            self._ask_again_at = time.monotonic() + self._ask_again
            _log.warning("the broker refused a subscription: no readings come; asking again")
            return
        self._ask_again_at = None
        self.connected.set()
        _log.info("connected to the broker")

    def _ask_where_refused(self) -> None:
        if self._ask_again_at is not None and time.monotonic() >= self._ask_again_at:
            self._ask_again_at = None
            self._client.subscribe(self._filters)

    def _on_disconnect(self, *_: Any) -> None:
        self.connected.clear()
        self._ask_again_at = None  # a new connection subscribes anew
        self._forget()
        _log.warning("disconnected from the broker")

    def _forget(self) -> None:
        """A new connection redelivers what was not acknowledged: what waits here would come twice."""
        with self._arrived:
            self.connection += 1
            self._waiting.clear()

    def _on_messages(self, messages: Sequence[Message]) -> None:
        arrived_at = datetime.now(UTC)
        with self._arrived:
            self._waiting += [
                Delivery(
                    topic=_legible(topic),
                    payload=payload,
                    arrived_at=arrived_at,
                    message_number=number,
                    connection=self.connection,
                    redelivered=redelivered,
                    retained=retained,
                )
                for topic, payload, number, redelivered, retained in messages
            ]
            self.redelivered += sum(one.redelivered for one in messages)
            self._arrived.notify()


# The same kits' topics come again and again.
@lru_cache(maxsize=8192)
def _legible(topic: bytes) -> str:
    """An exception here would end paho's thread, so a topic that is not UTF-8 is kept as best it can be."""
    try:
        return topic.decode()
    except UnicodeDecodeError:
        return repr(topic)
