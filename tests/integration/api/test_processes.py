"""The platform's processes: they do their work, show their health, and stop when they are asked to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import httpx2 as httpx
import pytest
from paho.mqtt import publish

from api.embedded.process import free_port
from api.processes.scheduler import JOBS, pools_for
from api.settings import Broker as BrokerSettings
from api.settings import Settings, Watch
from delegation import audit
from delegation.people import Process
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker
from tests.fixtures.commands import Commands, Running
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.machine import PATIENCE_SECONDS
from tests.fixtures.serving import Clock, Served, give_accounts, serving, settings_for

MakeCommands = Callable[..., Commands]
SECRET = "synthetic-kit-secret"
WORKING = "hearthwatch_scheduler_active 1.0"
WAITING = "hearthwatch_scheduler_active 0.0"


def at_broker(broker: Broker) -> dict[str, str]:
    return {
        "HEARTHWATCH_BROKER_HOST": "127.0.0.1",
        "HEARTHWATCH_BROKER_PORT": str(broker.port),
        "HEARTHWATCH_BROKER_USERNAME": broker.username,
        "HEARTHWATCH_BROKER_PASSWORD": broker.password,
    }


def send(broker: Broker, kit: n.Kit, payload: bytes) -> None:
    """Publish as the kit does."""
    publish.single(
        kit.topic(),
        payload,
        qos=1,
        hostname="127.0.0.1",
        port=broker.port,
        client_id=str(kit.kit_id),
        auth={"username": str(kit.kit_id), "password": SECRET},
    )


def asks(running: Running, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, f"{running.address}{path}", timeout=PATIENCE_SECONDS)


def count(database: Database, query: LiteralString) -> int:
    with database.connect() as conn:
        [(found,)] = conn.execute(query).fetchall()
    return found


def readiness(settings: Settings) -> tuple[bool, set[str]]:
    """Whether an api with these settings is ready, and what it names as away."""
    with serving(settings, Clock()) as served:
        return asked(served)


def asked(served: Served) -> tuple[bool, set[str]]:
    """What an api says of itself and of what is behind it, which must agree."""
    answer = served.client().get("/readyz")
    said = answer.json()
    away = {name for name, check in said["checks"].items() if not check["ok"]}
    assert set(said["checks"]) == {"database", "broker", "ingest", "scheduler"}
    assert set(said["degraded"]) == away - {"database"}
    assert (answer.status_code, said["ready"]) == ((200, True) if "database" not in away else (503, False))
    return said["ready"], away


@pytest.mark.both_databases
def test_a_reading_goes_from_the_broker_to_the_hubs_queue_and_is_counted(
    commands: MakeCommands, neighbourhood: Database, broker: Broker
) -> None:
    kit = n.Kit()
    broker.admit({str(kit.kit_id): SECRET})
    with commands(**at_broker(broker)).start("ingest") as ingest:
        hears = f'hearthwatch_ingest_hears{{partition="{kit.partition}"}} 1.0'
        wait_until(lambda: ingest.says(hears), "ingest to work on the kit's partition")
        send(broker, kit, n.payload(kit.reading(values=n.GRAVE, taken_at=datetime.now(UTC))))
        send(broker, kit, b"not a reading")
        wait_until(
            lambda: ingest.says('hearthwatch_ingest_readings_total{outcome="stored"} 1.0'), "the reading"
        )
        wait_until(lambda: ingest.says('readings_total{outcome="quarantined"} 1.0'), "the nonsense")
        assert count(neighbourhood, "SELECT count(*) FROM alerts.escalation WHERE state = 'open'") == 1
        heard = "SELECT count(*) FROM devices.kit_status WHERE heard_at > now() - interval '1 minute'"
        wait_until(lambda: count(neighbourhood, heard) == 1, "the kit to be noted as heard")
        settings = settings_for(neighbourhood).model_copy(
            update={
                "broker": BrokerSettings(host="127.0.0.1", port=broker.port),
                "watch": Watch(ingest_url=ingest.address),
            }
        )
        wait_until(lambda: readiness(settings) == (True, {"scheduler"}), "all but the scheduler to work")
        assert ingest.stop() == 0
        assert readiness(settings) == (True, {"scheduler", "ingest"})


def test_the_api_is_not_ready_where_no_broker_speaks_and_says_no_more(neighbourhood: Database) -> None:
    with _listens_and_says(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        settings = settings_for(neighbourhood).model_copy(
            update={"broker": BrokerSettings(host="127.0.0.1", port=port)}
        )
        assert readiness(settings) == (True, {"broker", "ingest", "scheduler"})


def test_an_api_whose_database_is_away_lives_and_is_not_ready(neighbourhood: Database) -> None:
    settings = settings_for(neighbourhood)
    elsewhere = settings.database.model_copy(update={"name": "nowhere"})
    ready, away = readiness(settings.model_copy(update={"database": elsewhere}))
    assert (ready, away) == (False, {"database", "ingest", "scheduler"})


def test_an_api_names_what_was_killed_behind_it_and_still_serves_its_pages(
    commands: MakeCommands, neighbourhood: Database, broker: Broker
) -> None:
    make_old: LiteralString = "UPDATE ingest.heartbeat SET beat_at = beat_at - interval '1 minute'"
    with (
        serving(settings_for(neighbourhood), Clock()) as served,
        commands(**at_broker(broker)).start("ingest") as ingest,
        commands().start("scheduler") as scheduler,
    ):
        wait_until(lambda: asked(served) == (True, set()), "both to work")
        wait_until(lambda: asks(ingest, "/readyz").status_code == 200, "ingest to say so itself")
        with neighbourhood.connect() as conn:
            conn.execute(make_old)
        # One that works says so again by itself.
        wait_until(lambda: asked(served) == (True, set()), "both to be heard of again")
        for running, name in ((scheduler, "scheduler"), (ingest, "ingest")):
            running.process.kill()
            running.process.wait()
            with neighbourhood.connect() as conn:
                conn.execute(make_old)
            wait_until(lambda name=name: name in asked(served)[1], f"{name} to be missed")
        assert asked(served) == (True, {"ingest", "scheduler"})
        says = served.client().get("/readyz").json()["checks"]["ingest"]["says"]
        assert says.startswith("Ingest has not worked since ")
        assert served.client().get("/sign-in").status_code == 200


def test_an_api_says_who_works_on_what_and_what_nobody_works_on(
    commands: MakeCommands, neighbourhood: Database, broker: Broker
) -> None:
    def ingest(served: Served) -> str:
        return served.client().get("/readyz").json()["checks"]["ingest"]["says"]

    at = at_broker(broker)
    with (
        serving(settings_for(neighbourhood), Clock()) as served,
        commands(**at).start("ingest"),
    ):
        alone = "Ingest works: worker 1 on partitions 0-15."
        wait_until(lambda: ingest(served) == alone, "the one to work on all")
        with commands(**at).start("ingest", "--name", "2") as second:
            both = "Ingest works: worker 1 on partitions 0-7, worker 2 on partitions 8-15."
            wait_until(lambda: ingest(served) == both, "both to share")
            assert second.stop() == 0
            wait_until(lambda: ingest(served) == alone, "the first to have all again")


def test_an_api_says_that_some_partitions_are_not_worked_on_by_whoever_holds_them(
    commands: MakeCommands, neighbourhood: Database, broker: Broker
) -> None:
    def ingest(served: Served) -> str:
        return served.client().get("/readyz").json()["checks"]["ingest"]["says"]

    with neighbourhood.connect() as conn:
        conn.execute(
            """INSERT INTO ingest.worker VALUES ('9', 'infinity');
               INSERT INTO ingest.partition_lease SELECT number, '9', now() FROM generate_series(8, 15) each (number)"""
        )
    with (
        serving(settings_for(neighbourhood), Clock()) as served,
        commands(**at_broker(broker)).start("ingest"),
    ):
        never = "Ingest has never worked on some partitions."
        wait_until(lambda: ingest(served) == never, "half of it to be worked on")
        with neighbourhood.connect() as conn:
            conn.execute("UPDATE ingest.worker SET works_until = now() WHERE worker = '9'")
        wait_until(lambda: ingest(served).startswith("Ingest works: "), "the other half to be taken over")
        with neighbourhood.connect() as conn:
            conn.execute(
                """UPDATE ingest.worker SET works_until = 'infinity' WHERE worker = '9';
                   UPDATE ingest.partition_lease SET worker = '9' WHERE partition > 7;
                   UPDATE ingest.heartbeat SET beat_at = beat_at - interval '1 minute' WHERE partition > 7"""
            )
        missed = "Ingest has not worked on some partitions since "
        wait_until(lambda: ingest(served).startswith(missed), "that half to be missed")


def test_ingest_that_reaches_no_broker_lives_and_is_not_ready(commands: MakeCommands) -> None:
    nowhere = {"HEARTHWATCH_BROKER_HOST": "127.0.0.1", "HEARTHWATCH_BROKER_PORT": str(free_port())}
    with commands(**nowhere).start("ingest") as ingest:
        assert asks(ingest, "/healthz").status_code == 200
        assert asks(ingest, "/readyz").status_code == 503
        head = asks(ingest, "/readyz", "HEAD")
        assert (head.status_code, head.content) == (503, b"")


def test_counts_are_open_and_hold_no_ids(neighbourhood: Database) -> None:
    give_accounts(neighbourhood)
    with serving(settings_for(neighbourhood), Clock()) as served:
        served.by_password(n.WORKER).get(f"/api/v1/residents/{n.AMARA}")
        text = served.client().get("/metrics").text
    labels = '{method="GET",route="/api/v1/residents/{resident_id}",status="200"}'
    assert f"hearthwatch_http_requests_total{labels} 1.0" in text
    assert 'hearthwatch_sign_ins_total{outcome="signed_in"} 1.0' in text
    assert str(n.AMARA) not in text
    assert "person-" not in text


@pytest.mark.both_databases
def test_the_scheduler_seals_ends_sessions_and_asks_what_nobody_answered(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    now = datetime.now(UTC)
    with neighbourhood.connect() as conn:
        audit.record(conn, Process("test"), "platform.tested", "nothing", at=now)
        conn.execute(
            "INSERT INTO api.session VALUES ('old', %s, %s, %s, %s), ('new', %s, %s, %s, %s)",
            (n.WORKER, now, now, now - timedelta(hours=1), n.WORKER, now, now, now + timedelta(hours=1)),
        )
        conn.execute(
            "INSERT INTO alerts.open_question VALUES"
            " (%s, %s, gen_random_uuid(), %s, '{consciousness}', 2, 5, %s, %s)",
            (n.AMARA, n.KIT, now, now - timedelta(hours=1), now - timedelta(minutes=30)),
        )
    with commands().start("scheduler") as scheduler:
        for job in ("clocks", "notices", "claims", "seal", "sessions"):
            wait_until(
                lambda job=job: scheduler.has_counted(f'runs_total{{job="{job}",outcome="done"}}'), job
            )
        assert count(neighbourhood, "SELECT count(*) FROM delegation.audit_sealed_event") == 1
        assert count(neighbourhood, "SELECT count(*) FROM api.session") == 1
        unanswered: LiteralString = "SELECT count(*) FROM alerts.finding WHERE rule = 'could_not_be_excluded'"
        assert count(neighbourhood, unanswered) == 1
        assert scheduler.stop() == 0


def test_one_scheduler_works_and_another_takes_over_when_it_is_killed(commands: MakeCommands) -> None:
    with commands().start("scheduler") as first:
        wait_until(lambda: first.says(WORKING), "the first to work")
        with commands().start("scheduler") as second:
            wait_until(lambda: second.says(WAITING), "the second to wait")
            first.process.kill()
            wait_until(lambda: second.says(WORKING), "the second to take over")


def test_a_failing_job_stops_no_other_and_is_tried_again(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute("ALTER TABLE alerts.policy RENAME TO policy_away")
    with commands().start("scheduler") as scheduler:
        wait_until(lambda: scheduler.has_counted('runs_total{job="clocks",outcome="failed"}'), "the failure")
        wait_until(lambda: scheduler.has_counted('runs_total{job="seal",outcome="done"}'), "the other job")
        with neighbourhood.connect() as conn:
            conn.execute("ALTER TABLE alerts.policy_away RENAME TO policy")
        wait_until(lambda: scheduler.has_counted('runs_total{job="clocks",outcome="done"}'), "the next run")


def test_all_the_schedulers_jobs_may_work_at_once(neighbourhood: Database) -> None:
    with pools_for(settings_for(neighbourhood), JOBS) as pools, ExitStack() as working:
        for job in JOBS:
            conn = working.enter_context(pools[job.role].connection())
            assert conn.execute("SELECT current_user").fetchone() == (job.role,)


def test_the_api_stops_in_good_order_with_a_page_open(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    give_accounts(neighbourhood)
    with (
        commands().start("serve") as serve,
        httpx.Client(base_url=serve.address, timeout=PATIENCE_SECONDS) as client,
    ):
        credentials = {"username": f"person-{n.CLINICIAN.int}", "password": "a synthetic password"}
        client.post("/api/v1/sign-in", json=credentials).raise_for_status()
        with client.sse(f"/hubs/{n.HUB}/events") as events:
            heard = iter(events)
            next(event for event in heard if event.event == "ready")
            assert serve.stop() == 0
            assert [event.json() for event in heard if event.event == "ended"] == [{"reason": "restarting"}]


@contextmanager
def _listens_and_says(words: bytes) -> Iterator[int]:
    """Something at a port that is not a broker."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(words)
                connection.recv(100)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE_SECONDS)
