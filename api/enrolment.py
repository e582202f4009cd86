"""Commands that enrol a kit and revoke one, as the database's owner.

Guards: a kit's secret is random, is kept nowhere here, and is printed before the kit is committed: what could not be
read by anybody is no kit.
"""

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

_ADMIT = "docker compose -f deploy/compose.yaml exec -T mosquitto admit-kits"
_SHUT_OUT = "docker compose -f deploy/compose.yaml exec -T mosquitto revoke-kit"


def enrol_kit(
    home: Annotated[str, typer.Option(help="The home it is lent to, by its id or its name.")],
    kind: Annotated[
        str, typer.Option(help="kit; or web, the form on which a home types in readings.")
    ] = "kit",
    broker_host: Annotated[
        str | None, typer.Option(help="Where kits find the broker; as configured here if not said.")
    ] = None,
    broker_port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="The broker's certificate authority, where the kit has it.")
    ] = None,
) -> None:
    """Enrol a kit and lend it to a home; prints its line of the kit sheet, with its password, this once."""
    import psycopg
    from pydantic import SecretStr

    from api.settings import DatabaseRole, Settings
    from devices import enrolment
    from devices.kits import Broker

    if kind not in list(enrolment.KitKind):
        raise typer.BadParameter(f"{kind!r}: a kit is a kit or web.", param_hint="'--kind'")
    settings, at = Settings.load(), datetime.now(UTC)
    with psycopg.connect(settings.conninfo(DatabaseRole.MIGRATOR)) as conn:
        lent_to = enrolment.find_home(conn, home)
        kit_id = enrolment.enrol(conn, lent_to, enrolment.KitKind(kind), at)
        if kind == enrolment.KitKind.WEB:
            print(f"{lent_to.name} has a capture form: {kit_id}.")
            return
        broker = Broker(
            host=broker_host or settings.broker_host(),
            port=broker_port or settings.broker.port,
            ca_file=ca_file or settings.broker.ca_file,
        )
        secret = secrets.token_urlsafe(24)
        sheet = enrolment.sheet(conn, kit_id, lent_to, broker, SecretStr(secret), at)
        print(sheet.model_dump_json(indent=2), flush=True)
    _say(
        f"Kit {kit_id} is enrolled and lent to {lent_to.name}. What was printed is its kit sheet, for the tablet."
    )
    _say("Its password is shown only now. The broker lets it in once it is given this line:")
    _say(f"  {kit_id}:{secret}")
    _say(f"as in: {_ADMIT}")


def revoke_kit(kit: Annotated[UUID, typer.Argument(help="The kit's id.")]) -> None:
    """Shut a kit out: what still comes in its name is kept in quarantine."""
    import psycopg

    from api.settings import DatabaseRole, Settings
    from devices import enrolment
    from devices.identifiers import KitId

    with psycopg.connect(Settings.load().conninfo(DatabaseRole.MIGRATOR)) as conn:
        enrolment.revoke(conn, KitId(kit), datetime.now(UTC))
    print(f"Kit {kit} is revoked. To end its session at the broker too: {_SHUT_OUT} {kit}")


def _say(words: str) -> None:
    """Beside what is printed, which may go to a file."""
    print(words, file=sys.stderr)
