"""`make soak`: the fault tests at full length and a long load, and a report with machine, date, counts and sets.

Invariant: it stops by itself, and its exit status says whether anything was amiss.
    python -m tests.soak [--minutes 10] [--seed N] [--only suite,load] [--report docs/soak.md]
"""

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

# The helper image that would tidy up after a killed run cannot be pulled everywhere; we tidy up ourselves.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from tests.benchmarks.machine import Machine, about, busy_percent, command_line, this_machine
from tests.benchmarks.stage import Stage
from tests.soak import long_load, suite
from tests.soak.long_load import Load, Options
from tests.soak.suite import Suite

PARTS = ("suite", "load")
_LONG_SECONDS = 20


def main() -> int:
    asked = _asked()
    machine = replace(this_machine(command_line("tests.soak")), busy_percent=busy_percent())
    print(f"HEARTHWATCH_SEED={asked.seed}", flush=True)
    tests = load = None
    if "suite" in asked.only:
        with tempfile.TemporaryDirectory(prefix="hearthwatch-") as folder:
            tests = suite.run(asked.seed, Path(folder))
    if "load" in asked.only:
        with Stage(_tell, direct=False) as stage:
            load = long_load.run(stage, Options(asked.minutes, asked.seed, asked.rate), _tell)
            machine = replace(machine, services=dict(stage.services))
    faults = [*(tests.faults if tests else ()), *(load.faults if load else ())]
    text = "\n".join(_report(machine, asked.seed, tests, load, faults)) + "\n"
    asked.report.parent.mkdir(parents=True, exist_ok=True)
    asked.report.write_text(text)
    print(text)
    return 1 if faults else 0


def _tell(said: str) -> None:
    print(f"{said} ...", flush=True)


def _report(
    machine: Machine, seed: int, tests: Suite | None, load: Load | None, faults: list[str]
) -> Iterator[str]:
    yield "# Faults and load at full length"
    yield ""
    yield from (f"- {line}" for line in about(machine))
    yield f"- Seed {seed}: `HEARTHWATCH_SEED={seed}` gives it again"
    yield f"- {'Nothing was amiss.' if not faults else f'Amiss, listed at the end: {len(faults)}.'}"
    yield ""
    if load is not None:
        yield from _load(load)
    if tests is not None:
        yield from _tests(tests)
    if faults:
        yield from ("## Amiss", "", *(f"- {fault}" for fault in faults))


def _load(load: Load) -> Iterator[str]:
    yield from ("## A long load with every fault, and parts killed with SIGKILL", "")
    yield f"Killed, in this order: {', '.join(load.kills) or 'nothing'}."
    yield from ("", "| what | |", "| --- | ---: |")
    for name, value in load.figures.items():
        yield f"| {name} | {value:,} |" if isinstance(value, int | float) else f"| {name} | {value} |"
    yield ""


def _tests(tests: Suite) -> Iterator[str]:
    passed = sum(one.failed is None for one in tests.outcomes)
    yield from ("## The fault and load tests at full length", "")
    yield f"{passed} of {len(tests.outcomes)} passed. Those that took {_LONG_SECONDS} seconds or more:"
    yield from ("", "| test | seconds |", "| --- | ---: |")
    for one in sorted(tests.outcomes, key=lambda one: -one.seconds):
        if one.seconds >= _LONG_SECONDS:
            yield f"| {one.name} | {one.seconds:,.0f} |"
    yield ""


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the load lasts")
    parser.add_argument("--rate", type=float, default=40.0, help="readings a second over all kits")
    parser.add_argument(
        "--seed", type=int, default=int(os.environ.get("HEARTHWATCH_SEED", secrets.randbits(31)))
    )
    parser.add_argument(
        "--only", type=_parts, default=PARTS, help=f"of {', '.join(PARTS)}, with a comma between"
    )
    parser.add_argument("--report", type=Path, default=Path("docs/soak.md"))
    return parser.parse_args()


def _parts(text: str) -> tuple[str, ...]:
    wanted = tuple(text.split(","))
    if unknown := [one for one in wanted if one not in PARTS]:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: known are {', '.join(PARTS)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
