"""The commands that enrol a kit, renew its credential and revoke it, as the database's owner, in somebody's name.

Guards: a kit's secret is random and is not stored here. It goes to a sheet that only its owner can read, and to the
broker, before anything is committed. A kit or credential that could not be handed over is not committed.
"""

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.commands.options import By, writable_beside

if TYPE_CHECKING:
    from api.settings import Settings
    from devices.door import Door
    from devices.kits import KitSheet

_ADMIT = "docker compose -f deploy/compose.yaml exec -T mosquitto admit-kits"


def _new_file(file: Path | None) -> Path | None:
    if file is not None and file.exists():
        raise typer.BadParameter(f"{file} is there already: give each kit a file of its own.")
    return writable_beside(file)


QrFile = Annotated[
    Path | None,
    typer.Option("--qr", help="Write a QR code of its credential here, as SVG.", callback=_new_file),
]
ShowQr = Annotated[bool, typer.Option("--show-qr", help="Show the QR code in this terminal.")]


def enrol_kit(
    home: Annotated[str, typer.Option(help="The home it is lent to, by its id or its name.")],
    by: By,
    kind: Annotated[
        str, typer.Option(help="kit; or web, the form on which a home types in readings.")
    ] = "kit",
    sheet: Annotated[
        Path | None,
        typer.Option(help="Write the kit's sheet, with its password, here.", callback=_new_file),
    ] = None,
    broker_host: Annotated[
        str | None, typer.Option(help="Where kits find the broker; as configured here if not said.")
    ] = None,
    broker_port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="The broker's certificate authority, where the kit has it.")
    ] = None,
    qr: QrFile = None,
    show_qr: ShowQr = False,
) -> None:
    """Enrol a kit and lend it to a home; write its sheet, and print the line that lets it in at the broker."""
    from pydantic import SecretStr

    from api.commands.owner import Run, operator
    from api.settings import Settings
    from devices import enrolment
    from devices.kits import Broker

    if kind not in list(enrolment.KitKind):
        raise typer.BadParameter(f"{kind!r}: a kit is a kit or web.", param_hint="'--kind'")
    if kind == enrolment.KitKind.KIT and sheet is None:
        raise typer.BadParameter("Say where the kit's sheet is to be written.", param_hint="'--sheet'")
    settings, at = Settings.load(), datetime.now(UTC)
    with Run(settings).connect() as conn:
        lent_to = enrolment.find_home(conn, home)
        kit_id = enrolment.enrol(conn, operator(conn, by), lent_to, enrolment.KitKind(kind), at)
        if sheet is None:
            print(f"{lent_to.name} has a capture form: {kit_id}.")
            return
        broker = Broker(
            host=broker_host or settings.broker_host(),
            port=broker_port or settings.broker.port,
            ca_file=ca_file or settings.broker.ca_file,
        )
        secret = secrets.token_urlsafe(24)
        made = enrolment.sheet(conn, kit_id, lent_to, broker, SecretStr(secret), at)
        made.write(sheet)
        _draw(made, qr, show=show_qr)
        print(f"{kit_id}:{secret}", flush=True)
    _say(f"Kit {kit_id} is enrolled and lent to {lent_to.name}. Its sheet, for the tablet, is {sheet}.")
    _say(f"The broker lets it in once it is given the line that was printed, as by: | {_ADMIT}")


def rotate_kit(
    kit: Annotated[UUID, typer.Argument(help="The kit's id.")],
    by: By,
    sheet: Annotated[Path, typer.Option(help="The kit's sheet, which gets its new password.")],
    qr: QrFile = None,
    show_qr: ShowQr = False,
) -> None:
    """Give a kit a new credential; the broker ends the old one's session once it has the printed line."""
    from pydantic import SecretStr

    from api.commands.owner import as_owner, operator
    from devices import enrolment
    from devices.identifiers import KitId
    from devices.kits import KitSheet

    old, kit_id, at = KitSheet.read(sheet), KitId(kit), datetime.now(UTC)
    if kit_id not in {one.kit_id for one in old.kits}:
        raise typer.BadParameter(f"{sheet} is not the sheet of kit {kit}.", param_hint="'--sheet'")
    with as_owner() as conn:
        lent_to = enrolment.rotate(conn, operator(conn, by), kit_id, at)
        secret = secrets.token_urlsafe(24)
        made = enrolment.sheet(conn, kit_id, lent_to, old.broker, SecretStr(secret), at)
        old.with_kit(made.kits[0]).write(sheet)
        try:
            _draw(made, qr, show=show_qr)
            print(f"{kit_id}:{secret}", flush=True)
        except BaseException:
            old.write(sheet)  # the broker still accepts the old one, so the sheet must hold it too
            raise
    _say(f"Kit {kit_id} has a new password, in {sheet}: hand the sheet to the tablet first.")
    _say(f"The old one stops once the broker is given the line that was printed, as by: | {_ADMIT}")


def revoke_kit(kit: Annotated[UUID, typer.Argument(help="The kit's id.")], by: By) -> None:
    """Shut a kit out, here and at the broker; what still arrives in its name is kept in quarantine.

    It ends with 1 if the broker has not confirmed it: what is done here stays done, and it may be run again.
    """
    from api.commands.owner import Run, operator
    from api.settings import Settings, SettingsError
    from devices import enrolment
    from devices.door import NotShutOutError
    from devices.identifiers import KitId

    settings = Settings.load()
    with Run(settings).connect() as conn:
        kind = enrolment.revoke(conn, operator(conn, by), KitId(kit), datetime.now(UTC))
    if kind is enrolment.KitKind.WEB:
        print(f"Kit {kit} is revoked. It was a form: there is no session of it at the broker.")
        return
    try:
        _door(settings).shut_out(KitId(kit))
    except (NotShutOutError, SettingsError) as error:
        _say(f"Kit {kit} is revoked here: what it sends is kept in quarantine.")
        _say("BUT ITS SESSION AT THE BROKER MAY GO ON, and it may sign in there:")
        _say(f"the broker did not confirm that it is shut out: {error}")
        _say("Mend that, and run the same command again.")
        raise typer.Exit(1) from None
    print(f"Kit {kit} is revoked. The broker has ended its session and refuses it.")


def _door(settings: "Settings") -> "Door":
    """Raises SettingsError where the broker, or the platform's user there, is not set."""
    from devices.door import Door

    host, broker = settings.broker_host(), settings.broker
    username, password = settings.broker_user()
    return Door(host, broker.port, username, password, broker.ca_file)


def _draw(sheet: "KitSheet", file: Path | None, *, show: bool) -> None:
    from api.commands import kit_code

    if file is not None:
        kit_code.write_svg(sheet, file)
    if show:
        _say(kit_code.in_terminal(sheet))


def _say(words: str) -> None:
    """Print on standard error; standard output goes to the broker."""
    print(words, file=sys.stderr)
