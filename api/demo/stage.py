"""Start the demonstration: database, broker, neighbourhood, and each process as a child of its own.

Guards: no process is left behind, whatever signal ends the demonstration. Each run starts from a fresh folder.
"""

import os
import secrets
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

from api.demo.folder import emptied
from api.demo.upkeep import Part, Tell, Upkeep
from api.embedded.broker import EmbeddedBroker
from api.embedded.postgres import EmbeddedPostgres
from api.embedded.process import (
    EmbeddedServiceError,
    PortInUseError,
    SupervisedProcess,
    free_port,
    require_free_port,
)
from api.migrations.runner import migrate
from api.seed import Seeded, seed
from delegation.people import in_request
from devices.kits import Broker

DATABASE = "hearthwatch"
READY_SECONDS = 120.0
_CREATE: LiteralString = "CREATE DATABASE hearthwatch"
# What holds while a part is away; a reading is always in at least one safe place.
WITHOUT = {
    "database": "Nothing is stored or shown until it is back; what it had committed is on the disk,"
    " and new readings wait safely on the kits.",
    "broker": "Nothing reaches the platform until it is back; readings wait safely on the kits.",
    "ingest": "No readings come in until it is back; they wait safely on the kits, and none is lost.",
    "scheduler": "Nobody watches the clocks until it is back: deadlines are kept in the database,"
    " and those that pass meanwhile are acted on then.",
    "serve": "The pages do not answer until it is back; readings are stored and escalated all the same.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a demonstration."""

    folder: Path
    http_port: int = 8000
    homes: int = 6
    residents_per_home: int = 12
    seed: int = 1
    rate: float = 4.0
    seconds: float | None = None
    """How long the kits send; None means until they are told to stop."""
    history_hours: float = 72.0
    scenarios: tuple[str, ...] = ("sepsis", "copd_exacerbation", "bleed_after_fall", "heart_failure")
    faults: tuple[str, ...] = ("duplicate", "garbage")


class Stage:
    """Everything that runs. Within `with` the services are up; `open_curtain` starts the kits."""

    def __init__(self, options: Options, tell: Tell, news: Tell) -> None:
        """`tell` is called with each step of the start, `news` with what happens to a part afterwards."""
        self.options = options
        self._tell = tell
        self._exits = ExitStack()
        self._upkeep = Upkeep(news)
        self._kits: SupervisedProcess | None = None
        self.conninfo = ""
        self._seeded: Seeded | None = None

    @property
    def seeded(self) -> Seeded:
        if self._seeded is None:
            raise EmbeddedServiceError("The demonstration is not ready: there is nobody to sign in as yet.")
        return self._seeded

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
        self._require_port()
        self._exits.enter_context(emptied(self.options.folder))
        postgres = EmbeddedPostgres(self.options.folder / "postgres")
        self._exits.callback(postgres.stop)
        self._exits.callback(self._upkeep.stop)
        self._tell("Starting an embedded PostgreSQL")
        self.conninfo = self._database(postgres)
        self._tell("Bringing its schema up to date")
        migrate(self.conninfo)
        self._tell("Settling a synthetic neighbourhood")
        broker = EmbeddedBroker(self.options.folder / "broker", free_port())
        self._seeded = seeded = self._settle(Broker(host=broker.host, port=broker.port))
        self._tell("Starting an embedded MQTT broker")
        broker.admit({kit.username: kit.secret.get_secret_value() for kit in seeded.sheet.kits})

        def start_broker() -> SupervisedProcess:
            broker.start()
            return broker.process

        self._keep("broker", start_broker)
        seeded.sheet.write(self.options.folder / "kits.json")
        self._tell("Starting ingest, scheduler and api")
        environment = self._environment(broker)
        self._write_down(environment)
        for name in ("ingest", "scheduler", "serve"):
            self._keep(name, lambda name=name: self._run(name, [name], environment))
        self._wait_until_ready()
        return self

    def _require_port(self) -> None:
        port = self.options.http_port
        try:
            require_free_port(port, "--port")
        except PortInUseError:
            another = free_port()
            raise PortInUseError(
                f'Give the pages another port: make demo ARGS="--port {another}". Port {port} is already in use on this'
                " machine; if that is another demonstration, give this one a folder of its own too:"
                f' make demo ARGS="--port {another} --folder {self.options.folder}-2".'
            ) from None

    def _database(self, postgres: EmbeddedPostgres) -> str:
        def start() -> SupervisedProcess:
            postgres.start()
            return postgres.process

        self._keep("database", start)
        with psycopg.connect(postgres.dsn, autocommit=True) as conn:
            conn.execute(_CREATE)
        return make_conninfo(postgres.dsn, dbname=DATABASE)

    def _keep(self, name: str, start: Callable[[], SupervisedProcess]) -> None:
        self._upkeep.start(Part(name, WITHOUT[name], start), time.monotonic())

    def _settle(self, broker: Broker) -> Seeded:
        with psycopg.connect(self.conninfo) as conn:
            in_request(conn, secrets.token_hex(8))
            return seed(
                conn,
                homes=self.options.homes,
                residents_per_home=self.options.residents_per_home,
                seed=self.options.seed,
                at=datetime.now(UTC),
                broker=broker,
                one_elsewhere=True,
            )

    def _environment(self, broker: EmbeddedBroker) -> dict[str, str]:
        database = conninfo_to_dict(self.conninfo)
        return {
            "HEARTHWATCH_DEMO": "true",
            "HEARTHWATCH_ACCOUNT_SECOND_STEP": "off",
            "HEARTHWATCH_DATABASE_HOST": str(database["host"]),
            "HEARTHWATCH_DATABASE_PORT": str(database.get("port", 5432)),
            "HEARTHWATCH_DATABASE_NAME": DATABASE,
            "HEARTHWATCH_BROKER_HOST": broker.host,
            "HEARTHWATCH_BROKER_PORT": str(broker.port),
            "HEARTHWATCH_BROKER_USERNAME": broker.username,
            "HEARTHWATCH_BROKER_PASSWORD": broker.password,
            "HEARTHWATCH_HTTP_PORT": str(self.options.http_port),
        }

    def _write_down(self, environment: dict[str, str]) -> None:
        """Keep, for its owner alone, what a command beside the demonstration needs."""
        file = self.options.folder / "environment"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in environment.items()))

    def _run(self, name: str, arguments: list[str], environment: dict[str, str]) -> SupervisedProcess:
        return SupervisedProcess(
            [sys.executable, "-m", "api.cli", *arguments], self.log(name), dict(os.environ) | environment
        )

    def log(self, name: str) -> Path:
        """Return the file of a process's log."""
        return self.options.folder / f"{name}.log"

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            try:
                if _all_well(httpx2.get(f"{self.address}/readyz", timeout=5)):
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
        self._kits = self._run("simulate", arguments, {})
        self._exits.callback(self._kits.stop)

    @property
    def playing(self) -> bool:
        """Return whether the simulated kits are still sending or waiting for receipts."""
        return self._kits is not None and self._kits.running

    @property
    def kits_failed(self) -> str | None:
        """Return a sentence where the kits ended before they had sent everything."""
        if self._kits is None or self._kits.running or self.summary.exists():
            return None
        return (
            f"The simulated kits' process {self._kits.ending()} before its time; what they had not sent is still"
            f" in their outboxes ({self.outboxes}). Its log is {self.log('simulate')}."
        )

    def check(self) -> None:
        """Restart what has ended by itself. Raises EmbeddedServiceError where that does not help."""
        self._upkeep.look(time.monotonic())


def _all_well(answer: httpx2.Response) -> bool:
    """Return whether the process is ready, and all that it depends on works."""
    return answer.status_code == httpx2.codes.OK and all(
        one["ok"] for one in answer.json()["checks"].values()
    )
