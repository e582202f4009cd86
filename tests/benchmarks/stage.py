"""The real parts on this machine: TimescaleDB, Mosquitto and the product's own processes, as it ships them.

Invariant: the database keeps what it commits on the disk (`synchronous_commit`, `fsync`, no memory file system), and
every process here ends with this one. Without a Docker engine the embedded parts stand in, and the report says so.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import docker
import httpx2
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.embedded.broker import EmbeddedBroker
from api.embedded.postgres import EmbeddedPostgres
from api.embedded.process import SupervisedProcess, free_port
from api.migrations.runner import migrate
from api.seed import Seeded, seed
from devices.kits import Broker, KitSheet
from tests.fixtures.brokers import PLAIN_PORT, Mosquitto
from tests.fixtures.containers import (
    TIMESCALE_PASSWORD,
    OwnContainer,
    remove_orphans,
    timescale_server,
    wait_until,
)
from tests.fixtures.machine import ROOT, has_docker

DATABASE = "hearthwatch"
ROLE_PASSWORD = "synthetic-role-password"
ROLES = ("hearthwatch_api", "hearthwatch_ingest", "hearthwatch_scheduler", "hearthwatch_retention")
START_SECONDS = 60.0
# When each transaction committed, by the database's own word; it costs 12 bytes a transaction.
_TRACK: LiteralString = "ALTER SYSTEM SET track_commit_timestamp = on"
_VERSIONS: LiteralString = """
SELECT current_setting('server_version'),
       (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
       current_setting('synchronous_commit'), current_setting('fsync')
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the broker is, and who the platform is to it."""

    host: str
    port: int
    username: str
    password: str

    def user(self, number: int) -> str:
        """One of the platform's own users, 1 to 16; each has one session, under its own name."""
        return f"{self.username}-{number}"


class Stage:
    """A database server and a broker, up within `with`; databases and processes are asked for.

    `direct` goes straight to the containers, or docker's own proxy for 127.0.0.1 would be measured too. Without it
    their places stay the same when they are killed and started again.
    """

    def __init__(self, tell: Callable[[str], None], *, direct: bool = True) -> None:
        self._tell = tell
        self._direct = direct
        self._exits = ExitStack()
        self.containers: dict[str, OwnContainer] = {}
        self._admit: Callable[[Mapping[str, str]], None] = lambda _: None
        self.server = ""
        self.folder = Path()
        self.broker = Place("", 0, "", "")
        self.services: dict[str, str] = {}

    def __enter__(self) -> "Stage":
        try:
            self.folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="hearthwatch-")))
            if has_docker():
                remove_orphans()
                self._tell("Starting TimescaleDB and Mosquitto")
                self._start_timescale()
                self._start_mosquitto()
            else:
                self._tell("No Docker engine answers: starting the embedded database and broker")
                self._start_embedded()
        except BaseException:
            self._exits.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def _start_timescale(self) -> None:
        own = timescale_server()
        self._exits.callback(own.remove)
        own.start()
        conninfo = make_conninfo(
            host="127.0.0.1", port=own.port, user="postgres", password=TIMESCALE_PASSWORD, dbname="postgres"
        )
        _execute(conninfo, sql.SQL(_TRACK))
        own.kill()
        own.restart()
        self.containers["database"] = own
        self.server = make_conninfo(conninfo, host=_address(own), port=5432) if self._direct else conninfo

    def _start_mosquitto(self) -> None:
        certificates = self.folder / "certificates"
        subprocess.run(
            [str(ROOT / "deploy" / "certificates.sh"), str(certificates), "localhost", "127.0.0.1"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        mosquitto = Mosquitto(certificates)
        self._exits.callback(mosquitto.own.remove)
        mosquitto.own.start()
        self.services["mosquitto"] = mosquitto.version
        host, port = (_address(mosquitto.own), PLAIN_PORT) if self._direct else ("127.0.0.1", mosquitto.port)
        self.broker = Place(host, port, mosquitto.username, mosquitto.password)
        self.containers["broker"] = mosquitto.own
        self._admit = mosquitto.admit

    def _start_embedded(self) -> None:
        postgres = EmbeddedPostgres(self.folder / "postgres")
        self._exits.callback(postgres.stop)
        _execute(postgres.start(), sql.SQL(_TRACK))
        postgres.stop()
        self.server = postgres.start()
        broker = EmbeddedBroker(self.folder / "broker")
        self._exits.callback(broker.stop)
        broker.start()
        self.services["broker"] = "embedded"
        self.broker = Place(broker.host, broker.port, broker.username, broker.password)
        self._admit = broker.admit

    def database(self, name: str) -> str:
        """A new, migrated database; the superuser's connection string."""
        _execute(self.server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        conninfo = make_conninfo(self.server, dbname=name)
        migrate(conninfo)
        for role in ROLES:
            word = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(ROLE_PASSWORD)
            )
            _execute(conninfo, word)
        with psycopg.connect(conninfo) as conn:
            row = conn.execute(_VERSIONS).fetchone()
        if row is not None:
            names = ("postgresql", "timescaledb", "synchronous_commit", "fsync")
            self.services |= {name: str(value or "none") for name, value in zip(names, row, strict=True)}
        return conninfo

    def settle(self, conninfo: str, *, homes: int, residents_per_home: int, number: int = 1) -> Seeded:
        """A synthetic neighbourhood with its kits."""
        with psycopg.connect(conninfo) as conn:
            return seed(
                conn,
                homes=homes,
                residents_per_home=residents_per_home,
                seed=number,
                at=datetime.now(UTC),
                broker=Broker(host=self.broker.host, port=self.broker.port),
            )

    def admit(self, sheet: KitSheet) -> None:
        """Let these kits sign in at the broker."""
        self._admit({kit.username: kit.secret.get_secret_value() for kit in sheet.kits})

    def environment(self, conninfo: str) -> dict[str, str]:
        """What the product's processes are told of this stage."""
        place = conninfo_to_dict(conninfo)
        passwords = {
            f"HEARTHWATCH_DATABASE_{role.removeprefix('hearthwatch_').upper()}_PASSWORD": ROLE_PASSWORD
            for role in ROLES
        }
        return passwords | {
            "HEARTHWATCH_DEMO": "true",
            "HEARTHWATCH_ACCOUNT_SECOND_STEP": "off",
            "HEARTHWATCH_DATABASE_HOST": str(place["host"]),
            "HEARTHWATCH_DATABASE_PORT": str(place.get("port", 5432)),
            "HEARTHWATCH_DATABASE_NAME": str(place["dbname"]),
            "HEARTHWATCH_BROKER_HOST": self.broker.host,
            "HEARTHWATCH_BROKER_PORT": str(self.broker.port),
            "HEARTHWATCH_BROKER_USERNAME": self.broker.username,
            "HEARTHWATCH_BROKER_PASSWORD": self.broker.password,
        }

    @contextmanager
    def process(
        self, name: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> Iterator[SupervisedProcess]:
        """A Python process of its own: `-m api.cli ingest`, the load, a peer. Its log is in the folder."""
        running = SupervisedProcess(
            [sys.executable, *arguments], self.folder / f"{name}.log", dict(os.environ) | (environment or {})
        )
        try:
            yield running
        finally:
            running.stop()

    @contextmanager
    def serving(self, conninfo: str) -> Iterator[str]:
        """The pages and streams; gives their address."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        environment = self.environment(conninfo) | {"HEARTHWATCH_HTTP_PORT": str(port)}
        with self.process("serve", "-m", "api.cli", "serve", environment=environment) as serve:
            wait_until(lambda: _answers(address) or not serve.running, "the pages to answer", START_SECONDS)
            if not serve.running:
                raise RuntimeError(f"The pages did not come up: {serve.last_words()}")
            yield address

    def processor_seconds(self) -> dict[str, float]:
        """What each service has used of the processors so far."""
        if not self.containers:
            return {}
        client = docker.APIClient()
        try:
            return {name: _used(client, own) for name, own in self.containers.items()}
        finally:
            client.close()


def _used(client: docker.APIClient, own: OwnContainer) -> float:
    told = client.stats(own.wrapped.id, stream=False, one_shot=True)
    return told["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9


def _address(own: OwnContainer) -> str:
    own.wrapped.reload()
    return str(own.wrapped.attrs["NetworkSettings"]["IPAddress"])


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/healthz", timeout=2).status_code == httpx2.codes.OK
    except httpx2.HTTPError:
        return False


def _execute(conninfo: str, statement: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute(statement)
