"""A kit is enrolled with one command, switched on with what that prints, and shut out with another."""

import io
import os
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import segno

from api.embedded.process import free_port
from devices.gateway.gateway import Gateway
from devices.gateway.link import Link
from devices.gateway.loop import GatewayLoop
from devices.gateway.outbox import Outbox, State
from devices.gateway.outbox_file import OutboxFile
from devices.gateway.session import Credentials
from devices.gateway.sheet_file import SheetFile
from devices.identifiers import DatabaseEpoch, ResidentId
from devices.kits import KitSheet
from devices.reading import encode_one
from devices.topics import partition_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.brokers import Broker
from tests.fixtures.commands import Commands
from tests.fixtures.containers import wait_until
from tests.fixtures.databases import Database
from tests.fixtures.serving import give_accounts, username
from tests.integration.api.test_broker_access import SHUT_OUT_WITHIN, Client
from tests.integration.api.test_processes import at_broker
from tests.integration.devices.kit_and_platform import EAGER, FakePlatform

MakeCommands = Callable[..., Commands]
BY = ("--by", username(n.OPERATOR))
AT_BROKER = ("--broker-host", "127.0.0.1", "--broker-port")


@pytest.fixture(autouse=True)
def accounts(neighbourhood: Database) -> None:
    give_accounts(neighbourhood)


def enrolled(commands: Commands, file: Path, port: int, home: str = "Orchard House") -> tuple[KitSheet, str]:
    """The sheet that was written, and the line for the broker."""
    done = commands.run("enrol-kit", "--home", home, *BY, "--sheet", str(file), *AT_BROKER, str(port))
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert line.partition(":")[2] not in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return KitSheet.read(file), line


@pytest.mark.both_brokers
def test_a_kit_delivers_once_it_is_enrolled_and_admitted_and_one_command_ends_its_session_and_shuts_it_out(
    commands: MakeCommands, neighbourhood: Database, broker: Broker, tmp_path: Path
) -> None:
    ours = commands(**at_broker(broker))
    sheet, line = enrolled(ours, tmp_path / "kits.json", broker.port)
    [kit] = sheet.kits
    assert line == f"{kit.username}:{kit.secret.get_secret_value()}"
    broker.admit(dict([line.split(":", 1)]))
    file = OutboxFile(tmp_path / "outbox.sqlite")
    outbox = Outbox(file, kit.kit_id)
    link = Link(Gateway(outbox), Credentials.of(kit), sheet.broker)
    loop = GatewayLoop([link])
    with ours.start("ingest"):
        loop.start()
        for _ in range(3):
            reading = n.Kit(kit.kit_id).reading(n.AMARA, taken_at=datetime.now(UTC))
            outbox.put(reading)
        wait_until(lambda: outbox.waiting() == 0, "what it measured to be receipted")
        assert {entry.state for entry in outbox.ledger()} == {State.STORED}
        revoked = ours.run("revoke-kit", str(kit.kit_id), *BY)
        assert (revoked.returncode, revoked.stderr) == (0, "")
        wait_until(lambda: not link.up, "its session to end", SHUT_OUT_WITHIN)
        again = Client(broker.port, kit.username, kit.secret.get_secret_value()).connect()
        assert again.refused
        again.close()
    loop.stop()
    file.close()
    with neighbourhood.connect() as conn:
        row = conn.execute(
            "SELECT revoked_at IS NOT NULL, returned_at IS NOT NULL FROM devices.kit JOIN devices.kit_loan"
            " USING (kit_id) WHERE kit_id = %s",
            (kit.kit_id,),
        ).fetchone()
        told = conn.execute(
            "SELECT action, actor FROM delegation.audit_event WHERE subject = %s ORDER BY audit_id",
            (f"kit:{kit.kit_id}",),
        ).fetchall()
    assert row == (True, True)
    operator = f"person:{n.OPERATOR}"
    assert told == [("kit.enrolled", operator), ("kit.revoked", operator)]


@pytest.mark.both_brokers
def test_a_kit_whose_broker_does_not_confirm_is_said_to_go_on_and_what_it_sends_is_kept_aside_until_it_does(
    commands: MakeCommands, neighbourhood: Database, broker: Broker, tmp_path: Path
) -> None:
    ours = commands(**at_broker(broker))
    sheet, line = enrolled(ours, tmp_path / "kits.json", broker.port)
    [kit] = sheet.kits
    broker.admit(dict([line.split(":", 1)]))
    thief = Client(broker.port, kit.username, kit.secret.get_secret_value()).connect()
    nowhere = str(free_port())
    with ours.start("ingest"):
        done = ours.run("revoke-kit", str(kit.kit_id), *BY, HEARTHWATCH_BROKER_PORT=nowhere)
        assert (done.returncode, done.stdout) == (1, "")
        assert "BUT ITS SESSION AT THE BROKER" in done.stderr
        assert f"It cannot be reached at 127.0.0.1:{nowhere}" in done.stderr
        assert not thief.gone.is_set()
        stolen = n.Kit(kit.kit_id)
        thief.publish(stolen.topic(), encode_one(stolen.reading(n.AMARA, taken_at=datetime.now(UTC))))
        aside = "SELECT reason FROM ingest.quarantine"

        def kept() -> bool:
            with neighbourhood.connect() as conn:
                return conn.execute(aside).fetchall() == [("unknown_kit",)]

        wait_until(kept, "what came after to be kept aside")
    again = ours.run("revoke-kit", str(kit.kit_id), *BY)
    assert (again.returncode, again.stderr) == (0, "")
    assert thief.gone.wait(SHUT_OUT_WITHIN)
    thief.close()
    with neighbourhood.connect() as conn:
        told = conn.execute(
            "SELECT action FROM delegation.audit_event WHERE subject = %s ORDER BY audit_id",
            (f"kit:{kit.kit_id}",),
        ).fetchall()
    assert told == [("kit.enrolled",), ("kit.revoked",)]


def test_a_new_password_that_could_not_be_handed_to_the_broker_leaves_the_sheet_as_it_was(
    commands: MakeCommands, neighbourhood: Database, tmp_path: Path
) -> None:
    ours, file = commands(), tmp_path / "kits.json"
    sheet, _ = enrolled(ours, file, 8883)
    command = [*ours.program, "rotate-kit", str(sheet.kits[0].kit_id), *BY, "--sheet", str(file)]
    with Path("/dev/full").open("w") as nowhere:
        done = subprocess.run(
            command, env=os.environ | ours.environment, stdout=nowhere, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode != 0
    assert KitSheet.read(file) == sheet
    with neighbourhood.connect() as conn:
        assert conn.execute(
            "SELECT count(*) FROM delegation.audit_event WHERE action = 'kit.rotated'"
        ).fetchall() == [(0,)]


@pytest.mark.both_brokers
def test_a_kit_goes_on_with_its_new_password_by_itself_and_the_old_one_is_refused(
    commands: MakeCommands, neighbourhood: Database, broker: Broker, tmp_path: Path
) -> None:
    ours, file = commands(**at_broker(broker)), tmp_path / "kits.json"
    sheet, line = enrolled(ours, file, broker.port)
    [kit] = sheet.kits
    broker.admit(dict([line.split(":", 1)]))
    fake = FakePlatform(broker.port, DatabaseEpoch(uuid4()), broker.username, broker.password)
    outboxes = OutboxFile(tmp_path / "outbox.sqlite")
    outbox = Outbox(outboxes, kit.kit_id)
    link = Link(Gateway(outbox), Credentials.of(kit), sheet.broker, settings=EAGER, renew=SheetFile(file))
    loop = GatewayLoop([link])
    loop.start()
    wait_until(lambda: link.up, "the kit to be let in")
    done = ours.run("rotate-kit", str(kit.kit_id), *BY, "--sheet", str(file))
    assert done.returncode == 0, done.stderr
    [new_line] = done.stdout.splitlines()
    assert new_line.partition(":")[2] not in ("", kit.secret.get_secret_value())
    assert KitSheet.read(file).broker == sheet.broker
    broker.admit(dict([new_line.split(":", 1)]))
    outbox.put(n.Kit(kit.kit_id).reading(n.AMARA, taken_at=datetime.now(UTC)))
    wait_until(lambda: outbox.waiting() == 0, "the kit to deliver with its new password")
    thief = Client(broker.port, kit.username, kit.secret.get_secret_value()).connect()
    assert thief.refused
    thief.close()
    loop.stop()
    outboxes.close()
    fake.stop()
    with neighbourhood.connect() as conn:
        told = conn.execute(
            "SELECT action, actor FROM delegation.audit_event WHERE subject = %s ORDER BY audit_id",
            (f"kit:{kit.kit_id}",),
        ).fetchall()
    assert told == [("kit.enrolled", f"person:{n.OPERATOR}"), ("kit.rotated", f"person:{n.OPERATOR}")]


def test_the_code_to_scan_holds_what_the_sheet_holds_to_sign_in_and_nobodys_id(
    commands: MakeCommands, tmp_path: Path
) -> None:
    file, code = tmp_path / "kits.json", tmp_path / "kit.svg"
    done = commands().run(
        *("enrol-kit", "--home", "Orchard House", *BY, *AT_BROKER, "8883"),
        *("--sheet", str(file), "--qr", str(code), "--show-qr"),
    )
    assert done.returncode == 0, done.stderr
    scanned = KitSheet.read(file).credential()
    assert not scanned.kits[0].residents
    assert not scanned.kits[0].workers
    assert scanned.kits[0].secret == KitSheet.read(file).kits[0].secret
    expected = segno.make(scanned.model_dump_json(exclude_defaults=True), error="m", micro=False)
    in_svg, in_terminal = io.BytesIO(), io.StringIO()
    expected.save(in_svg, kind="svg", scale=4, border=4, title="A kit's credential")
    expected.terminal(out=in_terminal, border=2)
    assert code.read_bytes() == in_svg.getvalue()
    assert stat.S_IMODE(code.stat().st_mode) == 0o600
    assert in_terminal.getvalue() in done.stderr
    assert scanned.kits[0].secret.get_secret_value() not in done.stderr


def test_its_sheet_holds_the_homes_partition_and_whom_it_sends_for_and_no_name(
    commands: MakeCommands, neighbourhood: Database, tmp_path: Path
) -> None:
    with neighbourhood.connect() as conn:
        conn.execute(
            """INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator,
                   regulator_number, reason, decided_at, starts_at, review_by, recorded_by)
               VALUES (%s, 'A', 'GMC', '1', 'r', now(), now() - interval '1 day', now(), %s)""",
            (n.BRAM, n.CLINICIAN),
        )
    sheet, _ = enrolled(commands(), tmp_path / "kits.json", 8883, home=str(n.ORCHARD))
    [kit] = sheet.kits
    assert kit.partition == partition_of(n.ORCHARD)
    assert {one.resident_id: one.spo2_scale for one in kit.residents} == {
        ResidentId(n.AMARA): 1,
        ResidentId(n.BRAM): 2,
    }
    assert set(kit.workers) == {n.WORKER}, "and not those whose assignment has ended"
    assert "Amara" not in sheet.model_dump_json()
    assert (sheet.broker.host, sheet.broker.port) == ("127.0.0.1", 8883)


def test_a_home_has_one_capture_form(commands: MakeCommands) -> None:
    made = commands().run("enrol-kit", "--home", "Meadow View", "--kind", "web", *BY)
    assert made.stdout.startswith("Meadow View has a capture form: ")
    again = commands().run("enrol-kit", "--home", "Meadow View", "--kind", "web", *BY)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.strip() == "Meadow View has a capture form already."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("enrol-kit", "--home", "Nowhere", *BY, "--kind", "web"),
            "There is no home with the id or the name 'Nowhere'.",
        ),
        (("enrol-kit", "--home", "Orchard House", *BY, "--kind", "box"), "'box': a kit is a kit or web."),
        (("enrol-kit", "--home", "Orchard House", *BY), "Say where the kit's sheet is to be written."),
        (("enrol-kit", "--home", "Orchard House", *BY, "--sheet", __file__), "is there already"),
        (
            ("enrol-kit", "--home", "Meadow View", "--by", "nobody", "--kind", "web"),
            "Nobody has an account with the user name 'nobody'.",
        ),
        (
            ("rotate-kit", str(n.NOBODY), *BY, "--sheet", "/nowhere/kits.json"),
            "/nowhere/kits.json: No such file or directory.",
        ),
        (("revoke-kit", str(n.NOBODY), *BY), f"No kit {n.NOBODY} is enrolled."),
    ],
    ids=["no home", "no kind", "no sheet", "a sheet that is there", "nobody", "no sheet to change", "no kit"],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    commands: MakeCommands, arguments: tuple[str, ...], said: str
) -> None:
    done = commands().run(*arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert done.stdout == ""


def test_a_revoked_kit_gets_no_new_password(commands: MakeCommands, tmp_path: Path) -> None:
    file = tmp_path / "kits.json"
    sheet, _ = enrolled(commands(), file, 8883)
    before, kit = file.read_bytes(), str(sheet.kits[0].kit_id)
    done = commands().run("revoke-kit", kit, *BY)
    assert done.returncode == 1
    assert "the broker did not confirm that it is shut out: The broker's host is not set: set" in done.stderr
    done = commands().run("rotate-kit", kit, *BY, "--sheet", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"No kit {kit} is enrolled and lent to a home, or it is revoked." in done.stderr
    assert file.read_bytes() == before
