"""Two others that store what kits send and do nothing else, to stand beside: mq-bridge, and what anybody would write.

Invariant: both acknowledge to the broker only after their commit, as we do. Neither scores, escalates, tells a
duplicate from a conflict or writes a receipt. Each runs as a process of its own, told by BENCH_ORDER where to look:
python -m tests.benchmarks.peers mq-bridge|executemany
"""

import json
import os
import signal
import sys
import threading
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote

import mq_bridge
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from devices.topics import Leaf, filter_of

ORDER = "BENCH_ORDER"
MOST = 1_000
# Of what was tried, the fastest: its own insert of whole payloads, one batch at a time, in batches of up to 1,000.
# COPY needs a column for each field, drains no faster, and commits a live message 50 ms later; more at once is slower.
BRIDGE_BATCH = 1_000
BRIDGE_CONCURRENCY = 1
TABLES: LiteralString = """
CREATE SCHEMA peers;
CREATE TABLE peers.bridged (payload bytea NOT NULL);
CREATE TABLE peers.plain (reading_id uuid PRIMARY KEY, topic text NOT NULL, payload jsonb NOT NULL);
"""
_PLAIN: LiteralString = "INSERT INTO peers.plain VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_READINGS = filter_of(None, Leaf.READINGS)


@dataclass(frozen=True, slots=True)
class Order:
    """Where to take from and where to put it. `room` is how many messages may wait inside mq-bridge."""

    host: str
    port: int
    username: str
    password: str
    conninfo: str
    room: int

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))


def bridge(order: Order, stopping: threading.Event) -> None:
    """mq-bridge, which stores each payload as it came."""
    route = mq_bridge.Route.from_config({"readings": _route(order)}, "readings")
    route.start()
    stopping.wait()
    route.stop()


def _route(order: Order) -> dict[str, Any]:
    place = conninfo_to_dict(order.conninfo)
    who = f"{place['user']}:{quote(str(place.get('password', '')))}"
    return {
        "batch_size": BRIDGE_BATCH,
        "concurrency": BRIDGE_CONCURRENCY,
        "startup_timeout_ms": 60_000,
        "input": {
            "mqtt": {
                "url": f"tcp://{order.host}:{order.port}",
                "topic": _READINGS,
                "username": order.username,
                "password": order.password,
                "client_id": order.username,
                "qos": 1,
                "clean_session": False,
                "protocol": "v3",
                "queue_capacity": order.room,
                "max_inflight": MOST,
            }
        },
        "output": {
            "sqlx": {
                "url": f"postgres://{who}@{place['host']}:{place.get('port', 5432)}/{place['dbname']}",
                "table": "peers.bridged",
            }
        },
    }


def executemany(order: Order, stopping: threading.Event) -> None:
    """paho and psycopg as their first pages show them, but for manual acknowledgement after the commit."""
    waiting: deque[mqtt.MQTTMessage] = deque()
    arrived = threading.Condition()

    def keep(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        with arrived:
            waiting.append(message)
            arrived.notify()

    def subscribe(client: mqtt.Client, *_: Any) -> None:
        client.subscribe(_READINGS, 1)

    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=order.username,
        clean_session=False,
        manual_ack=True,
        protocol=mqtt.MQTTv311,
    )
    client.username_pw_set(order.username, order.password)
    client.on_connect = subscribe
    client.on_message = keep
    client.connect(order.host, order.port)
    client.loop_start()
    with psycopg.connect(order.conninfo) as conn:
        while not stopping.is_set():
            with arrived:
                arrived.wait_for(lambda: waiting or stopping.is_set(), 0.5)
                taken = [waiting.popleft() for _ in range(min(MOST, len(waiting)))]
            _store(conn, taken)
            for message in taken:
                client.ack(message.mid, message.qos)
    client.disconnect()
    client.loop_stop()


def _store(conn: psycopg.Connection[Any], messages: list[mqtt.MQTTMessage]) -> None:
    if not messages:
        return
    rows = [(message.topic, json.loads(message.payload)) for message in messages]
    with conn.cursor() as cursor:
        cursor.executemany(_PLAIN, [(said["reading_id"], topic, Jsonb(said)) for topic, said in rows])
    conn.commit()


def main() -> None:
    order = Order(**json.loads(Path(os.environ[ORDER]).read_text()))
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    {"mq-bridge": bridge, "executemany": executemany}[sys.argv[1]](order, stopping)


if __name__ == "__main__":
    main()
