"""One contender over one course: a fresh database, the same neighbourhood, and either a backlog or a steady rate.

Invariant: a message counts when the database says that its transaction committed (`pg_xact_commit_timestamp`), never
when somebody says so; nobody else's session at the broker keeps a copy of the load.
"""

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
from devices.topics import Leaf, filter_of
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
        """Everything waits at the broker when the contender starts."""
        self._subscribe_ahead()
        self._publish("backlog", readings, in_array, 0)
        with self._receipts() as receipts, self._running(readings) as processes:
            first = self._wait(processes, self._committed, 1)
            begun = self._spent(processes)
            self._wait(processes, self._committed, readings)
            if self._contender.is_ours:
                self._wait(processes, receipts, readings)
            finished = time.time()
            spent = _since(begun, self._spent(processes))
        self._forget_sessions()
        commits = sorted((float(moment), number) for moment, number in self._rows(self._contender.commits))
        return Drained(commits, finished, spent, readings - first)

    def live(self, rate: int, seconds: int) -> Lived:
        """Sent at a steady rate, committed and, where it is grave, heard of by somebody at the hub."""
        self._subscribe_ahead()
        with ExitStack() as exits:
            processes = exits.enter_context(self._running(rate * seconds))
            watcher = self._watch(exits)
            self._publish("warm-up", WARM_UP, 1, WARM_UP_RATE)
            self._wait(processes, self._committed, WARM_UP)
            begun = self._spent(processes)
            sent = self._publish("live", rate * seconds, 1, rate)
            self._wait(processes, self._committed, WARM_UP + rate * seconds)
            spent = _since(begun, self._spent(processes))
            heard = self._heard(watcher) if watcher else []
        self._forget_sessions()
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
    def _running(self, room: int) -> Iterator[list[SupervisedProcess]]:
        with ExitStack() as exits:
            yield [exits.enter_context(self._process(member, room)) for member in self._contender.members]

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

    def _subscribe_ahead(self) -> None:
        for member in self._contender.members:
            client = self._session(member.user, clean=False)
            told = threading.Event()
            client.on_subscribe = lambda *_, told=told: told.set()
            client.subscribe(member.filters)
            if not told.wait(PATIENCE_SECONDS):
                raise TimeoutError("The broker did not answer a subscription.")
            _leave(client)

    def _forget_sessions(self) -> None:
        """Or the broker would go on to keep the next contender's load for this one."""
        for member in self._contender.members:
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
