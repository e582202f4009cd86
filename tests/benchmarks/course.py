"""One contender over one course: a fresh database, the same neighbourhood, and either a backlog or a steady rate.

Invariant: a message counts when the database says that its transaction committed (`pg_xact_commit_timestamp`), never
when somebody says so; nobody else's session at the broker keeps a copy of the load.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, LiteralString
from uuid import UUID

import paho.mqtt.client as mqtt
import psutil
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from api.demo.watcher import Heard, Watcher
from api.embedded.process import SupervisedProcess
from devices.topics import PARTITIONS, Leaf, filter_of
from tests.benchmarks import contenders, load, peers
from tests.benchmarks.contenders import Contender, Member
from tests.benchmarks.stage import Stage
from tests.fixtures.containers import wait_until

HOMES, RESIDENTS_PER_HOME = 125, 48
"""125 homes of 48 residents have 500 kits."""
PATIENCE_SECONDS = 600.0
WARM_UP, WARM_UP_RATE = 500, 250
_LOOK_EVERY = 0.25
_numbers = count(1)
# A worker that is held still must not lose what it holds meanwhile.
_NOBODY_TAKES_OVER: LiteralString = "UPDATE ingest.worker SET works_until = 'infinity'"
_WORKED_ON: LiteralString = """
SELECT count(*) FROM ingest.partition_lease
JOIN ingest.heartbeat ON heartbeat.partition = partition_lease.partition AND process = 'ingest' AND beat_at >= taken_at
GROUP BY worker
"""


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of a backlog. `spent`: seconds of processor by part, over `spent_on` readings."""

    commits: list[tuple[float, int]]
    finished: float
    spent: dict[str, float]
    spent_on: int


@dataclass(frozen=True, slots=True)
class Lived:
    """What became of a steady rate: when each reading was sent, committed, and heard of at the hub."""

    sent: dict[UUID, float]
    committed: dict[UUID, float]
    heard: list[Heard]
    spent: dict[str, float]


class Course:
    """Run `drain` or `live` once."""

    def __init__(self, stage: Stage, contender: Contender) -> None:
        self._stage = stage
        self._contender = contender
        self._number = next(_numbers)
        self._conninfo = stage.database(f"course_{self._number}")
        seeded = stage.settle(self._conninfo, homes=HOMES, residents_per_home=RESIDENTS_PER_HOME)
        self._password = seeded.cast.password
        self._sheet = stage.folder / "kits.json"
        seeded.sheet.write(self._sheet)
        with psycopg.connect(self._conninfo, autocommit=True) as conn:
            conn.execute(peers.TABLES)

    def drain(self, readings: int, in_array: int) -> Drained:
        """Everything waits at the broker when the contender starts, or is let go on."""
        with self._receipts() as receipts, self._backlogged(readings, in_array) as processes:
            first = self._wait(processes, self._committed, 1)
            begun = self._spent(processes)
            self._wait(processes, self._committed, readings)
            if self._contender.is_ours:
                self._wait(processes, receipts, readings)
            finished = time.time()
            spent = _since(begun, self._spent(processes))
        commits = sorted((float(moment), number) for moment, number in self._rows(self._contender.commits))
        return Drained(commits, finished, spent, readings - first)

    def live(self, rate: int, seconds: int) -> Lived:
        """Sent at a steady rate, committed and, where it is grave, heard of by somebody at the hub."""
        with self._subscribed(), ExitStack() as exits:
            processes = exits.enter_context(self._running(rate * seconds))
            watcher = self._watch(exits)
            self._publish("warm-up", WARM_UP, 1, WARM_UP_RATE)
            self._wait(processes, self._committed, WARM_UP)
            begun = self._spent(processes)
            sent = self._publish("live", rate * seconds, 1, rate)
            self._wait(processes, self._committed, WARM_UP + rate * seconds)
            spent = _since(begun, self._spent(processes))
            heard = self._heard(watcher) if watcher else []
        committed = {one: float(moment) for one, moment in self._rows(self._contender.by_reading)}
        return Lived(sent, committed, heard, spent)

    def _watch(self, exits: ExitStack) -> Watcher | None:
        if not self._contender.is_ours:
            return None
        address = exits.enter_context(self._stage.serving(self._conninfo))
        watcher = Watcher(address, "hub-clinician", self._password)
        watcher.start()
        exits.callback(watcher.stop)
        return watcher

    def _heard(self, watcher: Watcher) -> list[Heard]:
        """All that was heard, once nothing more comes for a second."""
        heard = -1
        while heard != len(watcher.heard):
            heard = len(watcher.heard)
            time.sleep(1.0)
        return list(watcher.heard)

    @contextmanager
    def _backlogged(self, readings: int, in_array: int) -> Iterator[list[SupervisedProcess]]:
        """The contender at work on a backlog.

        A peer's waits in its lasting session. Ours has none: it is held still while the broker queues for it.
        """
        if not self._contender.is_ours:
            with self._subscribed():
                self._publish("backlog", readings, in_array, 0)
                with self._running(readings) as processes:
                    yield processes
            return
        with self._running(readings) as processes:
            with psycopg.connect(self._conninfo, autocommit=True) as conn:
                conn.execute(_NOBODY_TAKES_OVER)
            for process in processes:
                process.signal(signal.SIGSTOP)
            try:
                self._publish("backlog", readings, in_array, 0)
            finally:
                for process in processes:
                    process.signal(signal.SIGCONT)
            yield processes

    @contextmanager
    def _running(self, room: int) -> Iterator[list[SupervisedProcess]]:
        with ExitStack() as exits:
            processes = [
                exits.enter_context(self._process(member, room)) for member in self._contender.members
            ]
            if self._contender.is_ours:
                self._wait(processes, self._shared_out, PARTITIONS)
            yield processes

    def _shared_out(self) -> int:
        """How many partitions are worked on, once each worker has its share."""
        held = self._rows(_WORKED_ON)
        return sum(number for (number,) in held) if len(held) == len(self._contender.members) else 0

    @contextmanager
    def _process(self, member: Member, room: int) -> Iterator[SupervisedProcess]:
        place, name = self._stage.broker, f"course-{self._number}-{member.user}"
        order = self._stage.folder / f"{name}.json"
        peers.Order(
            host=place.host,
            port=place.port,
            username=place.user(member.user),
            password=place.password,
            conninfo=self._conninfo,
            room=room + WARM_UP,
        ).write(order)
        environment = self._stage.environment(self._conninfo) | {peers.ORDER: str(order)}
        with self._stage.process(name, *member.arguments, environment=environment) as process:
            yield process

    def _publish(self, name: str, readings: int, in_array: int, rate: float) -> dict[UUID, float]:
        place = self._stage.broker
        order, written = (self._stage.folder / f"{name}.{kind}" for kind in ("json", "sent"))
        load.Order(
            host=place.host,
            port=place.port,
            usernames=[place.user(user) for user in contenders.LOAD_USERS],
            password=place.password,
            sheet=str(self._sheet),
            readings=readings,
            in_array=in_array,
            rate=rate,
            seed=self._number,
            written=str(written),
        ).write(order)
        written.unlink(missing_ok=True)
        with self._stage.process("load", "-m", "tests.benchmarks.load", str(order)) as process:
            wait_until(lambda: not process.running, "the load to be published", PATIENCE_SECONDS)
            if not written.exists():
                raise RuntimeError(f"The load was not published: {process.last_words()}")
        return load.published(written)

    def _wait(self, processes: list[SupervisedProcess], reached: Callable[[], int], wanted: int) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (number := reached()) < wanted:
            stopped = [process.last_words() for process in processes if not process.running]
            if stopped or time.monotonic() > deadline:
                raise RuntimeError(f"{self._contender.name} is at {number} of {wanted}. {' '.join(stopped)}")
            time.sleep(_LOOK_EVERY)
        return number

    def _committed(self) -> int:
        return self._rows(self._contender.count)[0][0]

    def _rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._conninfo) as conn:
            return conn.execute(query).fetchall()

    def _spent(self, processes: list[SupervisedProcess]) -> dict[str, float]:
        """Seconds of processor by part, so that what bounds the whole shows."""
        own = sum(sum(psutil.Process(process.pid).cpu_times()[:2]) for process in processes)
        return {"worker": own, **self._stage.processor_seconds()}

    @contextmanager
    def _subscribed(self) -> Iterator[None]:
        """A peer's lasting sessions, made before it starts; or the broker would go on to queue for it afterwards."""
        members = () if self._contender.is_ours else self._contender.members
        for member in members:
            client = self._session(member.user, clean=False)
            told = threading.Event()
            client.on_subscribe = lambda *_, told=told: told.set()
            client.subscribe(contenders.FILTERS)
            if not told.wait(PATIENCE_SECONDS):
                raise TimeoutError("The broker did not answer a subscription.")
            _leave(client)
        yield
        for member in members:
            _leave(self._session(member.user, clean=True))

    @contextmanager
    def _receipts(self) -> Iterator[Callable[[], int]]:
        """Counts what all kits are told, on one connection."""
        told = [0]

        def note(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
            told[0] += message.payload.count(b'"outcome"')

        client = self._session(contenders.RECEIPTS_USER, clean=True)
        client.on_message = note
        client.subscribe(filter_of(None, Leaf.RECEIPTS), 1)
        yield lambda: told[0]
        _leave(client)

    def _session(self, user: int, *, clean: bool) -> mqtt.Client:
        place = self._stage.broker
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=place.user(user),
            clean_session=clean,
            protocol=mqtt.MQTTv311,
        )
        client.username_pw_set(place.user(user), place.password)
        connected = threading.Event()
        client.on_connect = lambda *_: connected.set()
        client.connect(place.host, place.port)
        client.loop_start()
        if not connected.wait(PATIENCE_SECONDS):
            raise TimeoutError("The broker did not let us in.")
        return client


def _leave(client: mqtt.Client) -> None:
    client.disconnect()
    client.loop_stop()


def _since(begun: dict[str, float], now: dict[str, float]) -> dict[str, float]:
    return {name: seconds - begun[name] for name, seconds in now.items()}
