"""The command line: what an operator does, and what it says when it cannot be done."""

import json
import socket
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from psycopg import sql

from alerts.evaluator import Evaluator
from api.embedded.process import free_port
from devices.reading import ReadingPayload
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker
from tests.fixtures.commands import Commands, environment_for
from tests.fixtures.databases import Database
from tests.fixtures.serving import give_accounts, username

MakeCommands = Callable[..., Commands]
NEWCOMER = UUID(int=49)
BY = ("--by", username(n.OPERATOR))


@pytest.fixture
def unknown_resident(neighbourhood: Database) -> ReadingPayload:
    """A reading in quarantine, for somebody nobody has enrolled yet."""
    now = datetime.now(UTC)
    kit = n.Kit()
    reading = kit.reading(NEWCOMER, taken_at=now)
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        door.receive(conn, [kit.arrival(reading, now)], Evaluator(), now)
    return reading


def printed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a command that failed."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


def test_help_lists_every_command(commands: MakeCommands) -> None:
    text = printed(commands().run("--help"))
    for name in (
        "migrate",
        "serve",
        "ingest",
        "scheduler",
        "ledger",
        "quarantine",
        "retention",
        "simulate",
        "demo",
        "check",
    ):
        assert name in text


@pytest.mark.both_databases
def test_migrating_again_changes_nothing(commands: MakeCommands) -> None:
    assert printed(commands().run("migrate")) == "The schema is up to date.\n"


@pytest.mark.both_databases
def test_check_says_that_all_is_well(commands: MakeCommands, broker: Broker) -> None:
    all_there = commands(HEARTHWATCH_BROKER_HOST="127.0.0.1", HEARTHWATCH_BROKER_PORT=str(broker.port))
    lines = printed(all_there.run("check")).splitlines()
    assert len(lines) == 15
    assert [line for line in lines if not line.startswith("ok ")] == [
        "but  audit.heads: The audit's daily heads are not signed, so whoever owns the database could write all of it"
        " anew: set HEARTHWATCH_AUDIT_KEY_FILE."
    ]


def test_check_names_what_is_wrong_and_goes_on(commands: MakeCommands, neighbourhood: Database) -> None:
    with neighbourhood.connect() as conn:
        conn.execute("ALTER TABLE delegation.resident DISABLE ROW LEVEL SECURITY")
        conn.execute(
            "UPDATE alerts.policy SET body = body"
            """ || '{"red_vital_sign": null, "could_not_be_excluded": null}'"""
        )
    done = commands(HEARTHWATCH_BROKER_HOST="127.0.0.1", HEARTHWATCH_BROKER_PORT=str(free_port())).run(
        "check"
    )
    assert done.returncode == 1
    wrong = [line for line in done.stdout.splitlines() if line.startswith("NOT")]
    assert [
        words in line for words, line in zip(("database.scope", "policy", "broker"), wrong, strict=True)
    ] == [True] * 3
    assert "The policy 'default-1', default, is in force, but not as it is written." in wrong[1]
    assert wrong[1].endswith("(policy.red_sign)")


def test_check_without_settings_says_of_each_line_what_was_looked_at() -> None:
    done = Commands({}).run("check")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(set(lines)) == len(lines) == 15
    assert lines[0] == "ok   settings: The settings give nothing away."
    assert lines[1] == "NOT  database.schema: The database's host is not set: set HEARTHWATCH_DATABASE_HOST."


@pytest.mark.parametrize("command", ["serve", "ingest", "scheduler"])
def test_no_process_starts_that_would_give_something_away(commands: MakeCommands, command: str) -> None:
    bare = {"HEARTHWATCH_DEMO": "false", "HEARTHWATCH_DATABASE_API_PASSWORD": "password1234"}
    said = refused(commands(**bare).run(command))
    assert "HEARTHWATCH_DATABASE_API_PASSWORD holds a secret that can be guessed" in said
    assert "(secret.guessable)" in said
    assert "Nobody is asked for a second step" in said
    assert "password1234" not in said


def test_no_process_starts_on_another_schema_or_past_the_guards(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute("DELETE FROM api.migration WHERE name = '0006_api.sql'")
    said = refused(commands().run("ingest"))
    assert "is not up to date (0006_api.sql): run `hearthwatch migrate`. (database.schema)" in said
    with neighbourhood.connect() as conn:
        conn.execute("ALTER ROLE hearthwatch_scheduler BYPASSRLS")
    try:
        said = refused(commands().run("scheduler"))
    finally:
        with neighbourhood.connect() as conn:
            conn.execute("ALTER ROLE hearthwatch_scheduler NOBYPASSRLS")
    assert "hearthwatch_scheduler passes every guard in the database" in said


def test_a_broker_that_lets_anybody_in_is_found() -> None:
    """A stand-in says what such a broker says: no broker of ours can be told to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def let_in() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(64)
                caller.sendall(b"\x20\x02\x00\x00")

        answering = threading.Thread(target=let_in)
        answering.start()
        done = Commands({"HEARTHWATCH_BROKER_HOST": "127.0.0.1", "HEARTHWATCH_BROKER_PORT": str(port)}).run(
            "check"
        )
        answering.join()
    assert "NOT  broker: The broker lets in whoever gives no name" in done.stdout


def test_a_setting_that_is_missing_is_named(commands: MakeCommands) -> None:
    said = refused(commands().run("ledger", HEARTHWATCH_DATABASE_INGEST_PASSWORD_FILE="/nowhere"))
    assert "INGEST_PASSWORD_FILE names /nowhere" in said
    assert "HEARTHWATCH_DATABASE_HOST" in refused(Commands({}).run("migrate"))
    assert "HEARTHWATCH_BROKER_HOST" in refused(commands().run("ingest"))


def test_a_database_that_is_not_there_is_said_in_a_sentence(commands: MakeCommands) -> None:
    said = refused(
        commands(HEARTHWATCH_DATABASE_HOST="127.0.0.1").run("ledger", HEARTHWATCH_DATABASE_PORT="1")
    )
    assert said.startswith("The database cannot be used: ")


def test_a_port_in_use_is_said_with_the_way_out(commands: MakeCommands) -> None:
    with commands().start("serve") as running:
        port = running.address.rpartition(":")[2]
        said = refused(commands().run("serve", HEARTHWATCH_HTTP_PORT=port))
    assert f"Port {port}" in said
    assert "HEARTHWATCH_HTTP_PORT" in said


def test_the_ledger_shows_each_kits_books(commands: MakeCommands, unknown_resident: ReadingPayload) -> None:
    books = {one["kit_id"]: one for one in json.loads(printed(commands().run("ledger", "--json")))}
    assert (books[str(n.KIT)]["stored"], books[str(n.KIT)]["quarantined"]) == (0, 1)
    assert str(n.KIT) in printed(commands().run("ledger"))


def test_what_was_in_quarantine_is_stored_once_the_reason_is_gone(
    commands: MakeCommands, neighbourhood: Database, unknown_resident: ReadingPayload
) -> None:
    give_accounts(neighbourhood)
    [line] = printed(commands().run("quarantine", "list", "--json")).splitlines()
    kept = json.loads(line)
    assert (kept["reason"], kept["kit"], kept["deliveries"]) == ("unknown_resident", str(n.KIT), 1)
    assert "values" not in line
    assert "quarantined" in printed(commands().run("quarantine", "replay", str(kept["number"]), *BY))
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.resident (resident_id, home_id, name, born_on, synthetic)"
            " VALUES (%s, %s, 'Nia Synthetic', '1940-05-01', true)",
            (NEWCOMER, n.ORCHARD),
        )
    assert "stored" in printed(commands().run("quarantine", "replay", "--all", *BY))
    assert printed(commands().run("quarantine", "list")) == ""
    with neighbourhood.connect() as conn:
        stored = conn.execute("SELECT reading_id, resident_id FROM ingest.reading").fetchall()
    assert stored == [(unknown_resident.reading_id, NEWCOMER)]


def test_one_that_fails_to_be_replayed_stops_none_of_the_others(
    commands: MakeCommands, neighbourhood: Database
) -> None:
    give_accounts(neighbourhood)
    now = datetime.now(UTC)
    kit = n.Kit()
    readings = [kit.reading(NEWCOMER, taken_at=now) for _ in range(3)]
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        door.receive(conn, [kit.arrival(one, now) for one in readings], Evaluator(), now)
    with neighbourhood.connect() as conn:
        conn.execute(
            "INSERT INTO delegation.resident (resident_id, home_id, name, born_on, synthetic)"
            " VALUES (%s, %s, 'Nia Synthetic', '1940-05-01', true)",
            (NEWCOMER, n.ORCHARD),
        )
        [first] = conn.execute("SELECT reading_id FROM ingest.quarantine ORDER BY quarantine_id LIMIT 1")
        conn.execute(
            sql.SQL("ALTER TABLE ingest.seen ADD CHECK (reading_id <> {})").format(sql.Literal(first[0]))
        )
    done = commands().run("quarantine", "replay", "--all", *BY)
    assert done.returncode == 1
    assert [line.split()[1:] for line in done.stdout.splitlines()] == [
        ["failed:", "CheckViolation"],
        ["stored"],
        ["stored"],
    ]
    assert len(printed(commands().run("quarantine", "list")).splitlines()) == 1


def test_simulating_without_a_sheet_settles_a_neighbourhood_of_that_size_once(
    database: Database, tmp_path: Path
) -> None:
    """Asked for more illnesses than there are people, it has nothing to send and nothing to wait for."""
    broker = {"HEARTHWATCH_BROKER_HOST": "127.0.0.1", "HEARTHWATCH_BROKER_PORT": str(free_port())}
    few = ("--homes", "2", "--residents-per-home", "2", *("--scenario", "sepsis") * 5)
    for _ in range(2):
        simulating = Commands(environment_for(database) | broker)
        said = refused(simulating.run("simulate", *few, "--directory", str(tmp_path)))
        assert "sepsis" in said
    with database.connect() as conn:
        homes = conn.execute("SELECT count(*) FROM delegation.home").fetchone()
        residents = conn.execute("SELECT count(*) FROM delegation.resident").fetchone()
    assert (homes, residents) == ((2,), (4,))


def test_replay_without_saying_what_does_nothing(commands: MakeCommands) -> None:
    assert "--all" in refused(commands().run("quarantine", "replay", *BY))


@pytest.mark.both_databases
def test_a_declared_restore_makes_a_new_epoch(commands: MakeCommands, neighbourhood: Database) -> None:
    def epoch() -> UUID:
        with neighbourhood.connect("hearthwatch_ingest") as conn:
            [(now,)] = conn.execute("SELECT ingest.epoch()").fetchall()
        return now

    give_accounts(neighbourhood)
    before = epoch()
    said = printed(commands().run("new-epoch", "Restored from last night's dump.", *BY))
    assert epoch() != before
    assert str(epoch()) in said
