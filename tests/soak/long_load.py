"""A neighbourhood under load for a long time, on the real parts, with every fault of the simulator and parts killed.

Invariant: the kits' ledgers are the truth; nothing is closed at the hub; what is killed is drawn from the seed.
"""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psycopg

from api.demo import books
from api.demo.report import report
from api.demo.watcher import Watcher
from api.embedded.process import SupervisedProcess
from api.seed import Seeded
from simulators.faults import Fault
from simulators.scenarios import ScenarioName
from tests.benchmarks.stage import Stage
from tests.soak import checks

WORKERS = {"ingest-1": "1", "ingest-2": "2"}
KILL_EVERY_SECONDS = 60.0
# The last stretch is left in peace, so that what is then missing is missing for good.
PEACE_SECONDS = 90.0
DRAIN_SECONDS = 120.0
_LOOK_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how much. `rate`: readings a second over all kits."""

    minutes: float
    seed: int
    rate: float = 40.0
    homes: int = 20
    residents_per_home: int = 24


@dataclass(slots=True)
class Load:
    """What became of it."""

    figures: dict[str, Any] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def run(stage: Stage, options: Options, tell: Callable[[str], None]) -> Load:
    """Run it to its end and look at everything."""
    conninfo = stage.database("soak")
    seeded = stage.settle(
        conninfo, homes=options.homes, residents_per_home=options.residents_per_home, number=options.seed
    )
    stage.admit(seeded.sheet)
    seeded.sheet.write(stage.folder / "kits.json")
    with ExitStack() as exits:
        running = _Running(stage, conninfo, exits)
        watcher = Watcher(exits.enter_context(stage.serving(conninfo)), "hub-clinician", seeded.cast.password)
        watcher.start()
        exits.callback(watcher.stop)
        load = Load()
        started = time.time()
        simulation = exits.enter_context(
            stage.process("simulate", *_simulation(stage, options), environment=stage.environment(conninfo))
        )
        _until_over(simulation, running, load, options, tell)
        _judge(load, stage, conninfo, watcher, started, seeded)
    return load


def _simulation(stage: Stage, options: Options) -> list[str]:
    arguments = ["-m", "api.cli", "simulate", "--kits", str(stage.folder / "kits.json")]
    arguments += ["--directory", str(stage.folder / "kits"), "--summary", str(stage.folder / "summary.json")]
    arguments += [
        "--rate",
        str(options.rate),
        "--for",
        str(options.minutes * 60),
        "--seed",
        str(options.seed),
    ]
    arguments += ["--history-hours", "24"]
    arguments += [word for fault in Fault for word in ("--fault", fault)]
    return arguments + [word for scenario in ScenarioName for word in ("--scenario", scenario)]


class _Running:
    """The product's processes and containers, each of which can be killed and is then started again."""

    def __init__(self, stage: Stage, conninfo: str, exits: ExitStack) -> None:
        self._stage = stage
        self._environment = stage.environment(conninfo)
        self._exits = exits
        self._workers = {name: self._start(name) for name in WORKERS}
        arguments = ("-m", "api.cli", "scheduler")
        exits.enter_context(stage.process("scheduler", *arguments, environment=self._environment))

    def _start(self, name: str) -> SupervisedProcess:
        arguments = ("-m", "api.cli", "ingest", "--name", WORKERS[name])
        return self._exits.enter_context(self._stage.process(name, *arguments, environment=self._environment))

    @property
    def names(self) -> list[str]:
        return sorted([*self._workers, *self._stage.containers])

    def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would, and start again."""
        if name in self._workers:
            self._workers[name].kill()
            self._workers[name] = self._start(name)
        else:
            self._stage.containers[name].kill()
            self._stage.containers[name].restart()

    def ended(self) -> list[str]:
        """A sentence for each worker that ended by itself."""
        return [
            f"{name} ended by itself: {process.last_words()}"
            for name, process in self._workers.items()
            if not process.running
        ]


def _until_over(
    simulation: SupervisedProcess,
    running: _Running,
    load: Load,
    options: Options,
    tell: Callable[[str], None],
) -> None:
    fate = Random(f"{options.seed}/kills")
    began = time.monotonic()
    last_kill = began + options.minutes * 60 - PEACE_SECONDS
    longest = began + options.minutes * 60 + DRAIN_SECONDS + PEACE_SECONDS
    next_kill = began + KILL_EVERY_SECONDS
    while simulation.running:
        time.sleep(_LOOK_EVERY)
        now = time.monotonic()
        load.faults += running.ended()
        if load.faults or now > longest:
            load.faults += [] if load.faults else ["The simulation did not end."]
            return
        if next_kill <= now < last_kill:
            victim = fate.choice(running.names)
            load.kills.append(victim)
            tell(f"{now - began:.0f} s: killing {victim}")
            running.kill(victim)
            next_kill = time.monotonic() + KILL_EVERY_SECONDS


def _judge(load: Load, stage: Stage, conninfo: str, watcher: Watcher, started: float, seeded: Seeded) -> None:
    written = stage.folder / "summary.json"
    if not written.exists():
        load.faults.append("The simulation wrote no summary.")
        return
    said = json.loads(written.read_text())
    with psycopg.connect(conninfo) as conn:
        checked = checks.everything(conn, stage.folder / "kits")
        told = report(
            books.audit(conn, stage.folder / "kits"),
            list(watcher.heard),
            receipts=said["receipts"],
            duplicates=said["duplicates"],
            started=started,
        )
    latency = {f"publish to hub, {name}, ms": value for name, value in told.figures["latency_ms"].items()}
    load.figures = {
        "kits": len(seeded.sheet.kits),
        "residents": said["residents"],
        "seconds": said["seconds"],
        "parts killed": len(load.kills),
        **checked.figures,
        "receipts heard by kits": said["receipts"],
        "of them duplicates": said["duplicates"],
        "escalations heard of at the hub": told.figures["escalations"],
        **latency,
    }
    load.faults += checked.faults
