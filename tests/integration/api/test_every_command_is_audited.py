"""What a command of `hearthwatch` changes is in the audit: who in which role, what for, and which run it was."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import pytest
import typer

from alerts.evaluator import Evaluator
from api import cli
from api.embedded.process import free_port
from devices.kits import KitSheet
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.commands import THE_SYSTEMS_USER, Commands, environment_for
from tests.fixtures.databases import Database
from tests.fixtures.machine import ROOT
from tests.fixtures.serving import give_accounts, username
from tests.integration.api.test_retention import Home
from tests.unit.api.test_places_file import FILE

WANDA = username(n.WORKER)
OLU, MONA = ("--by", username(n.OPERATOR)), ("--by", username(n.MANAGER))
WHY = ("--reason", "Agreed by telephone.")
_EVENTS: LiteralString = """
SELECT action, actor, role, purpose, resident_id, request_id FROM delegation.audit_event ORDER BY audit_id
"""


@dataclass(frozen=True)
class Written:
    """One event that a command writes. `of_resident`: it is about somebody's record."""

    action: str
    actor: str
    role: str
    purpose: str
    of_resident: bool = False


@dataclass(frozen=True)
class Scene:
    """A database, a folder, and the commands that are run there."""

    database: Database
    folder: Path

    def run(self, *arguments: str) -> str:
        broker = {"HEARTHWATCH_BROKER_HOST": "127.0.0.1", "HEARTHWATCH_BROKER_PORT": str(free_port())}
        done = Commands(environment_for(self.database) | broker).run(*arguments)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def events(self) -> list[tuple[Any, ...]]:
        with self.database.connect() as conn:
            return conn.execute(_EVENTS).fetchall()

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    @property
    def sheet(self) -> Path:
        return self.folder / "kits.json"


def _by_operator(action: str, purpose: str = "operation", *, of_resident: bool = False) -> Written:
    return Written(action, f"person:{n.OPERATOR}", "operator", purpose, of_resident)


def _by_manager(action: str) -> Written:
    return Written(action, f"person:{n.MANAGER}", "home_manager", "record_keeping", of_resident=True)


SEEDED = Written("platform.seeded", THE_SYSTEMS_USER, "database_owner", "operation")
# What changes something, and the events of one run as `ARGUMENTS` asks for it.
CHANGES = {
    "seed": [SEEDED],
    "simulate": [SEEDED],
    "add-places": [_by_operator("place.added")] * 4,
    "add-person": [_by_operator("role.given")],
    "give-role": [_by_operator("role.given")],
    "end-role": [_by_operator("role.ended")],
    "give-password": [
        _by_operator("second_step.taken_away", "signing_in"),
        _by_operator("password.given", "signing_in"),
    ],
    "enrol-kit": [_by_operator("kit.enrolled")],
    "rotate-kit": [_by_operator("kit.rotated")],
    "revoke-kit": [_by_operator("kit.revoked")],
    "new-epoch": [_by_operator("platform.epoch_declared")],
    "quarantine replay": [_by_operator("reading.replayed", of_resident=True)] * 2,
    "retention": [_by_operator("records.erased", "record_keeping", of_resident=True)],
    "add-residents": [_by_manager("resident.added")] * 2,
    "export": [_by_manager("records.exported")],
}
NAMED = {"operator": "operator", "home_manager": "home's manager", "database_owner": "system's user"}
CHANGES_NOTHING = {
    "migrate": "the schema and the passwords of our own processes, and nothing about anybody; api.migration keeps when",
    "serve": "what people do through it is audited as theirs",
    "ingest": "what it stores is a record of its own, with who sent it",
    "scheduler": "what it does by itself is audited as the scheduler's, or retention's",
    "check": "it looks",
    "ledger": "it counts, by kit",
    "quarantine list": "it shows what is kept and why, and nothing of what it says of anybody",
    "audit verify": "it reads the audit, and no words",
    "audit public-key": "it reads a file",
    "score": "it reads a file, and no database",
    "replay": "it counts what another policy would raise, and shows nobody's record",
    "evaluate": "it reads files of a simulation",
    "demo": "its database is its own, is emptied at each start, and is filled as by `seed`",
}


NO_OPERATOR = f"This is done in the name of an operator, and {WANDA!r} is none."
REFUSED = {
    "add-residents": "Only the home's manager or the hub's lead adds a resident.",
    "export": "Only the home's manager or the hub's lead takes a copy of a resident's records.",
}


def _enrolled(scene: Scene) -> str:
    scene.run("enrol-kit", "--home", "Orchard House", *OLU, "--sheet", str(scene.sheet))
    [kit] = KitSheet.read(scene.sheet).kits
    return str(kit.kit_id)


def _with_two_in_quarantine(scene: Scene) -> None:
    """Two readings of residents whom nobody knew when they came, and one of somebody still unknown."""
    late, later, never = (UUID(int=number) for number in (141, 142, 143))
    kit, now = n.Kit(), datetime.now(UTC)
    with scene.database.connect("hearthwatch_ingest") as conn:
        sent = [kit.arrival(kit.reading(one, taken_at=now), now) for one in (late, later, never)]
        door.receive(conn, sent, Evaluator(), now)
    with scene.database.connect() as conn:
        for one in (late, later):
            conn.execute(
                "INSERT INTO delegation.resident (resident_id, home_id, name, born_on) VALUES (%s, %s, 'Nia', %s)",
                (one, n.ORCHARD, datetime(1940, 5, 1, tzinfo=UTC)),
            )


def _with_records_to_erase(scene: Scene) -> None:
    home = Home(scene.database)
    home.watch(n.AMARA)
    home.end(n.AMARA)
    home.owner.close()


def _replay(scene: Scene) -> tuple[str, ...]:
    _with_two_in_quarantine(scene)
    return ("--all", *OLU)


def _erase(scene: Scene) -> tuple[str, ...]:
    _with_records_to_erase(scene)
    return ("--now", *OLU)


_LINES = "name,nhs_number,born_on\nEdda,999 000 0050,1938-02-03\nIda,999 000 0107,1950-01-01\n"
_OUT, _SHEET = "--out", "--sheet"
ARGUMENTS: dict[str, Callable[[Scene], tuple[str, ...]]] = {
    "seed": lambda at: ("--kits", str(at.sheet), "--homes", "2", "--residents-per-home", "2"),
    # Asked for more illnesses than there are people, it settles them and has nothing to send.
    "simulate": lambda at: (
        *("--homes", "2", "--residents-per-home", "2", "--directory", str(at.folder)),
        *("--scenario", "sepsis") * 5,
    ),
    "add-places": lambda at: (at.file("places.toml", FILE), *OLU),
    "add-person": lambda _: ("nia.new", "--name", "Nia New", "--role", "operator", *OLU, *WHY),
    "give-role": lambda _: (username(n.CLINICIAN), "--role", "hub_lead", "--at", str(n.HUB), *OLU, *WHY),
    "end-role": lambda _: (username(n.WORKER), "--role", "care_worker", "--at", str(n.ORCHARD), *OLU, *WHY),
    "give-password": lambda _: (username(n.CLINICIAN), *OLU, *WHY, "--and-take-second-step-away"),
    "enrol-kit": lambda _: ("--home", "Meadow View", "--kind", "web", *OLU),
    "rotate-kit": lambda at: (_enrolled(at), *OLU, _SHEET, str(at.sheet)),
    "revoke-kit": lambda at: (_enrolled(at), *OLU),
    "new-epoch": lambda _: ("Restored from last night's snapshot.", *OLU),
    "quarantine replay": _replay,
    "retention": _erase,
    "add-residents": lambda at: (at.file("residents.csv", _LINES), "--home", str(n.ORCHARD), *MONA),
    "export": lambda at: (
        *("--resident", str(n.AMARA), _OUT, str(at.folder / "out.json"), *MONA, "--because", "She asked."),
    ),
}


def registered(group: Any, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from registered(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_of_every_command_it_is_said_what_the_audit_keeps_or_why_it_keeps_nothing() -> None:
    there = sorted(registered(typer.main.get_command(cli.app)))
    assert there == sorted([*CHANGES, *CHANGES_NOTHING])
    assert CHANGES.keys() == ARGUMENTS.keys()


def test_the_page_on_the_audit_has_the_same_list() -> None:
    page = (ROOT / "docs" / "audit.md").read_text()
    rows = re.findall(r"^\| (`[a-z].+) \| (.+) \| (`.+) \| `(\w+)` \|$", page, re.MULTILINE)
    listed = {
        (command.removesuffix(" --now"), whose, action, purpose)
        for commands, whose, actions, purpose in rows
        for command in re.findall(r"`([^`]+)`", commands)
        for action in re.findall(r"`([^`]+)`", actions)
    }
    assert {command for command, *_ in listed} == CHANGES.keys()
    for command, written in CHANGES.items():
        for one in written:
            asked = command, one.action, one.purpose
            [whose] = [who for name, who, action, purpose in listed if (name, action, purpose) == asked]
            assert NAMED[one.role] in whose, command


@pytest.mark.parametrize("command", CHANGES)
def test_what_a_command_changes_is_written_down_with_who_as_what_for_what_and_in_which_run(
    command: str, database: Database, neighbourhood: Database, tmp_path: Path
) -> None:
    there = Scene(database if CHANGES[command] == [SEEDED] else neighbourhood, tmp_path)
    give_accounts(neighbourhood)
    arguments = ARGUMENTS[command](there)
    before = there.events()
    said = there.run(*command.split(), *arguments)
    written = there.events()[len(before) :]
    assert [Written(*one[:4], one[4] is not None) for one in written] == CHANGES[command], said
    [run] = {request for *_, request in written}
    assert run
    assert run not in {request for *_, request in before}


@pytest.mark.parametrize("command", [one for one in CHANGES if CHANGES[one] != [SEEDED]])
def test_nothing_is_changed_by_a_command_in_the_name_of_somebody_who_may_not(
    command: str, neighbourhood: Database, tmp_path: Path
) -> None:
    there = Scene(neighbourhood, tmp_path)
    give_accounts(neighbourhood)
    arguments = ARGUMENTS[command](there)
    before = there.events()
    said = there.run(*command.split(), *(WANDA if one in (OLU[1], MONA[1]) else one for one in arguments))
    assert said == f"{REFUSED.get(command, NO_OPERATOR)}\n"
    vain = ["records.export_refused"] if command == "export" else []
    assert [action for action, *_ in there.events()[len(before) :]] == vain
