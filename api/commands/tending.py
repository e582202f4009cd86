"""The commands that look after an installation: schema, checks, ledgers and retention.

Guards: nothing is deleted by default; the command line must ask for it.
"""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.options import By

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


def migrate() -> None:
    """Bring the database to this version's schema.

    Then set the configured password of each process's role.
    """
    from api.commands.schema import bring_up_to_date
    from api.settings import Settings

    ran = bring_up_to_date(Settings.load())
    print(f"Ran {', '.join(ran)}." if ran else "The schema is up to date.")


def check() -> None:
    """Check whether this installation can do its work, line by line."""
    from api.processes.check import checks
    from api.settings import Settings

    results = checks(Settings.load())
    for result in results:
        mark = "but" if result.doubtful else "ok " if result.ok else "NOT"
        print(f"{mark}  {result.code}: {result.says}")
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


def ledger(as_json: Json = False) -> None:
    """Show each kit's ledger: how much is stored and in quarantine."""
    from dataclasses import asdict

    import psycopg

    from api.settings import DatabaseRole, Settings
    from ingest.ledger import ledgers

    with psycopg.connect(Settings.load().conninfo(DatabaseRole.INGEST)) as conn:
        books = ledgers(conn)
    if as_json:
        print(json.dumps([asdict(one) for one in books], default=str))
        return
    print(f"{'kit':36} {'stored':>10} {'quarantined':>12} {'unreadable':>11}")
    for one in books:
        print(f"{one.kit_id!s:36} {one.stored:>10} {one.quarantined:>12} {one.unreadable:>11}")


def retention(
    now: Annotated[bool, typer.Option("--now", help="Erase it, rather than only say what is due.")] = False,
    by: Annotated[
        str | None, typer.Option(help="With --now: the user name of the operator in whose name it is done.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List whose records have been kept long enough, or erase them and leave tombstones."""
    from api.commands.owner import Run, operator
    from api.database import open_pool
    from api.retention import said_of_due, said_of_erased
    from api.settings import DatabaseRole, Settings

    if now != (by is not None):
        raise typer.BadParameter("Give --now and --by together: what is erased is erased in somebody's name.")
    run, at, actor = Run(Settings.load()), datetime.now(UTC), None
    if by is not None:
        with run.connect() as conn:
            actor = operator(conn, by)
    with open_pool(run.settings, DatabaseRole.RETENTION, most=1, request_id=run.request_id) as pool:
        for said in said_of_due(pool, at) if actor is None else said_of_erased(pool, at, actor):
            print(json.dumps(said, default=str) if as_json else said["says"])


def new_epoch(reason: Annotated[str, typer.Argument(help="What happened, for the record.")], by: By) -> None:
    """After a restore: make kits send again what is missing.

    Each kit compares its ledger with what this copy of the database has receipted.
    """
    from api.commands.owner import as_owner, operator
    from api.commands.schema import declare_epoch

    with as_owner() as conn:
        epoch = declare_epoch(conn, operator(conn, by), reason, datetime.now(UTC))
    print(f"The database's epoch is now {epoch}.")
