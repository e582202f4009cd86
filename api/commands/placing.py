"""The command that stores the organisations, hubs and homes in a file, as the database's owner.

Guards: it prints what it will do first. A file with an error changes nothing.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer


def add_places(
    file: Annotated[typer.FileText, typer.Argument(help="A TOML file, or - for what is piped in.")],
    by: Annotated[str, typer.Option(help="Your name, for the record.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Store the organisations, hubs and homes in a file, or what has changed in it since.

    What is not in the file is left alone. docs/setting-up.md has an example.
    """
    import psycopg

    from api.commands.places_file import read, said
    from api.settings import DatabaseRole, Settings
    from delegation import places
    from delegation.people import Process

    written = read(file.read())
    with psycopg.connect(Settings.load().conninfo(DatabaseRole.MIGRATOR)) as conn:
        found = places.changes(conn, written)
        if not dry_run:
            words = f"{by}: {len(found)} places of a file"
            places.write(conn, Process("add-places"), found, at=datetime.now(UTC), words=words)
    for line in said(found, len(written)):
        print(line)
    if dry_run:
        print("Nothing is changed: this was --dry-run.")
