"""The commands that list the quarantine and replay it.

Guards: a payload's contents are never printed. The owner's role is used only to find in whose name it is replayed:
readings come in by ingest's.
"""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.options import By

quarantine = typer.Typer(help="What could not be understood: list it, or try it again.", no_args_is_help=True)

# A bigint in the database has eight bytes.
_LARGEST = 2**63 - 1


@quarantine.command("list")
def list_quarantined(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was tried again with success.")
    ] = False,
    after: Annotated[int, typer.Option(min=0, max=_LARGEST, help="Go on after this number.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """List what is in quarantine and why, without its contents.

    The oldest first, at most a hundred: go on with --after.
    """
    import psycopg

    from api.settings import DatabaseRole, Settings
    from ingest.quarantine import listed

    with psycopg.connect(Settings.load().conninfo(DatabaseRole.INGEST)) as conn:
        found = listed(conn, after=after, waiting_only=not everything)
    for one in found:
        shown = {
            "number": one.quarantine_id,
            "reason": one.reason,
            "detail": one.detail,
            "kit": one.kit_id,
            "arrived_at": one.arrived_at,
            "deliveries": one.deliveries,
            "bytes": one.cut_from or len(one.payload),
            "kept": len(one.payload),
            "replay": one.replay_outcome,
        }
        when = f"{one.arrived_at:%Y-%m-%d %H:%M:%S}"
        words = f"{one.quarantine_id:>8}  {when}  x{one.deliveries}  {one.reason}: {one.detail}"
        print(json.dumps(shown, default=str) if as_json else words)


@quarantine.command()
def replay(
    numbers: Annotated[
        list[int] | None, typer.Argument(max=_LARGEST, help="Which; as `list` shows them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that waits.")] = False,
    *,
    by: By,
) -> None:
    """Replay what is in quarantine."""
    from api.commands.owner import Run, operator
    from api.commands.replaying import FAILED, replay_all
    from api.settings import DatabaseRole, Settings

    if not numbers and not everything:
        raise typer.BadParameter("Name numbers, or --all.")
    run, wanted, failed = Run(Settings.load()), None if everything else set(numbers or ()), False
    with run.connect() as conn:
        actor = operator(conn, by)
    with run.connect(DatabaseRole.INGEST) as conn:
        conn.autocommit = True
        for number, outcome in replay_all(conn, actor, wanted, datetime.now(UTC)):
            print(f"{number:>8}  {outcome}")
            failed |= outcome.startswith(FAILED)
    if failed:
        raise typer.Exit(1)
