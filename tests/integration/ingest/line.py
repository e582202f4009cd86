"""Two kits with the real gateway, a broker, and ingest in a process of its own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker
from tests.fixtures.databases import Database
from tests.fixtures.ingest_process import IngestProcess
from tests.fixtures.length import seed
from tests.fixtures.live_kits import LiveKit, live_kits
from tests.fixtures.machine import PATIENCE_SECONDS


class Line:
    """Two kits, ingest in its own process, and a platform's user who may say anything on any topic."""

    def __init__(
        self, database: Database, broker: Broker, kits: list[LiveKit], ingest: IngestProcess
    ) -> None:
        self.database, self.kits, self.ingest = database, kits, ingest
        self.anybody = mqtt.Client(CallbackAPIVersion.VERSION2, "anybody")
        self.anybody.username_pw_set(broker.username, broker.password)
        self.anybody.connect("127.0.0.1", broker.port)
        self.anybody.loop_start()

    def say(self, where: str, payload: bytes) -> None:
        self.anybody.publish(where, payload, qos=1).wait_for_publish(PATIENCE_SECONDS)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.connect() as conn:
            return conn.execute(query, values or None).fetchall()  # pyright: ignore[reportArgumentType]

    def close(self) -> None:
        self.anybody.disconnect()
        self.anybody.loop_stop()


@contextmanager
def running_line(
    database: Database, broker: Broker, folder: Path, *, untroubled: bool = True
) -> Iterator[Line]:
    """Everything running; nothing may have had to be tried again, unless the test is about that."""
    ingest = IngestProcess(database, broker, folder / "ingest.log")
    kits = (n.Kit(n.KIT, 1), n.Kit(n.SECOND_KIT, 2))
    with live_kits(folder, broker, kits, random.Random(seed())) as live:
        ingest.start()
        line = Line(database, broker, live, ingest)
        try:
            yield line
            assert not untroubled or ingest.metric("retries_total") == 0
            assert ingest.stop() == 0
        finally:
            line.close()
            if ingest.running:
                ingest.kill()
