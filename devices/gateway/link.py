"""One kit's link to the broker: MQTT 3.1.1, QoS 1, with a session that outlives the connection.

Guards: the outbox is the only queue. Each connection gets a new client. So only what the gateway chose is published
again, and an acknowledgement of an earlier connection cannot confirm anything.
"""

import logging
import random
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from paho.mqtt import client as mqtt
from paho.mqtt.enums import MQTTErrorCode
from pydantic import ValidationError

from devices.gateway.gateway import Envelope, Gateway
from devices.gateway.session import Credentials, LinkSettings, new_client, tls_context
from devices.kits import Broker
from devices.receipt import Message, Status, encode_message
from devices.topics import Leaf, topic

log = logging.getLogger(__name__)

Wire = Callable[[bytes], Sequence[bytes]]
"""Maps a payload to what is sent: itself, or in a simulation nothing, two copies, or garbage."""


Renew = Callable[[Credentials, Broker], tuple[Credentials, Broker]]
"""Maps the credentials and broker last used to those to use now."""


def _straight(payload: bytes) -> Sequence[bytes]:
    return (payload,)


class Link:
    """A connection that comes and goes, driven by one thread."""

    def __init__(
        self,
        gateway: Gateway,
        credentials: Credentials,
        broker: Broker,
        *,
        settings: LinkSettings | None = None,
        rng: random.Random | None = None,
        wire: Wire = _straight,
        renew: Renew | None = None,
    ) -> None:
        """`renew` returns the credentials and broker to use from now on; it is asked before each connection."""
        self.gateway = gateway
        self.on_change: Callable[[], None] | None = None
        self.battery: int | None = None
        self.on_message: Callable[[Message], None] | None = None
        self.up = False
        self.watched: tuple[socket.socket, int] | None = None
        """The loop's own note: the socket and events it watches for this link."""
        self.scheduled = float("inf")
        """The loop's own note: when it looks at this link next."""
        self._offline = False
        self._credentials = credentials
        self._broker = broker
        self._settings = settings or LinkSettings()
        self._rng = rng or random.Random()
        self._wire = wire
        self._client: mqtt.Client | None = None
        self._renew = renew
        self._tls = tls_context(broker, credentials)
        self._unconfirmed: dict[int, Envelope] = {}
        self.failures = 0
        """Connections lost or refused since the link was last up."""
        self._next_try = 0.0
        self._next_misc = 0.0
        self._next_status = 0.0
        self._told_disk_full = False
        self._next_subscribe: float | None = None
        """When to ask again for refused subscriptions: a full broker may have room later."""
        self._now = 0.0

    @property
    def offline(self) -> bool:
        """Whether the kit is off the network on purpose. May be set from any thread."""
        return self._offline

    @offline.setter
    def offline(self, offline: bool) -> None:
        self._offline = offline
        if self.on_change:
            self.on_change()

    @property
    def socket(self) -> socket.socket | None:
        """The open socket, for a selector."""
        return cast("socket.socket | None", self._client.socket() if self._client else None)

    @property
    def wants_write(self) -> bool:
        """Whether bytes wait for the socket."""
        return self._client is not None and self._client.want_write()

    @property
    def wants_connection(self) -> bool:
        """Whether the link is down and should be up."""
        return self._client is None and not self.offline

    @property
    def wake_at(self) -> float:
        """When `tick` has something to do, whatever the socket does."""
        if self._client is None:
            return float("inf") if self.offline else self._next_try
        if self.offline:
            return 0.0
        return min(self._next_misc, self.gateway.wake_at) if self.up else self._next_misc

    def connect(self, now: float) -> bool:
        """Try to connect, for at most `connect_within` seconds. Returns whether the socket opened."""
        self._now = now
        self._take_what_is_new()
        client = self._fresh_client()
        try:
            client.connect(self._broker.host, self._broker.port, self._settings.keepalive)
        except (OSError, ValueError) as error:
            log.info("The broker cannot be reached: %s", error)
            self._count_failure(now)
            return False
        self._client = client
        self._next_misc = now + 1
        self._next_try = now + self._settings.answer_within
        return True

    def read(self, now: float) -> None:
        """Read the bytes that the socket has."""
        self._now = now
        if not self._client:
            return
        failed = self._client.loop_read()
        sock = self._client.socket()
        while not failed and isinstance(sock, ssl.SSLSocket) and sock.pending():  # no selector sees these
            failed = self._client.loop_read()
            sock = self._client.socket()
        self._mind(failed)

    def write(self, now: float) -> None:
        """Write the bytes that the socket takes."""
        self._now = now
        if self._client:
            self._mind(self._client.loop_write())

    def tick(self, now: float) -> None:
        """Keep alive, notice what is stuck, and publish what is due."""
        self._now = now
        if self._client and self.offline:
            self._drop("The kit was taken off the network.")
        if self._client and now >= self._next_misc:
            self._next_misc = now + 1
            self._mind(self._client.loop_misc())
            self._look_after(now)
        if self.up and self.gateway.wake_at <= now:
            for envelope in self.gateway.envelopes(now):
                self._publish(envelope)

    def _look_after(self, now: float) -> None:
        self.gateway.tidy(now)
        if not self._client:
            return
        if not self.up and now >= self._next_try:
            self._drop("The broker did not answer in time.")
        elif self.gateway.stuck(now):
            self._drop("The broker left something unacknowledged.")
        elif self.up and self._next_subscribe is not None and now >= self._next_subscribe:
            self._next_subscribe = now + self._settings.answer_within
            self._subscribe(self._client)
        elif self.up and (now >= self._next_status or self._told_disk_full != self.gateway.outbox.disk_full):
            self._tell_status(now, online=True)

    def clock_set_back(self, now: float) -> None:
        """Bring all waiting times near again: by a clock that was set back they would be far off."""
        self._next_try = min(self._next_try, now + self._settings.longest_reconnect)
        self._next_misc = min(self._next_misc, now)
        self._next_status = min(self._next_status, now)
        if self._next_subscribe is not None:
            self._next_subscribe = min(self._next_subscribe, now)
        self.gateway.nudge()

    def farewell(self, now: float) -> None:
        """Say that the kit goes offline on purpose. Bytes may still wait for the socket."""
        if self._client and self.up:
            self._tell_status(now, online=False)
            if self._client:
                self._client.disconnect()

    def close(self) -> None:
        """Hang up. Readings without a receipt stay in the outbox."""
        if self._client:
            self._drop("The gateway stops.")

    def _take_what_is_new(self) -> None:
        """Use a new secret, certificate or address for the next connection, also a certificate overwritten in place."""
        last = self._credentials, self._broker
        renewed, broker = self._renew(*last) if self._renew else last
        if (renewed, broker) == last and renewed.certificate_file is None:
            return
        try:
            self._tls = tls_context(broker, renewed)
        except OSError:  # SSLError too: half-written certificate and key files do not match
            log.warning("The certificate cannot be read: the credential of before stays in use.")
            return
        if (renewed, broker) != last:
            self._credentials, self._broker = renewed, broker
            log.info("Signing in with a new credential, or at a new address, from now on.")

    def _fresh_client(self) -> mqtt.Client:
        client = new_client(self._credentials, self._settings, self._tls)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_arrival
        return client

    def _topic(self, leaf: Leaf) -> str:
        return topic(self._credentials.partition, self._credentials.kit, leaf)

    def _on_connect(self, client: mqtt.Client, _data: Any, flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("The broker refused this kit: %s", reason)
            return
        self.gateway.connected(self._now, session_present=flags.session_present)
        self._subscribe(client)  # not up before the answer: receipts sent earlier would be lost

    def _on_subscribe(self, _client: Any, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = any(reason.is_failure for reason in reasons)
        if refused and self._next_subscribe is None:
            log.warning("The broker refused a subscription: readings are sent, receipts may not arrive yet.")
        self._next_subscribe = self._now + self._settings.answer_within if refused else None
        if not self.up:
            self.up = True
            self.failures = 0
            self._next_status = self._next_misc = self._now  # sent at the next tick, outside paho's callback

    def _subscribe(self, client: mqtt.Client) -> None:
        client.subscribe([(self._topic(leaf), 1) for leaf in (Leaf.CONFIG, Leaf.RECEIPTS, Leaf.MESSAGES)])

    def _on_publish(self, _client: Any, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        envelope = self._unconfirmed.pop(mid, None)
        if envelope:
            self.gateway.confirmed(envelope)

    def _on_arrival(self, _client: Any, _data: Any, arrived: mqtt.MQTTMessage) -> None:
        try:
            leaf = Leaf(arrived.topic.rsplit("/", 1)[-1])
            self._take(leaf, bytes(arrived.payload), retained=arrived.retain)
        except Exception:  # an exception here would end the links of every kit on this thread
            log.exception("What the platform said could not be applied; it will be said again.")

    def _take(self, leaf: Leaf, payload: bytes, *, retained: bool) -> None:
        if leaf is Leaf.RECEIPTS:
            self.gateway.take_receipts(payload, self._now)
        elif leaf is Leaf.CONFIG and payload:  # empty: a retained config was cleared
            self.gateway.take_config(payload, self._now, retained=retained)
        elif leaf is Leaf.MESSAGES and self.on_message:
            try:
                message = Message.model_validate_json(payload)
            except ValidationError:
                log.warning("A message from the hub could not be read.")
                return
            self.on_message(message)

    def _publish(self, envelope: Envelope) -> None:
        if not self._client:  # the link went down while earlier messages were written
            return
        last = None
        for payload in self._wire(envelope.payload):
            last = self._client.publish(self._topic(Leaf.READINGS), payload, qos=1)
        if last is None:
            self.gateway.confirmed(envelope)  # lost on the way, as an acknowledging broker may lose it
        elif self._client.socket():
            self._unconfirmed[last.mid] = envelope
        else:
            self._mind(MQTTErrorCode.MQTT_ERR_CONN_LOST)

    def _tell_status(self, now: float, *, online: bool) -> None:
        self._next_status = now + self._settings.status_every
        outbox = self.gateway.outbox
        self._told_disk_full = outbox.disk_full
        status = Status(
            online=online,
            battery=self.battery,
            outbox_length=outbox.waiting(),
            clock=datetime.fromtimestamp(now, UTC),
            sent_seq=outbox.last_seq(),
            not_kept_whole=outbox.not_kept_whole(),
            let_go=outbox.let_go(),
            disk_full=outbox.disk_full,
        )
        if self._client:
            self._client.publish(self._topic(Leaf.STATUS), encode_message(status), qos=1, retain=True)
            if not self._client.socket():
                self._mind(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        outbox.try_disk()  # only once it was told: a disk that was full for a moment refused a reading too

    def _mind(self, outcome: MQTTErrorCode) -> None:
        if self._client and (outcome or self._client.socket() is None):
            self._drop(f"The line went down: {mqtt.error_string(outcome)}")

    def _drop(self, why: str) -> None:
        log.info("%s", why)
        client, self._client, self.up = self._client, None, False
        self._unconfirmed.clear()
        if client and (sock := client.socket()):
            sock.close()
        self.gateway.hung_up(self._now)
        self._count_failure(self._now)

    def _count_failure(self, now: float) -> None:
        wait = min(
            self._settings.longest_reconnect, self._settings.first_reconnect * 2 ** min(self.failures, 20)
        )
        self.failures += 1
        self._next_try = now + wait * self._rng.uniform(0.5, 1.0)
