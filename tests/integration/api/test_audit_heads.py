"""Each day's audit is signed and leaves the host, and is what finds a chain that was written anew as a whole.

Whoever attacks here owns the database: no trigger, no foreign key and no policy stands in their way.
"""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from api.audit_heads import NotTakenError, keep_heads, name_of
from api.database import open_pool
from api.settings import Audit, DatabaseRole, SettingsError
from delegation import audit
from delegation.audit_head import private_key, public_half
from delegation.audit_seal import seal
from delegation.people import Process
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import Commands
from tests.fixtures.databases import Database
from tests.fixtures.serving import settings_for

KEY = urlsafe_b64encode(bytes(range(32))).decode()
# Midnight in London is an hour earlier by UTC in summer.
EVENING = datetime(2026, 7, 4, 22, 30, tzinfo=UTC)
NIGHT = datetime(2026, 7, 4, 23, 10, tzinfo=UTC)
SATURDAY = date(2026, 7, 4)
MakeCommands = Callable[..., Commands]
UNGUARDED: LiteralString = "SET session_replication_role = replica"
NO_SEALS: LiteralString = "DELETE FROM delegation.audit_sealed_event; DELETE FROM delegation.audit_seal"


def write(database: Database, *subjects: str, at: datetime) -> None:
    with database.connect("hearthwatch_ingest") as conn:
        for subject in subjects:
            audit.record(
                conn, Process("test"), "reading.seen", subject, at=at, resident_id=n.AMARA, words="Seen"
            )
    with database.connect("hearthwatch_scheduler") as conn:
        seal(conn, at)


def keep(database: Database, at: datetime, **places: Any) -> int:
    settings = settings_for(database).model_copy(
        update={"audit": Audit.model_validate({"key": KEY, **places})}
    )
    with open_pool(settings, DatabaseRole.SCHEDULER, most=1) as pool:
        return keep_heads(settings)(pool, at)


def standing(database: Database) -> list[tuple[date, int, bool, bool]]:
    with database.connect() as owner:
        return owner.execute("""
            SELECT day, seal_id, in_directory_at IS NOT NULL, at_address_at IS NOT NULL
            FROM delegation.audit_head ORDER BY day
        """).fetchall()


@pytest.fixture
def with_head(neighbourhood: Database, tmp_path: Path) -> Path:
    """Two seals of Saturday, whose head is in a folder beside the key it is checked with."""
    write(neighbourhood, "a", "b", at=EVENING - timedelta(hours=1))
    write(neighbourhood, "c", at=EVENING)
    folder = tmp_path / "heads"
    folder.mkdir()
    assert keep(neighbourhood, NIGHT, heads_directory=folder) == 1
    (tmp_path / "public").write_text(public_half(private_key(KEY)))
    return folder


def verify(make: MakeCommands, folder: Path, *more: str) -> tuple[int, Any]:
    key = str(folder.parent / "public")
    done = make().run("audit", "verify", "--heads", str(folder), "--public-key", key, "--json", *more)
    assert not done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_day_that_is_over_in_london_is_signed_once_over_its_last_seal(
    neighbourhood: Database, with_head: Path
) -> None:
    assert standing(neighbourhood) == [(SATURDAY, 2, True, False)]
    write(neighbourhood, "d", at=NIGHT)
    assert keep(neighbourhood, NIGHT + timedelta(minutes=10), heads_directory=with_head) == 0
    assert [file.name for file in with_head.iterdir()] == [name_of(SATURDAY)]
    tomorrow = NIGHT + timedelta(days=1)
    assert keep(neighbourhood, tomorrow, heads_directory=with_head) == 1
    assert standing(neighbourhood)[-1] == (SATURDAY + timedelta(days=1), 3, True, False)


def test_a_head_is_never_written_over(neighbourhood: Database, with_head: Path) -> None:
    with neighbourhood.connect() as owner:
        owner.execute("DELETE FROM delegation.audit_head")
    before = (with_head / name_of(SATURDAY)).read_text()
    with pytest.raises(NotTakenError):
        keep(neighbourhood, NIGHT + timedelta(minutes=10), heads_directory=with_head)
    assert (with_head / name_of(SATURDAY)).read_text() == before
    assert standing(neighbourhood) == [(SATURDAY, 2, False, False)]


def test_a_head_that_is_refused_after_a_restore_keeps_no_later_head_from_leaving(
    neighbourhood: Database, with_head: Path
) -> None:
    with neighbourhood.connect() as owner:
        owner.execute("DELETE FROM delegation.audit_head")  # as a copy of the day before would have it
    with pytest.raises(NotTakenError):
        keep(neighbourhood, NIGHT + timedelta(minutes=10), heads_directory=with_head)
    write(neighbourhood, "d", at=NIGHT)
    with pytest.raises(NotTakenError):
        keep(neighbourhood, NIGHT + timedelta(days=1), heads_directory=with_head)
    sunday = SATURDAY + timedelta(days=1)
    assert standing(neighbourhood) == [(SATURDAY, 2, False, False), (sunday, 3, True, False)]
    assert (with_head / name_of(sunday)).is_file()


@pytest.fixture
def refuses_once() -> Iterator[tuple[str, dict[str, str]]]:
    """An address that takes what it is given the second time, and what it took."""
    taken: dict[str, str] = {}
    asked: list[str] = []

    class Keeper(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked.append(self.path)
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if len(asked) > 1:
                taken[self.path] = content
            self.send_response(201 if len(asked) > 1 else 503)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Keeper)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/kept", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_offered_a_head_until_it_takes_it(
    neighbourhood: Database, with_head: Path, refuses_once: tuple[str, dict[str, str]]
) -> None:
    address, taken = refuses_once
    with pytest.raises(NotTakenError):
        keep(neighbourhood, NIGHT, heads_address=address)
    assert standing(neighbourhood) == [(SATURDAY, 2, True, False)]
    keep(neighbourhood, NIGHT, heads_address=address)
    keep(neighbourhood, NIGHT, heads_address=address)
    signed = (with_head / name_of(SATURDAY)).read_text()
    assert taken == {f"/kept/{name_of(SATURDAY)}": signed}
    assert standing(neighbourhood) == [(SATURDAY, 2, True, True)]


def test_nothing_is_signed_without_a_key_and_nowhere_to_put_it_is_no_key(neighbourhood: Database) -> None:
    write(neighbourhood, "a", at=EVENING)
    assert keep(neighbourhood, NIGHT, key=None) == 0
    assert standing(neighbourhood) == []
    for audit_settings in ({"key": "short"}, {"key": None, "heads_address": "https://kept.invalid"}):
        with pytest.raises(SettingsError, match="HEARTHWATCH_AUDIT_KEY_FILE"):
            keep(neighbourhood, NIGHT, **audit_settings)


def test_a_chain_that_is_whole_is_said_to_be_with_what_is_not_sealed_yet(
    commands: MakeCommands, neighbourhood: Database, with_head: Path
) -> None:
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        audit.record(conn, Process("test"), "reading.seen", "d", at=NIGHT)
    status, said = verify(commands, with_head)
    assert status == 0
    assert said.pop("unsealed_since").startswith(f"{datetime.now(UTC):%Y-}")
    assert said == {
        "whole": True,
        "events": 3,
        "seals": 2,
        "faults": 0,
        "broken": [],
        "heads": 1,
        "heads_refused": [],
        "days_without_head": [],
        "unsealed": 1,
    }
    alone = commands().run("audit", "verify")
    assert alone.returncode == 0
    assert "3 events under 2 seals: whole." in alone.stdout
    assert "No head was compared" in alone.stdout


def seal_anew(owner: psycopg.Connection[Any]) -> None:
    """As the sealer itself would, so that the chain is whole by itself."""
    owner.execute(NO_SEALS)
    while seal(owner, EVENING, most=2):
        pass


def change_one(owner: psycopg.Connection[Any]) -> None:
    owner.execute("UPDATE delegation.audit_event SET subject = 'somebody else' WHERE audit_id = 2")


def remove_one(owner: psycopg.Connection[Any]) -> None:
    owner.execute("DELETE FROM delegation.audit_text WHERE audit_id = 3")
    owner.execute("DELETE FROM delegation.audit_event WHERE audit_id = 3")


def forget_last_seal(owner: psycopg.Connection[Any]) -> None:
    owner.execute("DELETE FROM delegation.audit_sealed_event WHERE seal_id = 2")
    owner.execute("DELETE FROM delegation.audit_seal WHERE seal_id = 2")


ANOTHER_SEAL = "is not the seal that the head of 2026-07-04 was signed over"
GONE = "was removed: the head of 2026-07-04 was signed over it"


@pytest.mark.parametrize(
    ("done", "found"),
    [
        pytest.param(
            [change_one, seal_anew], {(None, 2): ANOTHER_SEAL}, id="changed an event and sealed all anew"
        ),
        pytest.param([forget_last_seal, remove_one], {(None, 2): GONE}, id="cut off the end"),
        pytest.param([forget_last_seal, change_one], {(2, 1): "was changed", (None, 2): GONE}, id="both"),
    ],
)
def test_a_database_owner_who_wrote_all_seals_anew_is_found_by_a_head_that_left(
    commands: MakeCommands,
    neighbourhood: Database,
    with_head: Path,
    done: list[Callable[[psycopg.Connection[Any]], None]],
    found: dict[tuple[int | None, int], str],
) -> None:
    with neighbourhood.connect(autocommit=True) as owner:
        owner.execute(UNGUARDED)
        for step in done:
            step(owner)
    status, said = verify(commands, with_head)
    assert status == 1
    assert {(one["event"], one["seal"]): one["what"] for one in said["broken"]} == found


def test_a_head_that_was_tampered_with_is_named(commands: MakeCommands, with_head: Path) -> None:
    file = with_head / name_of(SATURDAY)
    file.write_text(file.read_text().replace('\\"seal\\":2', '\\"seal\\":1'))
    status, said = verify(commands, with_head)
    assert (status, said["whole"], said["heads_refused"]) == (1, False, [file.name])


def test_heads_and_their_key_go_together(commands: MakeCommands, with_head: Path) -> None:
    done = commands().run("audit", "verify", "--heads", str(with_head))
    assert done.returncode == 2
    assert "together" in done.stderr


def test_what_row_security_hides_is_not_called_whole(commands: MakeCommands, with_head: Path) -> None:
    process = {"HEARTHWATCH_DATABASE_MIGRATOR_USER": "hearthwatch_retention"}
    process["HEARTHWATCH_DATABASE_MIGRATOR_PASSWORD"] = "synthetic-role-password"
    done = commands(**process).run("audit", "verify")
    assert done.returncode == 1
    assert "Row-level security hides the audit" in done.stderr
