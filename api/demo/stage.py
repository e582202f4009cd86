"""Puts the demonstration on its feet: database, broker, neighbourhood, and each process as its own child.

Guards: whatever ends us, by whatever signal, leaves no process behind; each run starts from a fresh folder.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString, Self

import httpx2
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.embedded.broker import EmbeddedBroker
from api.embedded.postgres import EmbeddedPostgres
from api.embedded.process import EmbeddedServiceError, SupervisedProcess, free_port, require_free_port
from api.migrations.runner import migrate
from api.seed import Cast, Seeded, seed
from devices.kits import Broker

DATABASE = "hearthwatch"
READY_SECONDS = 45.0
_CREATE: LiteralString = "CREATE DATABASE hearthwatch"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What the demonstration is asked to be."""

    folder: Path
    http_port: int = 8000
    homes: int = 6
    residents_per_home: int = 12
    seed: int = 1
    rate: float = 4.0
    seconds: float | None = None
    """How long the kits send; None is until they are told to stop."""
    history_hours: float = 72.0
    scenarios: tuple[str, ...] = ("sepsis", "copd_exacerbation", "bleed_after_fall", "heart_failure")
    faults: tuple[str, ...] = ("duplicate", "garbage")


class Stage:
    """Everything that runs. Within `with` the services are up; `open_curtain` starts the kits."""

    def __init__(self, options: Options, tell: Tell) -> None:
        self.options = options
        self._tell = tell
        self._exits = ExitStack()
        self._processes: dict[str, SupervisedProcess] = {}
        self.conninfo = ""
        self._seeded: Seeded | None = None

    @property
    def cast(self) -> Cast:
        if self._seeded is None:
            raise EmbeddedServiceError("The demonstration is not ready: there is nobody to sign in as yet.")
        return self._seeded.cast

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.options.http_port}"

    @property
    def outboxes(self) -> Path:
        return self.options.folder / "kits"

    @property
    def summary(self) -> Path:
        return self.options.folder / "simulation.json"

    def __enter__(self) -> Self:
        try:
            return self._set_up()
        except BaseException:
            self._exits.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def _set_up(self) -> Self:
        require_free_port(self.options.http_port, "--port")
        shutil.rmtree(self.options.folder, ignore_errors=True)
        self.options.folder.mkdir(parents=True)
        self._tell("Starting an embedded PostgreSQL")
        self.conninfo = self._database()
        self._tell("Bringing its schema up to date")
        migrate(self.conninfo)
        self._tell("Settling a synthetic neighbourhood")
        broker = EmbeddedBroker(self.options.folder / "broker", free_port())
        self._seeded = self._settle(Broker(host=broker.host, port=broker.port))
        self._tell("Starting an embedded MQTT broker")
        broker.admit({kit.username: kit.secret.get_secret_value() for kit in self._seeded.sheet.kits})
        broker.start()
        self._exits.callback(broker.stop)
        self._seeded.sheet.write(self.options.folder / "kits.json")
        self._tell("Starting ingest, scheduler and api")
        for name in ("ingest", "scheduler", "serve"):
            self._start(name, [name], self._environment(broker))
        self._wait_until_ready()
        return self

    def _database(self) -> str:
        postgres = EmbeddedPostgres(self.options.folder / "postgres")
        server = postgres.start()
        self._exits.callback(postgres.stop)
        with psycopg.connect(server, autocommit=True) as conn:
            conn.execute(_CREATE)
        return make_conninfo(server, dbname=DATABASE)

    def _settle(self, broker: Broker) -> Seeded:
        with psycopg.connect(self.conninfo) as conn:
            return seed(
                conn,
                homes=self.options.homes,
                residents_per_home=self.options.residents_per_home,
                seed=self.options.seed,
                at=datetime.now(UTC),
                broker=broker,
            )

    def _environment(self, broker: EmbeddedBroker) -> dict[str, str]:
        database = conninfo_to_dict(self.conninfo)
        return {
            "HEARTHWATCH_DEMO": "true",
            "HEARTHWATCH_DATABASE_HOST": str(database["host"]),
            "HEARTHWATCH_DATABASE_PORT": str(database.get("port", 5432)),
            "HEARTHWATCH_DATABASE_NAME": DATABASE,
            "HEARTHWATCH_BROKER_HOST": broker.host,
            "HEARTHWATCH_BROKER_PORT": str(broker.port),
            "HEARTHWATCH_BROKER_USERNAME": broker.username,
            "HEARTHWATCH_BROKER_PASSWORD": broker.password,
            "HEARTHWATCH_HTTP_PORT": str(self.options.http_port),
        }

    def _start(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        process = SupervisedProcess(
            [sys.executable, "-m", "api.cli", *arguments], self.log(name), dict(os.environ) | environment
        )
        self._processes[name] = process
        self._exits.callback(process.stop)

    def log(self, name: str) -> Path:
        """Where a process writes its journal."""
        return self.options.folder / f"{name}.log"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            try:
                if httpx2.get(f"{self.address}/readyz", timeout=5).status_code == httpx2.codes.OK:
                    return
            except httpx2.HTTPError:
                pass
            time.sleep(0.1)
        raise EmbeddedServiceError(
            f"The pages did not come up in {READY_SECONDS:.0f} s: see {self.log('serve')}."
        )

    def open_curtain(self) -> None:
        """Start the simulated kits."""
        options = self.options
        seconds = options.seconds if options.seconds is not None else 7 * 24 * 3600.0
        arguments = [
            "simulate",
            "--kits",
            str(options.folder / "kits.json"),
            "--directory",
            str(self.outboxes),
        ]
        arguments += ["--rate", str(options.rate), "--for", str(seconds), "--seed", str(options.seed)]
        arguments += ["--history-hours", str(options.history_hours), "--summary", str(self.summary)]
        arguments += [word for name in options.scenarios for word in ("--scenario", name)]
        arguments += [word for name in options.faults for word in ("--fault", name)]
        self._start("simulate", arguments, {})

    @property
    def playing(self) -> bool:
        """Whether the simulated kits are still sending or waiting for receipts."""
        return self._processes["simulate"].running

    def check(self) -> None:
        """Raise a sentence where a service has ended by itself."""
        for name, process in self._processes.items():
            if name != "simulate" and not process.running:
                words = process.last_words()
                raise EmbeddedServiceError(f"{name} has ended; its log {self.log(name)} ends with:\n{words}")
