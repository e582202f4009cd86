"""A broker's doorkeeper: lets kits in and shuts them out as the platform asks over the broker itself.

It reads lines on one topic, which only the platform's own user may write and only it may read. `KIT:PASSWORD` lets a
kit in with this password and no other; `KIT:` lets it in no more. This one is the embedded broker's, in the process
that the broker belongs to. Mosquitto's is deploy/mosquitto/doorkeeper.
"""

import logging
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

_log = logging.getLogger(__name__)
TOPIC = "hearthwatch/doorkeeper"
USER = "doorkeeper"

Admit = Callable[[str, str], None]
"""Lets the kit in with this password and no other. Raises where that cannot be done."""
ShutOut = Callable[[str], None]


class Doorkeeper:
    """One client of the broker, with a thread of its own; it comes back by itself after each restart of the broker."""

    def __init__(self, password: str, admit: Admit, shut_out: ShutOut) -> None:
        self._admit, self._shut_out = admit, shut_out
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=USER, protocol=mqtt.MQTTv311)
        self._client.username_pw_set(USER, password)
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def start(self, host: str, port: int) -> None:
        """Connect, and listen."""
        self._client.connect_async(host, port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Listen no more."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_message = None

    @staticmethod
    def _on_connect(client: mqtt.Client, *_: Any) -> None:
        client.subscribe(TOPIC, qos=1)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        for line in message.payload.decode(errors="replace").splitlines():
            kit, _, password = line.partition(":")
            try:
                if password:
                    self._admit(kit, password)
                else:
                    self._shut_out(kit)
            except Exception:
                # Whoever asked sees that it was not done, and asks again.
                _log.exception("the doorkeeper could not do what it was asked")
