"""From the broker to committed, scored, escalated and receipted, on the real parts, beside those that only store.

Invariant: every contender drains the same load from a persistent session, and a message counts when the database
says that its transaction committed (`pg_xact_commit_timestamp`), never when somebody says so.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import paho.mqtt.client as mqtt
import psutil
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from api.demo.watcher import Watcher
from api.embedded.process import SupervisedProcess
from devices.topics import Leaf, filter_of
from tests.benchmarks import load, peers
from tests.benchmarks.stage import Stage

HOMES, RESIDENTS_PER_HOME = 125, 48
"""125 homes of 48 residents have 500 kits."""
PATIENCE_SECONDS = 600.0
_LOOK_EVERY = 0.25
_WARM_UP = 500


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent. Rates are messages a second, each of one reading."""

    backlog: int
    array_backlog: int
    in_array: int
    rates: tuple[int, ...]
    seconds: int


FULL = Size(backlog=60_000, array_backlog=60_000, in_array=20, rates=(1_000, 5_000), seconds=20)
QUICK = Size(backlog=4_000, array_backlog=4_000, in_array=20, rates=(500,), seconds=4)


@dataclass(frozen=True, slots=True)
class Contender:
    """A process between broker and database. `arguments` start it, given where its order is written."""

    name: str
    client_id: str
    arguments: Callable[[Path], Sequence[str]]
    count: LiteralString
    commits: LiteralString
    by_reading: LiteralString


OURS = Contender(
    "hearthwatch",
    "hearthwatch-ingest-bench",
    lambda _: ("-m", "api.cli", "ingest", "--name", "1"),
    "SELECT count(*) FROM ingest.seen",
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)), count(*) FROM ingest.seen GROUP BY xmin",
    "SELECT reading_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM ingest.seen",
)
BRIDGE = Contender(
    "mq-bridge",
    "bench-mq-bridge",
    lambda order: ("-m", "tests.benchmarks.peers", "mq-bridge", str(order)),
    "SELECT count(*) FROM peers.bridged",
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)), count(*) FROM peers.bridged GROUP BY xmin",
    "SELECT reading_id::uuid, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM peers.bridged",
)
PLAIN = Contender(
    "executemany",
    "bench-executemany",
    lambda order: ("-m", "tests.benchmarks.peers", "executemany", str(order)),
    "SELECT count(*) FROM peers.plain",
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)), count(*) FROM peers.plain GROUP BY xmin",
    "SELECT reading_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM peers.plain",
)


def run(stage: Stage, size: Size, tell: Callable[[str], None]) -> dict[str, Any]:
    """Every figure, by contender."""
    drained: dict[str, Any] = {}
    live: dict[str, Any] = {}
    for contender in (OURS, BRIDGE, PLAIN):
        tell(f"Draining a backlog of {size.backlog} single readings: {contender.name}")
        drained[contender.name] = {"single": _Course(stage, contender).drain(size.backlog, 1)}
        for rate in size.rates:
            tell(f"Live at {rate}/s for {size.seconds} s: {contender.name}")
            figures = _Course(stage, contender).live(rate, size.seconds)
            live.setdefault(contender.name, {})[str(rate)] = figures
    tell(f"Draining a backlog of {size.array_backlog} readings in arrays of {size.in_array}: {OURS.name}")
    drained[OURS.name]["arrays"] = _Course(stage, OURS).drain(size.array_backlog, size.in_array)
    return {"drain": drained, "live": live, "kits": len(_kits(stage)), "one_grave_set_in": load.ONE_SET_IN}


_numbers = iter(range(1, 1_000_000))


class _Course:
    """A fresh database and the same neighbourhood for one contender."""

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

    def drain(self, readings: int, in_array: int) -> dict[str, Any]:
        """Everything waits at the broker when the contender starts."""
        self._subscribe_ahead()
        self._publish("backlog", readings, in_array, 0)
        with self._receipts() as receipts, self._process(readings) as process, self._looking() as look:
            first = self._wait(process, lambda: look(self._contender.count), 1)
            begun = self._spent(process)
            self._wait(process, lambda: look(self._contender.count), readings)
            if self._contender is OURS:
                self._wait(process, receipts, readings)
            finished = time.time()
            spent = {name: value - begun[name] for name, value in self._spent(process).items()}
            commits = sorted((float(moment), count) for moment, count in self._rows(self._contender.commits))
        self._forget_session()
        return _drained(commits, readings, in_array, finished, spent, readings - first)

    def live(self, rate: int, seconds: int) -> dict[str, Any]:
        """Sent at a steady rate, committed and, where it is grave, heard of by somebody at the hub."""
        self._subscribe_ahead()
        with ExitStack() as exits:
            process = exits.enter_context(self._process(rate * seconds))
            look = exits.enter_context(self._looking())
            watcher = self._watch(exits)
            self._publish("warm-up", _WARM_UP, 1, 250)
            self._wait(process, lambda: look(self._contender.count), _WARM_UP)
            begun = self._spent(process)
            sent = self._publish("live", rate * seconds, 1, rate)
            self._wait(process, lambda: look(self._contender.count), _WARM_UP + rate * seconds)
            spent = {name: value - begun[name] for name, value in self._spent(process).items()}
            committed = dict(self._rows(self._contender.by_reading))
            time.sleep(1.0)  # the last events are on their way
            heard = watcher.heard if watcher else []
        self._forget_session()
        moments = sorted(sent.values())
        causes = [(one.at, one.cause_reading_id) for one in heard]
        return {
            "messages": len(sent),
            "offered_per_s": rate,
            "sent_per_s": round((len(moments) - 1) / (moments[-1] - moments[0])),
            "to_committed_ms": _spread([float(committed[one]) - moment for one, moment in sent.items()]),
            "to_client_ms": _spread([at - sent[one] for at, one in causes if one is not None and one in sent]),
            "processor_us_per_message": _per(spent, len(sent)),
        }

    def _watch(self, exits: ExitStack) -> Watcher | None:
        if self._contender is not OURS:
            return None
        watcher = Watcher(exits.enter_context(self._stage.serving(self._conninfo)), "hub-clinician", self._password)
        watcher.start()
        exits.callback(watcher.stop)
        return watcher

    @contextmanager
    def _process(self, room: int) -> Iterator[SupervisedProcess]:
        place = self._stage.broker
        order = self._stage.folder / "peer.json"
        peers.Order(
            client_id=self._contender.client_id,
            host=place.host,
            port=place.port,
            username=place.username,
            password=place.password,
            conninfo=self._conninfo,
            room=room + 1_000,
        ).write(order)
        with self._stage.process(
            f"{self._contender.name}-{self._number}",
            *self._contender.arguments(order),
            environment=self._stage.environment(self._conninfo),
        ) as process:
            yield process

    def _publish(self, name: str, readings: int, in_array: int, rate: float) -> dict[UUID, float]:
        place = self._stage.broker
        order, written = (self._stage.folder / f"{name}.{kind}" for kind in ("json", "sent"))
        load.Order(
            host=place.host,
            port=place.port,
            username=place.username,
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
            _wait_for(lambda: not process.running, "the load to be published")
            if not written.exists():
                raise RuntimeError(f"The load was not published: {process.last_words()}")
        return load.published(written)

    def _wait(self, process: SupervisedProcess, count: Callable[[], int], wanted: int) -> int:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (reached := count()) < wanted:
            if not process.running or time.monotonic() > deadline:
                raise RuntimeError(f"{self._contender.name} stopped at {reached} of {wanted}: {process.last_words()}")
            time.sleep(_LOOK_EVERY)
        return reached

    def _spent(self, process: SupervisedProcess) -> dict[str, float]:
        """Seconds of processor by part, so that what bounds the whole shows."""
        times = psutil.Process(process.pid).cpu_times()
        return {self._contender.name: times.user + times.system, **self._stage.processor_seconds()}

    @contextmanager
    def _looking(self) -> Iterator[Callable[[LiteralString], int]]:
        with psycopg.connect(self._conninfo, autocommit=True) as conn:

            def look(query: LiteralString) -> int:
                row = conn.execute(query).fetchone()
                return row[0] if row else 0

            yield look

    def _rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._conninfo) as conn:
            return conn.execute(query).fetchall()

    def _subscribe_ahead(self) -> None:
        client = self._session(clean=False)
        client.subscribe([(filter_of(None, leaf), 1) for leaf in (Leaf.READINGS, Leaf.STATUS)])
        _leave(client)

    def _forget_session(self) -> None:
        """Or the broker would go on to keep the next contender's load for this one."""
        _leave(self._session(clean=True))

    def _session(self, *, clean: bool) -> mqtt.Client:
        return _connected(self._stage, self._contender.client_id, clean=clean)

    @contextmanager
    def _receipts(self) -> Iterator[Callable[[], int]]:
        """Counts what all kits are told, on one connection."""
        told = [0]

        def count(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
            told[0] += message.payload.count(b'"outcome"')

        client = _connected(self._stage, "bench-receipts", clean=True)
        client.on_message = count
        client.subscribe(filter_of(None, Leaf.RECEIPTS), 1)
        yield lambda: told[0]
        _leave(client)


def _connected(stage: Stage, client_id: str, *, clean: bool) -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean, protocol=mqtt.MQTTv311
    )
    client.username_pw_set(stage.broker.username, stage.broker.password)
    connected = threading.Event()
    client.on_connect = lambda *_: connected.set()
    client.on_subscribe = lambda *_: None
    client.connect(stage.broker.host, stage.broker.port)
    client.loop_start()
    if not connected.wait(30):
        raise TimeoutError("The broker did not let us in.")
    return client


def _leave(client: mqtt.Client) -> None:
    client.disconnect()
    client.loop_stop()


def _wait_for(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {PATIENCE_SECONDS:.0f} s for {what}.")
        time.sleep(0.05)


def _drained(
    commits: Sequence[tuple[float, int]],
    readings: int,
    in_array: int,
    finished: float,
    spent: dict[str, float],
    after_first_look: int,
) -> dict[str, Any]:
    """The rate from the first commit to the last: start-up is left out, and so is the first batch."""
    (first, first_count), (last, _) = commits[0], commits[-1]
    seconds = last - first
    rate = (readings - first_count) / seconds if seconds else float("nan")
    return {
        "readings": readings,
        "readings_per_s": round(rate),
        "messages_per_s": round(rate / in_array),
        "seconds": round(seconds, 2),
        "batches": len(commits),
        "median_batch": statistics.median(count for _, count in commits),
        "last_receipt_after_last_commit_s": round(finished - last, 2),
        "processor_us_per_reading": _per(spent, after_first_look),
    }


def _spread(seconds: Sequence[float]) -> dict[str, float | int]:
    if not seconds:
        return {"count": 0}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else list(seconds) * 99
    return {
        "count": len(seconds),
        "p50": round(cuts[49] * 1000, 1),
        "p99": round(cuts[98] * 1000, 1),
        "max": round(max(seconds) * 1000, 1),
    }


def _per(spent: dict[str, float], count: int) -> dict[str, float]:
    return {name: round(seconds / max(count, 1) * 1e6, 1) for name, seconds in spent.items()}
