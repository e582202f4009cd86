"""Commands for evaluation: made-up neighbourhoods, simulated kits, and everything at once on one machine.

Guards: they are imported only when they run, and nothing else in the product knows the simulators.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


def seed(
    kits: Annotated[Path, typer.Option(help="Where to write the kit sheet, which holds secrets.")],
    homes: Annotated[int, typer.Option(min=1)] = 6,
    residents_per_home: Annotated[int, typer.Option(min=1)] = 12,
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same people.")] = 1,
) -> None:
    """Put a synthetic neighbourhood into an empty database, for evaluation."""
    from api.settings import Settings
    from api.settling import settle

    seeded = settle(Settings.load(), kits, homes=homes, residents_per_home=residents_per_home, seed=number)
    print(f"Everybody is made up. The password of all of them is {seeded.cast.password}")
    for member in seeded.cast.members:
        print(f"  {member.username:<16} {member.role.replace('_', ' ')}, {member.place}")


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
        from api.settings import Settings
        from api.settling import settle

        kits = directory / "kits.json"
        if not kits.exists():
            directory.mkdir(parents=True, exist_ok=True)
            settle(
                Settings.load(), kits, homes=homes, residents_per_home=residents_per_home, seed=number or 1
            )
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
