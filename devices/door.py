"""The door of a broker: shuts a kit out by the broker's doorkeeper, and sees that it is out.

Guards: only what the broker does with a sign-in is believed. A kit is out once the broker has let somebody in as it
with a password that was made for this alone, and has then refused that too: as it takes up a change it ends what other
session the kit has.
"""

import queue
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import SecretStr

from devices.doorkeeper import TOPIC
from devices.identifiers import KitId

_ASK_AGAIN_SECONDS = 2.0
_LOOK_AGAIN_SECONDS = 0.05
_REFUSALS = ("Not authorized", "Bad user name or password")


class NotShutOutError(Exception):
    """The broker has not confirmed that the kit is out; the message says what was missing."""


class _NoAnswerError(Exception):
    """The broker cannot be reached, or does not answer."""


class _RefusedError(Exception):
    """The broker refuses this user with this password."""


@dataclass(frozen=True, slots=True)
class Door:
    """One broker, and the platform's own user there, as whom its doorkeeper is asked."""

    host: str
    port: int
    username: str
    password: SecretStr
    ca_file: Path | None = None
    patience: float = field(default=15.0, kw_only=True)
    """For how many seconds what is asked may not be done."""
    answer_within: float = field(default=5.0, kw_only=True)
    """For how many seconds the broker may leave one sign-in, or one message, without an answer."""

    def shut_out(self, kit: KitId) -> None:
        """End the kit's live session, and have the broker refuse it from now on. Raises NotShutOutError."""
        name, password = str(kit), secrets.token_urlsafe(24)
        self._see_to(f"{name}:{password}", lambda: self._lets_in(name, password))
        self._see_to(f"{name}:", lambda: not self._lets_in(name, password))

    def _see_to(self, line: str, done: Callable[[], bool]) -> None:
        """Ask until it is done; what is asked twice is as good as once."""
        deadline = time.monotonic() + self.patience
        missing = "Its doorkeeper did not do what it was asked."
        while time.monotonic() < deadline:
            ask_again = min(deadline, time.monotonic() + _ASK_AGAIN_SECONDS)
            try:
                self._say(line)
                while time.monotonic() < ask_again:
                    if done():
                        return
                    time.sleep(_LOOK_AGAIN_SECONDS)
            except _NoAnswerError as error:
                missing = str(error)
                time.sleep(_LOOK_AGAIN_SECONDS)
            except _RefusedError:
                raise NotShutOutError(f"It refuses the platform's own user, {self.username!r}.") from None
        raise NotShutOutError(missing)

    def _say(self, line: str) -> None:
        with self._signed_in(self.username, self.password.get_secret_value()) as client:
            said = client.publish(TOPIC, line, qos=1)
            with suppress(RuntimeError):  # the line has just broken
                said.wait_for_publish(self.answer_within)
            if not said.is_published():
                raise _NoAnswerError("It did not take what its doorkeeper was asked.")

    def _lets_in(self, username: str, password: str) -> bool:
        try:
            with self._signed_in(username, password):
                return True
        except _RefusedError:
            return False

    @contextmanager
    def _signed_in(self, username: str, password: str) -> Iterator[mqtt.Client]:
        """Sign in with a clean session, once. Raises _NoAnswerError, _RefusedError."""
        answers: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            # Mosquitto takes the user's name in its place, and so ends the session of whom it lets in as.
            client_id=f"{username}-{secrets.token_hex(4)}",
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(username, password)
        if self.ca_file is not None:
            client.tls_set(ca_certs=str(self.ca_file))
        client.connect_timeout = self.answer_within
        client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.put(reason)
        try:
            client.connect(self.host, self.port, keepalive=30)
        except OSError as error:
            raise _NoAnswerError(f"It cannot be reached at {self.host}:{self.port}: {error}.") from None
        client.loop_start()
        try:
            _require_accepted(answers, self.answer_within)
            yield client
        finally:
            client.disconnect()
            client.loop_stop()
            client.on_connect = None


def _require_accepted(answers: "queue.SimpleQueue[ReasonCode]", seconds: float) -> None:
    try:
        reason = answers.get(timeout=seconds)
    except queue.Empty:
        raise _NoAnswerError("It does not answer.") from None
    if reason.getName() in _REFUSALS:
        raise _RefusedError
    if reason.is_failure:
        raise _NoAnswerError(f"It answers: {reason}.")
