"""The command `hearthwatch`: each subcommand is a process of the platform or something an operator does.

Guards: what is wrong is said in a sentence on standard error with a status that is not 0; a command imports
only what it needs, so `--help` is quick and a kit's box needs no server.
"""

import json
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import (
    admitting,
    appointing,
    auditing,
    enrolment,
    evaluation,
    exporting,
    lockout,
    placing,
    rehearsing,
    synthetic,
)
from api.complaint import complaint

if TYPE_CHECKING:
    from api.settings import DatabaseRole, Settings

app = typer.Typer(
    name="hearthwatch",
    help=(
        "Take kits' readings, store and score them, escalate, show.\n\n"
        "Where the database and the broker are, and the secrets for them, is read from the environment:"
        " HEARTHWATCH_DATABASE_HOST, HEARTHWATCH_BROKER_HOST and so on; a command says which it lacks."
        " `demo` needs none of them."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
quarantine = typer.Typer(help="What could not be understood: list it, or try it again.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")
app.add_typer(auditing.audit, name="audit")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]
# A number in the database has eight bytes.
_LARGEST = 2**63 - 1


def main() -> None:
    """Run a command; an error somebody can act on is a sentence, not a stack trace."""
    try:
        sys.exit(app(standalone_mode=False, prog_name="hearthwatch"))
    except Exception as error:
        sentence = complaint(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(getattr(error, "exit_code", 1))


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema.

    Then each process's role is given the password that is configured for it.
    """
    from api.schema import bring_up_to_date

    ran = bring_up_to_date(_settings())
    print(f"Ran {', '.join(ran)}." if ran else "The schema is up to date.")


@app.command()
def serve() -> None:
    """Serve the pages and the JSON API."""
    from api.serving import serve as serve_until_stopped

    serve_until_stopped(_sound("api", "ingest"), _stopped_by_signals())


@app.command()
def ingest(
    name: Annotated[
        int,
        typer.Option(
            min=1, max=16, help="This worker's number: it signs in at the broker as <user>-<number>."
        ),
    ] = 1,
) -> None:
    """Take readings from the broker into the database.

    Any number of workers share the work; each needs a number of its own.
    """
    from api.ingesting import ingest as ingest_until_stopped

    ingest_until_stopped(_sound("ingest"), _stopped_by_signals(), str(name))


@app.command()
def scheduler() -> None:
    """Run what is due: clocks, seals, the end of sessions.

    Of any number of schedulers one works; another takes over when it ends.
    """
    from api.scheduler import run

    run(_sound("scheduler", "retention"), _stopped_by_signals())


@app.command()
def ledger(as_json: Json = False) -> None:
    """Each kit's books: how much is stored and in quarantine."""
    from dataclasses import asdict

    from api.settings import DatabaseRole
    from ingest.ledger import ledgers

    with _connected(DatabaseRole.INGEST) as conn:
        books = ledgers(conn)
    if as_json:
        print(json.dumps([asdict(one) for one in books], default=str))
        return
    print(f"{'kit':36} {'stored':>10} {'quarantined':>12} {'unreadable':>11}")
    for one in books:
        print(f"{one.kit_id!s:36} {one.stored:>10} {one.quarantined:>12} {one.unreadable:>11}")


@quarantine.command("list")
def list_quarantined(
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was tried again with success.")
    ] = False,
    after: Annotated[int, typer.Option(min=0, max=_LARGEST, help="Go on after this number.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """What is in quarantine and why, without what it says.

    The oldest first, and no more than a hundred: go on with --after.
    """
    from api.settings import DatabaseRole
    from ingest.quarantine import listed

    with _connected(DatabaseRole.INGEST) as conn:
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
) -> None:
    """Send what is in quarantine through the door again."""
    from api.replaying import FAILED, replay_all

    if not numbers and not everything:
        raise typer.BadParameter("Name numbers, or --all.")
    from api.settings import DatabaseRole

    failed = False
    with _connected(DatabaseRole.INGEST) as conn:
        conn.autocommit = True
        for number, outcome in replay_all(
            conn, None if everything else set(numbers or ()), datetime.now(UTC)
        ):
            print(f"{number:>8}  {outcome}")
            failed |= outcome.startswith(FAILED)
    if failed:
        raise typer.Exit(1)


@app.command()
def retention(
    now: Annotated[bool, typer.Option("--now", help="Erase it, rather than only say what is due.")] = False,
    as_json: Json = False,
) -> None:
    """Whose records have been kept long enough: list them, or erase them and leave tombstones."""
    from api.database import open_pool
    from api.retention import said_of_due, said_of_erased
    from api.settings import DatabaseRole

    with open_pool(_settings(), DatabaseRole.RETENTION, most=1) as pool:
        for said in (said_of_erased if now else said_of_due)(pool, datetime.now(UTC)):
            print(json.dumps(said, default=str) if as_json else said["says"])


@app.command("new-epoch")
def new_epoch(reason: Annotated[str, typer.Argument(help="What happened, for the record.")]) -> None:
    """After a restore: have kits send again what is missing.

    Each kit compares its ledger with what this copy of the database has receipted.
    """
    from api.schema import declare_epoch

    print(f"The database's epoch is now {declare_epoch(_settings(), reason, datetime.now(UTC))}.")


@app.command()
def check() -> None:
    """Whether this installation can do its work, line by line."""
    from api.check import checks

    results = checks(_settings())
    for result in results:
        mark = "but" if result.doubtful else "ok " if result.ok else "NOT"
        print(f"{mark}  {result.code}: {result.says}")
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


app.command()(enrolment.enrol_kit)
app.command()(enrolment.rotate_kit)
app.command()(enrolment.revoke_kit)
app.command()(lockout.give_password)
app.command()(placing.add_places)
app.command()(admitting.add_residents)
app.command()(appointing.add_person)
app.command()(appointing.give_role)
app.command()(appointing.end_role)
app.command()(exporting.export)
app.command()(evaluation.score)
app.command()(rehearsing.replay)
app.command()(rehearsing.evaluate)
app.command()(synthetic.seed)
app.command()(synthetic.simulate)
app.command()(synthetic.demo)


def _settings() -> "Settings":
    from api.settings import Settings

    return Settings.load()


def _sound(*roles: str) -> "Settings":
    """The settings of a process that signs in as these, which may start. Raises SettingsError where it may not."""
    from api import journal
    from api.settings import DatabaseRole
    from api.startup import refuse

    settings = _settings()
    refuse(settings, [DatabaseRole(f"hearthwatch_{role}") for role in roles])
    journal.set_up(settings.log.level)
    return settings


def _connected(role: "DatabaseRole") -> Any:
    import psycopg

    return psycopg.connect(_settings().conninfo(role))


def _stopped_by_signals() -> threading.Event:
    """Set by the first SIGINT or SIGTERM; a second one ends the process at once."""
    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopping


if __name__ == "__main__":
    main()
