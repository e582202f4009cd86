"""The command that stores the organisations, hubs and homes in a file, as the database's owner, in an operator's
name.

Guards: it prints what it will do first. A file with an error changes nothing.
"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.options import By


def add_places(
    file: Annotated[typer.FileText, typer.Argument(help="A TOML file, or - for what is piped in.")],
    by: By,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Store the organisations, hubs and homes in a file, or what has changed in it since.

    What is not in the file is left alone. docs/setting-up.md has an example.
    """
    from api.commands.owner import as_owner, operator
    from api.commands.places_file import read, said
    from delegation import places

    written = read(file.read())
    with as_owner() as conn:
        actor = operator(conn, by)
        found = places.changes(conn, written)
        if not dry_run:
            places.write(conn, actor, found, at=datetime.now(UTC), words=f"{len(found)} places of a file")
    for line in said(found, len(written)):
        print(line)
    if dry_run:
        print("Nothing is changed: this was --dry-run.")
