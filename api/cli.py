"""The command `hearthwatch`: each subcommand is a process of the platform or something an operator does.

Guards: what is wrong is said in a sentence on standard error with a status that is not 0; a command imports
only what it needs, so `--help` is quick and a kit's box needs no server.
"""

import json
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from api.settings import DatabaseRole, Settings

app = typer.Typer(
    name="hearthwatch",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
quarantine = typer.Typer(help="What could not be understood: list it, or try it again.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


def main() -> None:
    """Run a command; an error somebody can act on is a sentence, not a stack trace."""
    try:
        app()
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        sys.exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema, and give each process its password."""
    from api.schema import bring_up_to_date

    ran = bring_up_to_date(_settings())
    print(f"Ran {', '.join(ran)}." if ran else "The schema is up to date.")


@app.command()
def serve() -> None:
    """Serve the pages and the JSON API until told to stop."""
    from api.serving import serve as serve_until_stopped

    serve_until_stopped(_settings(with_journal=True), _stopped_by_signals())


@app.command()
def ingest(
    name: Annotated[str, typer.Option(help="Tells this worker from others at the broker.")] = "1",
    partitions: Annotated[
        str | None, typer.Option(help="Which partitions it works on, as in 0-7 or 3,4; all if not said.")
    ] = None,
) -> None:
    """Take readings from the broker into the database until told to stop."""
    from api.ingesting import ingest as ingest_until_stopped
    from api.partitions import parse_partitions

    wanted = parse_partitions(partitions) if partitions else None
    ingest_until_stopped(_settings(with_journal=True), _stopped_by_signals(), name, wanted)


@app.command()
def scheduler() -> None:
    """Run what is due, one scheduler at a time, until told to stop."""
    from api.scheduler import run

    run(_settings(with_journal=True), _stopped_by_signals())


@app.command()
def ledger(as_json: Json = False) -> None:
    """Each kit's books: what of it is stored, and what is in quarantine."""
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
    after: Annotated[int, typer.Option(help="Go on after this number.")] = 0,
    as_json: Json = False,
) -> None:
    """What is in quarantine and why, oldest first, without what it says."""
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
            "bytes": len(one.payload),
            "replay": one.replay_outcome,
        }
        when = f"{one.arrived_at:%Y-%m-%d %H:%M:%S}"
        words = f"{one.quarantine_id:>8}  {when}  x{one.deliveries}  {one.reason}: {one.detail}"
        print(json.dumps(shown, default=str) if as_json else words)


@quarantine.command()
def replay(
    numbers: Annotated[list[int] | None, typer.Argument(help="Which; as `list` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that waits.")] = False,
) -> None:
    """Send what is in quarantine through the door again."""
    from api.replaying import replay_all

    if not numbers and not everything:
        raise typer.BadParameter("Name numbers, or --all.")
    from api.settings import DatabaseRole

    with _connected(DatabaseRole.INGEST) as conn:
        for number, outcome in replay_all(
            conn, None if everything else set(numbers or ()), datetime.now(UTC)
        ):
            print(f"{number:>8}  {outcome}")


@app.command()
def seed(
    kits: Annotated[Path, typer.Option(help="Where to write the kit sheet, which holds secrets.")],
    homes: Annotated[int, typer.Option(min=1)] = 6,
    residents_per_home: Annotated[int, typer.Option(min=1)] = 12,
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same people.")] = 1,
) -> None:
    """Put a synthetic neighbourhood into an empty database, for evaluation."""
    from api.settling import settle

    seeded = settle(_settings(), kits, homes=homes, residents_per_home=residents_per_home, seed=number)
    print(f"Everybody is made up. The password of all of them is {seeded.cast.password}")
    for member in seeded.cast.members:
        print(f"  {member.username:<16} {member.role.replace('_', ' ')}, {member.place}")


@app.command()
def simulate(
    directory: Annotated[Path, typer.Option(help="Where the kits keep their outboxes.")] = Path(
        "var/simulated"
    ),
    kits: Annotated[
        Path | None, typer.Option(help="A kit sheet; without one the database is seeded.")
    ] = None,
    homes: Annotated[int, typer.Option(min=1)] = 6,
    residents_per_home: Annotated[int, typer.Option(min=1)] = 12,
    rate: Annotated[float, typer.Option(min=0, help="Readings a second, over all kits.")] = 20.0,
    seconds: Annotated[float, typer.Option("--for", min=0, help="Seconds.")] = 60.0,
    scenario: Annotated[
        list[str] | None, typer.Option(help="An illness; may be said more than once.")
    ] = None,
    fault: Annotated[list[str] | None, typer.Option(help="A fault; may be said more than once.")] = None,
    number: Annotated[
        int | None, typer.Option("--seed", help="The same number plans the same readings.")
    ] = None,
    history_hours: Annotated[float, typer.Option(min=0, help="Healthy readings sent first.")] = 0.0,
    summary: Annotated[Path | None, typer.Option(help="Write the JSON summary here too.")] = None,
) -> None:
    """Let simulated kits send readings, with a live table; prints a JSON summary."""
    from devices.kits import KitSheet
    from simulators.faults import Fault
    from simulators.progress import live_table
    from simulators.scenarios import ScenarioName
    from simulators.simulation import run

    if kits is None:
        from api.settling import settle

        kits = directory / "kits.json"
        if not kits.exists():
            directory.mkdir(parents=True, exist_ok=True)
            settle(_settings(), kits, homes=homes, residents_per_home=residents_per_home, seed=number or 1)
    try:
        scenarios, faults = [ScenarioName(one) for one in scenario or ()], [Fault(one) for one in fault or ()]
    except ValueError:
        known = f"scenarios are {', '.join(ScenarioName)}; faults are {', '.join(Fault)}"
        raise typer.BadParameter(f"That cannot be simulated: {known}.") from None
    with live_table(seconds) as progress:
        done = run(
            KitSheet.read(kits),
            rate=rate,
            seconds=seconds,
            directory=directory,
            scenarios=scenarios,
            faults=faults,
            seed=number,
            history_hours=history_hours,
            progress=progress,
        )
    text = json.dumps(done.as_json())
    if summary is not None:
        summary.write_text(text)
    print(text)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the pages are.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Emptied at each start.")] = Path("var/demo"),
    homes: Annotated[int, typer.Option(min=1)] = 6,
    residents_per_home: Annotated[int, typer.Option(min=1)] = 12,
    rate: Annotated[float, typer.Option(min=0, help="Readings a second, over all kits.")] = 4.0,
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, help="Seconds; until Ctrl-C if not said.")
    ] = None,
    number: Annotated[int, typer.Option("--seed")] = 1,
    as_json: Json = False,
) -> None:
    """Everything on this machine, with a simulated neighbourhood: nothing to install, nothing left behind."""
    from api.demo.run import run
    from api.demo.stage import Options

    options = Options(
        folder=folder,
        http_port=port,
        homes=homes,
        residents_per_home=residents_per_home,
        seed=number,
        rate=rate,
        seconds=seconds,
    )
    raise typer.Exit(run(options, as_json=as_json))


@app.command("new-epoch")
def new_epoch(reason: Annotated[str, typer.Argument(help="What happened, for the record.")]) -> None:
    """After a restore: have every kit send again what its ledger lacks."""
    from api.schema import declare_epoch

    print(f"The database's epoch is now {declare_epoch(_settings(), reason, datetime.now(UTC))}.")


@app.command()
def check() -> None:
    """Whether this installation can do its work, one line for each thing it needs."""
    from api.check import checks

    results = checks(_settings())
    for result in results:
        print(f"{'ok ' if result.ok else 'NOT'}  {result.says}")
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


def _settings(*, with_journal: bool = False) -> "Settings":
    from api.settings import Settings

    settings = Settings.load()
    if with_journal:
        from api import journal

        journal.set_up(settings.log.level)
    return settings


def _connected(role: "DatabaseRole") -> Any:
    import psycopg

    return psycopg.connect(_settings().conninfo(role), connect_timeout=5)


def _stopped_by_signals() -> threading.Event:
    """Set by the first SIGINT or SIGTERM; a second one ends the process at once."""
    stopping = threading.Event()

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopping


def _sentence(error: Exception) -> str | None:
    """What to say of an error that is somebody's to put right; None for one that is ours."""
    known: dict[str, Callable[[Exception], str]] = {
        "api.settings.SettingsError": str,
        "api.migrations.runner.MigrationChangedError": str,
        "api.seed.store.AlreadySeededError": str,
        "api.embedded.process.EmbeddedServiceError": str,
        "api.embedded.process.PortInUseError": str,
        "api.partitions.NoSuchPartitionError": str,
    }
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if name in known:
        return known[name](error)
    if isinstance(error, OSError):
        return str(error)
    if any(kind.__name__ == "OperationalError" for kind in type(error).__mro__):
        return f"The database cannot be used: {str(error).strip().splitlines()[0]}"
    return None


if __name__ == "__main__":
    main()
