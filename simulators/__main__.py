"""Running a simulation as a process of its own: `python -m simulators SHEET --rate R --for S --directory D`.

Guards: standard output holds the summary, one JSON object, and nothing else.
"""

import argparse
import json
import sys
from pathlib import Path

from devices.kits import KitSheet
from simulators.faults import Fault
from simulators.programme import DEMO_SPEED
from simulators.progress import live_table
from simulators.scenarios import ScenarioName
from simulators.simulation import DRAIN_SECONDS, run


def arguments(given: list[str]) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser("python -m simulators", description="Simulate the kits of a sheet.")
    parser.add_argument("sheet", type=Path, help="the kit sheet, as JSON")
    parser.add_argument("--directory", type=Path, required=True, help="where the kits keep their outboxes")
    parser.add_argument("--rate", type=float, default=20.0, help="readings a second, over all kits")
    parser.add_argument("--for", dest="seconds", type=float, default=60.0, help="seconds")
    parser.add_argument("--scenario", action="append", default=[], choices=[*ScenarioName])
    parser.add_argument("--fault", action="append", default=[], choices=[*Fault])
    parser.add_argument("--seed", type=int, help="the same seed plans the same readings")
    parser.add_argument("--speed", type=float, default=DEMO_SPEED, help="how much faster illness runs")
    parser.add_argument("--history-hours", type=float, default=0.0, help="healthy readings sent first")
    parser.add_argument("--drain", type=float, default=DRAIN_SECONDS, help="seconds to wait for receipts")
    return parser.parse_args(given)


def main() -> int:
    """Run, and print the summary. Return 1 if something that is asked for cannot be simulated."""
    asked = arguments(sys.argv[1:])
    try:
        with live_table(asked.seconds) as progress:
            done = run(
                KitSheet.read(asked.sheet),
                rate=asked.rate,
                seconds=asked.seconds,
                directory=asked.directory,
                scenarios=asked.scenario,
                seed=asked.seed,
                faults=asked.fault,
                speed=asked.speed,
                history_hours=asked.history_hours,
                drain_seconds=asked.drain,
                progress=progress,
            )
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(done.as_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
