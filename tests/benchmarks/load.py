"""The load: what 500 kits send, made from a seed, and the process that publishes it.

Invariant: every payload is one that a kit could send, and the moment each reading was published is written down
before it leaves. Run as a process of its own: python -m tests.benchmarks.load ORDER.json
"""

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from paho.mqtt.client import MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from devices.identifiers import OutboxEpoch, new_reading_id, new_uuid7
from devices.kits import Kit, KitSheet, WatchedResident
from devices.reading import Device, DeviceKind, OperatorKnownBy, ReadingPayload, encode
from devices.topics import Leaf, topic
from ingest.worker.wire import BufferedClient

ONE_SET_IN = 100
"""One set of observations in so many is grave, and raises or joins an escalation."""
SPREAD = timedelta(minutes=50)
"""Sets are taken evenly over this stretch of time, the last one now."""
IN_FLIGHT = 1_000
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the process is to publish. Kits share these few users' connections: 500 of them would be the load."""

    host: str
    port: int
    usernames: list[str]
    password: str
    sheet: str
    readings: int
    in_array: int
    rate: float
    """Messages a second; 0 is as fast as the broker takes them."""
    seed: int
    written: str
    """Where to write, for each reading: its id, and when it was published in Unix seconds."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))


@dataclass(frozen=True, slots=True)
class Sending:
    """One message."""

    topic: str
    payload: bytes
    readings: tuple[UUID, ...]


@dataclass(slots=True)
class _Outbox:
    """A kit's numbering."""

    kit: Kit
    epoch: OutboxEpoch
    seq: int = 0
    turn: int = 0

    def next_resident(self) -> WatchedResident:
        self.turn += 1
        return self.kit.residents[self.turn % len(self.kit.residents)]


def sendings(kits: Sequence[Kit], readings: int, in_array: int, seed: int, at: datetime) -> Iterator[Sending]:
    """So many readings, one after another from each kit in turn, each message holding `in_array` of them."""
    rng = Random(seed)
    outboxes = [_Outbox(kit, OutboxEpoch(new_uuid7())) for kit in kits if kit.residents]
    waiting: list[list[ReadingPayload]] = [[] for _ in outboxes]
    made = 0
    for number in range(readings // in_array):
        kit = number % len(outboxes)
        outbox, held = outboxes[kit], waiting[kit]
        while len(held) < in_array:
            taken_at = at - SPREAD * (1 - made / readings)
            held += _set_of(outbox, taken_at, rng)
            made += 4
        sent, waiting[kit] = held[:in_array], held[in_array:]
        name = topic(outbox.kit.partition, outbox.kit.kit_id, Leaf.READINGS)
        yield Sending(name, encode(sent), tuple(one.reading_id for one in sent))


def _set_of(outbox: _Outbox, taken_at: datetime, rng: Random) -> list[ReadingPayload]:
    """A set of observations as a kit sends it: three instruments, then what the carer counted and saw."""
    resident = outbox.next_resident()
    grave = rng.randrange(ONE_SET_IN) == 0
    usual = 97 if resident.spo2_scale == 1 else 90
    pulse = 124 if grave else rng.randrange(62, 88)
    said: list[tuple[DeviceKind, dict[str, Any]]] = [
        (
            DeviceKind.BLOOD_PRESSURE_MONITOR,
            {"systolic": rng.randrange(118, 146), "diastolic": rng.randrange(66, 84), "pulse": pulse},
        ),
        (DeviceKind.THERMOMETER, {"temperature": 39.2 if grave else rng.randrange(364, 374) / 10}),
        (DeviceKind.PULSE_OXIMETER, {"spo2": usual - 7 if grave else usual, "pulse": pulse}),
        (
            DeviceKind.PERSON,
            {"respiration_rate": 26 if grave else 16, "on_oxygen": False, "consciousness": "A"},
        ),
    ]
    worker = rng.choice(outbox.kit.workers) if outbox.kit.workers else None
    made: list[ReadingPayload] = []
    for place, (kind, values) in enumerate(said):
        outbox.seq += 1
        made.append(
            ReadingPayload(
                reading_id=new_reading_id(),
                outbox_epoch=outbox.epoch,
                seq=outbox.seq,
                taken_at=taken_at + timedelta(seconds=place - len(said)),
                resident=resident.resident_id,
                kit=outbox.kit.kit_id,
                taken_by=worker,
                operator_known_by=OperatorKnownBy.PIN if worker else None,
                device=Device(kind=kind, model=None if kind is DeviceKind.PERSON else f"Synthetic {kind}"),
                values=values,
                scheduled_full_set=kind is DeviceKind.PERSON,
            )
        )
    return made


class _Line:
    """One connection that several kits share."""

    def __init__(self, order: Order, username: str) -> None:
        self._client = BufferedClient(CallbackAPIVersion.VERSION2, client_id=username, protocol=MQTTv311)
        self._client.username_pw_set(username, order.password)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.on_connect = lambda *_: self._connected.set()
        self._client.on_publish = self._acknowledged
        self._connected = threading.Event()
        self._changed = threading.Condition()
        self._sent = self._confirmed = 0
        self._client.connect(order.host, order.port)
        self._client.loop_start()
        if not self._connected.wait(PATIENCE_SECONDS):
            raise TimeoutError("The broker did not let the load in.")

    def publish(self, sending: Sending) -> None:
        """At most twice the window waits in memory, or a fast publisher would hold the whole backlog."""
        with self._changed:
            self._changed.wait_for(lambda: self._sent - self._confirmed < 2 * IN_FLIGHT, PATIENCE_SECONDS)
            self._sent += 1
        self._client.publish(sending.topic, sending.payload, qos=1)

    def finish(self) -> None:
        """Wait until the broker has taken all of it."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._confirmed == self._sent, PATIENCE_SECONDS):
                raise TimeoutError(f"The broker took {self._confirmed} of {self._sent} messages.")
        self._client.disconnect()
        self._client.loop_stop()

    def _acknowledged(self, *_: Any) -> None:
        with self._changed:
            self._confirmed += 1
            self._changed.notify()


def publish(order: Order) -> None:
    """Publish it all, at its rate, and write down when each reading left."""
    kits = KitSheet.read(Path(order.sheet)).kits
    messages = list(sendings(kits, order.readings, order.in_array, order.seed, datetime.now(UTC)))
    lines = [_Line(order, username) for username in order.usernames]
    left: list[float] = []
    started = time.perf_counter()
    for number, message in enumerate(messages):
        if order.rate:
            _wait_until(started + number / order.rate)
        left.append(time.time())
        lines[number % len(lines)].publish(message)
    for line in lines:
        line.finish()
    with Path(order.written).open("w") as file:
        for moment, message in zip(left, messages, strict=True):
            file.writelines(f"{one} {moment:.6f}\n" for one in message.readings)


def _wait_until(due: float) -> None:
    ahead = due - time.perf_counter()
    if ahead > 0:
        time.sleep(ahead)


def published(path: Path) -> dict[UUID, float]:
    """When each reading was published, Unix seconds."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {UUID(one): float(moment) for one, moment in lines}


if __name__ == "__main__":
    publish(Order(**json.loads(Path(sys.argv[1]).read_text())))
