"""The fault and load tests of the suite at full length, in a process of their own.

Invariant: what is reported is what pytest wrote down, and a run that ends early is a failure.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("tests/integration/faults", "tests/integration/ingest")
LONGEST_TEST_SECONDS = 3 * 3600
LONGEST_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test."""

    name: str
    seconds: float
    failed: str | None


@dataclass(frozen=True, slots=True)
class Suite:
    """All of them, and how pytest ended."""

    outcomes: tuple[Outcome, ...]
    status: int

    @property
    def faults(self) -> list[str]:
        """A sentence for everything that is not as it should be."""
        found = [f"{one.name}: {one.failed}" for one in self.outcomes if one.failed]
        if self.status != 0 and not found:
            found.append(f"pytest ended with status {self.status}.")
        return found


def run(seed: int, folder: Path) -> Suite:
    """Run them; their own output goes to the terminal."""
    written = folder / "suite.xml"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *FOLDERS,
            f"--junitxml={written}",
            f"--timeout={LONGEST_TEST_SECONDS}",
        ],
        env={**os.environ, "HEARTHWATCH_SOAK": "1", "HEARTHWATCH_SEED": str(seed)},
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return Suite(tuple(_outcomes(written)) if written.exists() else (), done.returncode)


def _outcomes(written: Path) -> list[Outcome]:
    cases = ET.parse(written).getroot().iter("testcase")
    return [
        Outcome(f"{case.get('classname')}.{case.get('name')}", float(case.get("time", 0)), _failure(case))
        for case in cases
    ]


def _failure(case: ET.Element) -> str | None:
    """A skip is a failure here: a soak that leaves something out has not shown it."""
    for kind in ("failure", "error", "skipped"):
        told = case.find(kind)
        if told is not None:
            return (told.get("message") or kind).splitlines()[0][:300]
    return None
