"""The embedded database and broker keep what they were given, and never outlive whoever started them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from socket import create_connection, create_server, socket
from uuid import uuid4

import psutil
import psycopg
import pytest
from pydantic import SecretStr

from api.embedded import EmbeddedBroker, EmbeddedPostgres, EmbeddedServiceError, PortInUseError
from api.embedded.broker import MQTT_ACCEPTED, connect_packet
from devices.door import Door, NotShutOutError
from devices.identifiers import KitId
from tests.fixtures.containers import wait_until

# A parent that starts both, says which processes they are, and then waits to be ended.
PARENT = """
import sys
from pathlib import Path
from api.embedded import EmbeddedBroker, EmbeddedPostgres

database, broker = EmbeddedPostgres(Path(sys.argv[1]) / "postgres"), EmbeddedBroker(Path(sys.argv[1]) / "broker")
database.start()
broker.start()
print(database.pid, broker.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def postgres(tmp_path: Path, stack: ExitStack) -> EmbeddedPostgres:
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    stack.callback(server.stop)
    return server


@pytest.fixture
def taken_port(stack: ExitStack) -> int:
    """A port on which somebody else listens."""
    listener = stack.enter_context(closing(socket()))
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener.getsockname()[1]


def family(pid: int) -> list[psutil.Process]:
    """A process, what it started and what supervises it."""
    process = psutil.Process(pid)
    supervisor = process.parent()
    return [process, *process.children(recursive=True), *([supervisor] if supervisor else [])]


def gone(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def test_what_was_committed_is_found_again_after_a_kill(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(postgres.dsn) as conn:
        conn.execute("CREATE TABLE kept (word text)")
        conn.execute("INSERT INTO kept VALUES ('committed')")
    postgres.kill()
    with psycopg.connect(postgres.start()) as conn:
        assert conn.execute("SELECT word FROM kept").fetchall() == [("committed",)]


def test_a_lock_that_names_somebody_elses_process_is_no_obstacle(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    postgres.kill()
    lock = tmp_path / "postgres" / "cluster" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    psycopg.connect(postgres.start()).close()


def test_a_second_run_on_the_same_data_is_told_so_in_a_sentence(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    with pytest.raises(EmbeddedServiceError, match=f"in use by process {postgres.pid}: stop that run first"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_it_answers_on_a_port_by_password_alone(tmp_path: Path, stack: ExitStack) -> None:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = EmbeddedPostgres(tmp_path / "postgres", port)
    dsn = server.start()
    stack.callback(server.stop)
    psycopg.connect(dsn).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(dsn, password="guess")


def test_a_port_in_use_is_said_in_a_sentence_with_the_way_out(tmp_path: Path, taken_port: int) -> None:
    sentence = (
        f"Port {taken_port} is already in use on this machine: stop what listens there, or choose another"
    )
    with pytest.raises(PortInUseError, match=sentence):
        EmbeddedPostgres(tmp_path / "postgres", taken_port).start()
    with pytest.raises(PortInUseError, match=sentence):
        EmbeddedBroker(tmp_path / "broker", taken_port).start()


def test_a_folder_too_deep_for_a_socket_is_no_obstacle(tmp_path: Path, stack: ExitStack) -> None:
    server = EmbeddedPostgres(tmp_path / ("deep" * 30))
    dsn = server.start()
    stack.callback(server.stop)
    psycopg.connect(dsn).close()


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_process_that_started_it(tmp_path: Path, ending: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        everybody = [process for pid in pids for process in family(pid)]
        parent.send_signal(ending)
    wait_until(lambda: all(map(gone, everybody)), "both services and all they started to end")


def test_nothing_outlives_its_supervisor_either(postgres: EmbeddedPostgres) -> None:
    server = psutil.Process(postgres.pid)
    everybody = family(postgres.pid)
    supervisor = server.parent()
    assert supervisor is not None
    supervisor.kill()
    wait_until(lambda: all(map(gone, everybody)), "the server to end with its supervisor")


def test_a_broker_that_was_killed_comes_back_knowing_its_kits(tmp_path: Path, stack: ExitStack) -> None:
    broker = EmbeddedBroker(tmp_path / "broker", users={"kit-a": "password"})
    broker.start()
    stack.callback(broker.stop)
    broker.kill()
    broker.start()
    broker.revoke("kit-a")
    broker.admit({"kit-a": "another password"})


def test_who_signs_in_while_known_kits_are_admitted_again_is_let_in(tmp_path: Path, stack: ExitStack) -> None:
    kits = {"kit-a": "password-a", "kit-b": "password-b"}
    broker = EmbeddedBroker(tmp_path / "broker", users=kits)
    broker.start()
    stack.callback(broker.stop)
    for number in range(20):
        lines = [stack.enter_context(create_connection(("127.0.0.1", broker.port), timeout=20)) for _ in kits]
        broker.admit(kits)
        for line, (kit, password) in zip(lines, kits.items(), strict=True):
            line.sendall(connect_packet(f"{kit}-{number}", kit, password))
        assert [line.recv(4) for line in lines] == [MQTT_ACCEPTED, MQTT_ACCEPTED]


def missing_at(broker: EmbeddedBroker, password: str) -> str:
    """What somebody who does not wait long is told is missing."""
    door = Door(broker.host, broker.port, broker.username, SecretStr(password), patience=0.2)
    with pytest.raises(NotShutOutError) as missing:
        door.shut_out(KitId(uuid4()))
    return str(missing.value)


def test_no_kit_is_called_shut_out_where_nobody_does_what_the_doorkeeper_is_asked(
    tmp_path: Path, stack: ExitStack
) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    stack.callback(broker.stop)
    assert missing_at(broker, "not the platform's") == "It refuses the platform's own user, 'platform'."
    assert broker._doorkeeper is not None
    broker._doorkeeper.stop()
    assert missing_at(broker, broker.password) == "Its doorkeeper did not do what it was asked."
    broker.stop()
    assert missing_at(broker, broker.password).startswith(
        f"It cannot be reached at 127.0.0.1:{broker.port}: "
    )


def test_a_broker_that_takes_the_line_and_says_nothing_is_not_waited_for_without_end() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        door = Door("127.0.0.1", port, "platform", SecretStr("a password"), patience=0.2, answer_within=0.2)
        with pytest.raises(NotShutOutError, match="does not answer"):
            door.shut_out(KitId(uuid4()))


@pytest.mark.parametrize("name", ["platform", "platform-1", "doorkeeper", "kit.a", "kit*", ">", "kit a", ""])
def test_a_kits_name_that_would_mean_more_than_itself_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a kit's name"):
        EmbeddedBroker(tmp_path / "broker", users={name: "password"})
