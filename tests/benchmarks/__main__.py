"""`make bench`: the kernel, the pipeline beside its peers, and whether cost stays flat; a table, JSON and a report.

Invariant: it starts its own services and stops them; it sends to this machine and to nobody else.
    python -m tests.benchmarks [--quick] [--only kernel,year,pipeline,flat] [--full-year] [--report docs/benchmarks.md]
"""

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

# The helper image that would tidy up after a killed run cannot be pulled everywhere; we tidy up ourselves.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from tests.benchmarks import flat, kernel, pipeline, report, year
from tests.benchmarks.machine import busy_percent, command_line, this_machine
from tests.benchmarks.stage import Stage

PARTS = ("kernel", "year", "pipeline", "flat")
FINDINGS = "## What we make of it"
WIDTH = 130
JSON_FILE = Path("var/bench.json")


def main() -> None:
    asked = _asked()
    console = Console(highlight=False)
    console.width = max(console.width, WIDTH)
    machine = replace(this_machine(command_line("tests.benchmarks")), busy_percent=busy_percent())
    results: dict[str, Any] = {}
    if "kernel" in asked.only:
        console.print("Scoring kernel ...")
        results["kernel"] = kernel.run(*(50_000, 100_000, 10_000) if asked.quick else ())
    if "year" in asked.only:
        console.print("Replaying a file ...")
        results["year"] = year.run(*_year(asked))
    if {"pipeline", "flat"} & set(asked.only):
        with Stage(lambda said: console.print(f"{said} ...")) as stage:
            results |= _staged(asked, stage, console)
            machine = replace(machine, services=dict(stage.services))
    report.show(console, machine, results)
    JSON_FILE.parent.mkdir(exist_ok=True)
    JSON_FILE.write_text(json.dumps(report.as_json(machine, results), indent=2) + "\n")
    console.print(f"Written to {JSON_FILE}.")
    if asked.report:
        asked.report.write_text(report.as_markdown(machine, results, _findings(asked.report)))
        console.print(f"Written to {asked.report}.")


def _year(asked: argparse.Namespace) -> tuple[int, int]:
    if asked.quick:
        return year.QUICK
    return year.FULL if asked.full_year else year.SMALL


def _staged(asked: argparse.Namespace, stage: Stage, console: Console) -> dict[str, Any]:
    results: dict[str, Any] = {}

    def tell(said: str) -> None:
        console.print(f"{said} ...")

    if "pipeline" in asked.only:
        results["pipeline"] = pipeline.run(stage, pipeline.QUICK if asked.quick else pipeline.FULL, tell)
    if "flat" in asked.only:
        results["flat"] = flat.run(
            stage, tell, (1, 8) if asked.quick else flat.DAYS, 8 if asked.quick else 30
        )
    return results


def _findings(path: Path) -> str:
    """What a person made of the numbers stays when they are measured again, for a person to look at again."""
    text = path.read_text() if path.exists() else ""
    return text[text.index(FINDINGS) :] if FINDINGS in text else ""


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small counts, to see that it runs")
    parser.add_argument(
        "--full-year",
        action="store_true",
        help="replay 50,000 residents' year (600 MB, minutes), not 5,000's",
    )
    parser.add_argument(
        "--only", type=_parts, default=PARTS, help=f"of {', '.join(PARTS)}, with commas between"
    )
    parser.add_argument("--report", type=Path, help="write the report here too, as Markdown")
    return parser.parse_args()


def _parts(text: str) -> tuple[str, ...]:
    wanted = tuple(text.split(","))
    if unknown := [one for one in wanted if one not in PARTS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: known are {', '.join(PARTS)}")
    return wanted


if __name__ == "__main__":
    main()
