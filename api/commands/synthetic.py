"""The commands for evaluation: synthetic neighbourhoods, simulated kits, and the demonstration.

Guards: simulators are imported only when these commands run, and by nothing else in the product.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    History,
    Homes,
    Port,
    Rate,
    ResidentsPerHome,
    Seconds,
    UntilStopped,
    writable,
    writable_beside,
)

if TYPE_CHECKING:
    from devices.kits import KitSheet

# Repeated here so that --help need not import the simulators; a test compares the two.
ILLNESSES = "sepsis, copd_exacerbation, bleed_after_fall, heart_failure or recovery"
FAULTS = "drop, duplicate, reorder, clock_skew, garbage or offline"
_AGAIN = "May be said more than once."


def seed(
    kits: Annotated[
        Path,
        typer.Option(help="Where to write the kit sheet, which holds secrets.", callback=writable_beside),
    ],
    homes: Homes = 6,
    residents_per_home: ResidentsPerHome = 12,
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same people.")] = 1,
) -> None:
    """Put a synthetic neighbourhood into an empty database."""
    from api.commands.settling import settle
    from api.settings import Settings

    seeded = settle(Settings.load(), kits, homes=homes, residents_per_home=residents_per_home, seed=number)
    print(f"Everybody is made up. The password of all of them is {seeded.cast.password}")
    for member in seeded.cast.members:
        print(f"  {member.username:<16} {member.role.replace('_', ' ')}, {member.place}")


def _of_kits(context: typer.Context, folder: Path) -> Path:
    """Return the kits' folder, made writable unless only a file is written: then no kit keeps anything."""
    return folder if context.params.get("write") else writable(folder)


def simulate(
    directory: Annotated[
        Path, typer.Option(help="Where the kits keep their outboxes.", callback=_of_kits)
    ] = Path("var/simulated"),
    kits: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            readable=True,
            help="A kit sheet; without one the configured database is seeded, once.",
        ),
    ] = None,
    homes: Homes = 6,
    residents_per_home: ResidentsPerHome = 12,
    rate: Rate = 20.0,
    seconds: Seconds = 60.0,
    scenario: Annotated[list[str] | None, typer.Option(help=f"An illness: {ILLNESSES}. {_AGAIN}")] = None,
    fault: Annotated[list[str] | None, typer.Option(help=f"A fault: {FAULTS}. {_AGAIN}")] = None,
    number: Annotated[
        int | None, typer.Option("--seed", help="The same number plans the same readings.")
    ] = None,
    history_hours: History = 0.0,
    summary: Annotated[
        Path | None, typer.Option(help="Write the JSON summary here too.", callback=writable_beside)
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Write who fell ill and when here, as JSON.", callback=writable_beside)
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            help="Send nothing: write months of readings here, as CSV, at the pace of life, without a broker.",
            callback=writable_beside,
            is_eager=True,  # parsed first, so that it is known when the folder would be made
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="With --write: how many.")] = 90,
) -> None:
    """Let simulated kits send readings, and print a JSON summary.

    At a terminal it shows a live table meanwhile.
    """
    if write is not None:
        from api.commands.writing_months import write_months

        made = write_months(
            write, truth, homes=homes, residents_per_home=residents_per_home, days=days, seed=number or 1
        )
        print(json.dumps(made))
        return
    from simulators.faults import Fault
    from simulators.illnesses import NobodyToFallIllError
    from simulators.progress import live_table
    from simulators.scenarios import ScenarioName
    from simulators.simulation import run

    try:
        scenarios, faults = [ScenarioName(one) for one in scenario or ()], [Fault(one) for one in fault or ()]
    except ValueError:
        known = f"scenarios are {', '.join(ScenarioName)}; faults are {', '.join(Fault)}"
        raise typer.BadParameter(f"That cannot be simulated: {known}.") from None
    if kits is None:
        from api.commands.settling import settle
        from api.settings import Settings

        kits = directory / "kits.json"
        if not kits.exists():
            directory.mkdir(parents=True, exist_ok=True)
            settle(
                Settings.load(), kits, homes=homes, residents_per_home=residents_per_home, seed=number or 1
            )
    sheet = _sheet(kits)
    with live_table(seconds) as progress:
        try:
            done = run(
                sheet,
                rate=rate,
                seconds=seconds,
                directory=directory,
                scenarios=scenarios,
                faults=faults,
                seed=number,
                history_hours=history_hours,
                progress=progress,
            )
        except NobodyToFallIllError as error:
            raise typer.BadParameter(str(error)) from None
    text = json.dumps(done.as_json())
    if truth is not None:
        truth.write_text(json.dumps(done.as_json()["illnesses"]) + "\n")
    if summary is not None:
        summary.write_text(text)
    print(text)


def _sheet(file: Path) -> "KitSheet":
    from pydantic import ValidationError

    from devices.kits import KitSheet

    try:
        return KitSheet.read(file)
    except ValidationError:
        # Its message would quote the sheet, which holds secrets.
        raise typer.BadParameter(f"{file} is not a kit sheet.", param_hint="'--kits'") from None


def demo(
    port: Port = 8000,
    folder: Annotated[Path, typer.Option(help="Its own; emptied at each start.", callback=writable)] = Path(
        "var/demo"
    ),
    homes: Homes = 6,
    residents_per_home: ResidentsPerHome = 12,
    rate: Rate = 4.0,
    seconds: UntilStopped = None,
    number: Annotated[
        int, typer.Option("--seed", help="The same number makes the same people and illnesses.")
    ] = 1,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the figures as one JSON object; all else goes to standard error."),
    ] = False,
) -> None:
    """Run everything on this machine, with a simulated neighbourhood.

    A database, a broker, ingest, scheduler, pages and kits, in this terminal. Ctrl-C stops them all; the folder
    stays, with their logs, until the next start.
    """
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
