"""An embedded MQTT broker (NATS with JetStream), from a wheel, that lives exactly as long as its parent process.

Guards: the access rules are those of deploy/mosquitto/acl. A kit writes only its own readings and status, and reads
only what is addressed to it. A revoked kit loses its live session at once.
"""

import json
import re
import secrets
import shutil
import signal
import socket
import sysconfig
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from api.embedded.process import EmbeddedServiceError, SupervisedProcess, free_port, require_free_port
from devices.doorkeeper import TOPIC as DOORKEEPERS_TOPIC
from devices.doorkeeper import USER as DOORKEEPER
from devices.doorkeeper import Doorkeeper
from devices.topics import PARTITIONS

START_SECONDS = 60.0
PLATFORM = "platform"
# One user for each ingest worker, as in deploy/mosquitto/acl.
WORKERS = tuple(f"{PLATFORM}-{number}" for number in range(1, 17))
LARGEST_MESSAGE = 1_000_000
# With this many unacknowledged messages of one subscription the broker waits. It allows 65,535 for all subscriptions of
# a client together, and one worker alone has two for each of 16 partitions.
MOST_UNACKNOWLEDGED = 2_000
# A topic's levels become tokens of a subject, in which only these characters have no other meaning.
PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
READ_BY_KIT = ("receipts", "messages", "config")
WRITTEN_BY_KIT = ("readings", "status")
MQTT_ACCEPTED = b"\x20\x02\x00\x00"


def program() -> Path:
    """Return the path of the broker's program, which its wheel puts beside Python."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise EmbeddedServiceError("The embedded broker is not installed: run `make setup`.")
    return Path(found)


class EmbeddedBroker:
    """One broker on one data folder; a later start finds its sessions and retained messages again."""

    kind = "embedded"
    host = "127.0.0.1"
    username = PLATFORM

    def __init__(
        self, data_dir: Path, port: int | None = None, users: Mapping[str, str] | None = None
    ) -> None:
        """`users` are the kits' passwords by kit id; without a port a free one is taken."""
        self._folder = data_dir.resolve()
        self._asked_port = port
        self.port = port or free_port()
        self.password = secrets.token_urlsafe(24)
        self._kits: dict[str, str] = {}
        self._changing = threading.Lock()
        self._doorkeepers_password = secrets.token_urlsafe(24)
        self._doorkeeper: Doorkeeper | None = None
        self._process: SupervisedProcess | None = None
        self._add(users or {})

    @property
    def pid(self) -> int:
        """The broker's own process id."""
        return self._running().pid

    @property
    def process(self) -> SupervisedProcess:
        """The broker's process, for watching. Raises EmbeddedServiceError where it was not started."""
        return self._running()

    def start(self) -> None:
        """Start the broker, and return once the platform can sign in."""
        if self._asked_port is not None:
            require_free_port(self._asked_port, "--mqtt-port")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._write_configuration()
        self._process = SupervisedProcess(
            [str(program()), "--config", str(self._configuration)], self._folder / "broker.log"
        )
        self._wait_for(lambda: self._lets_in(self.username, self.password), "let the platform sign in")
        self._dismiss_doorkeeper()
        self._doorkeeper = Doorkeeper(
            self._doorkeepers_password, lambda kit, password: self.admit({kit: password}), self.revoke
        )
        self._doorkeeper.start(self.host, self.port)

    def stop(self) -> None:
        """Stop the broker in order."""
        self._dismiss_doorkeeper()
        if self._process is not None:
            self._process.stop()
        self._process = None

    def kill(self) -> None:
        """Kill the broker as a power cut would."""
        self._dismiss_doorkeeper()
        self._running().kill()
        self._process = None

    def admit(self, kits: Mapping[str, str]) -> None:
        """Let kits sign in, each with its password, by kit id; those admitted before are not disturbed."""
        with self._changing:
            new = {kit: password for kit, password in kits.items() if self._kits.get(kit) != password}
            if not new:
                # A reload refuses sign-ins while it runs, and nothing tells when it has ended.
                return
            self._add(new)
            probed, password = next(iter(new.items()))
            self._reload(lambda: self._lets_in(probed, password))

    def revoke(self, kit: str) -> None:
        """Shut a kit out and end its live session."""
        with self._changing:
            password = self._kits.pop(kit, None)
            if password is not None:
                self._reload(lambda: self._lets_in(kit, password) is False)

    def _dismiss_doorkeeper(self) -> None:
        if self._doorkeeper is not None:
            self._doorkeeper.stop()
        self._doorkeeper = None

    @property
    def _configuration(self) -> Path:
        return self._folder / "broker.conf"

    def _add(self, kits: Mapping[str, str]) -> None:
        for kit in kits:
            if not PLAIN_ID.fullmatch(kit) or kit in (PLATFORM, DOORKEEPER, *WORKERS):
                raise ValueError(f"{kit!r} cannot be a kit's name at the broker.")
        self._kits.update(kits)

    def _running(self) -> SupervisedProcess:
        if self._process is None:
            raise EmbeddedServiceError("The embedded broker is not running.")
        return self._process

    def _reload(self, taken_up: Callable[[], bool | None]) -> None:
        if self._process is None:
            return
        self._write_configuration()
        self._process.signal(signal.SIGHUP)
        self._wait_for(taken_up, "take up its new configuration")

    def _write_configuration(self) -> None:
        """Write a temporary file and move it, so that a reload never reads half a file.

        JSON is valid here.
        """
        text = json.dumps(self._settings(), indent=1)
        making = self._configuration.with_suffix(".making")
        making.touch(mode=0o600)
        making.write_text(text)
        making.rename(self._configuration)

    def _settings(self) -> dict[str, object]:
        return {
            "server_name": "hearthwatch",
            "host": self.host,
            "port": -1,
            "max_payload": LARGEST_MESSAGE,
            "logtime_utc": True,
            # Each subscription of a kit is a consumer; the default of 1,000 would allow some 330 kits.
            "jetstream": {
                "store_dir": str(self._folder / "store"),
                "limits": {"default_max_consumers": 100_000},
            },
            "mqtt": {
                "host": self.host,
                "port": self.port,
                "max_ack_pending": MOST_UNACKNOWLEDGED,
                "ack_wait": "60s",
            },
            "authorization": {
                "users": [
                    *map(self._platform_user, (PLATFORM, *WORKERS)),
                    self._doorkeeper_user(),
                    *map(self._kit_user, self._kits),
                ]
            },
        }

    def _platform_user(self, name: str) -> dict[str, object]:
        # In MQTT `hearthwatch/v1/#` also matches the level above it.
        everything = ["hearthwatch.v1", "hearthwatch.v1.>"]
        asked = [_subject(DOORKEEPERS_TOPIC)] if name == PLATFORM else []
        return self._user(name, self.password, everything + asked, everything)

    def _doorkeeper_user(self) -> dict[str, object]:
        return self._user(DOORKEEPER, self._doorkeepers_password, [], [_subject(DOORKEEPERS_TOPIC)])

    def _kit_user(self, kit: str) -> dict[str, object]:
        writes = [
            f"hearthwatch.v1.{partition}.kits.{kit}.{leaf}"
            for partition in range(PARTITIONS)
            for leaf in WRITTEN_BY_KIT
        ]
        reads = [f"hearthwatch.v1.*.kits.{kit}.{leaf}" for leaf in READ_BY_KIT]
        return self._user(kit, self._kits[kit], writes, reads)

    @staticmethod
    def _user(name: str, password: str, writes: list[str], reads: list[str]) -> dict[str, object]:
        return {
            "user": name,
            "password": password,
            "allowed_connection_types": ["MQTT"],
            "permissions": {"publish": {"allow": writes}, "subscribe": {"allow": reads}},
        }

    def _wait_for(self, condition: Callable[[], bool | None], what: str) -> None:
        process = self._running()
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            if not process.running or time.monotonic() > deadline:
                words = process.last_words()
                self.stop()
                raise EmbeddedServiceError(f"The embedded broker did not {what}:\n{words}")
            time.sleep(0.02)

    def _lets_in(self, username: str, password: str) -> bool | None:
        """Sign in as MQTT 3.1.1 does, with a clean session, and leave; return None where the broker gives no answer."""
        try:
            with socket.create_connection((self.host, self.port), timeout=5) as connection:
                connection.sendall(connect_packet(f"probe-{secrets.token_hex(6)}", username, password))
                answer = connection.recv(4)
        except OSError:
            return None
        return answer == MQTT_ACCEPTED if answer else None


def _subject(topic: str) -> str:
    return topic.replace("/", ".")


def connect_packet(client_id: str, username: str, password: str) -> bytes:
    """Build an MQTT 3.1.1 CONNECT (section 3.1): clean session, user name and password, keep-alive of 5 s."""
    fields = (client_id.encode(), username.encode(), password.encode())
    payload = b"".join(len(field).to_bytes(2) + field for field in fields)
    body = b"\x00\x04MQTT\x04\xc2\x00\x05" + payload
    return b"\x10" + remaining_length(len(body)) + body


def remaining_length(length: int) -> bytes:
    """Encode a length as MQTT does: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while True:
        length, low = divmod(length, 128)
        encoded.append(low | (0x80 if length else 0))
        if not length:
            return bytes(encoded)
