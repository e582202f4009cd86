"""What a number was measured on: the processor, its cores, the memory, the versions, the date and the command.

Invariant: no number leaves here without it.
"""

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine as it describes itself."""

    date: str
    command: str
    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    busy_percent: float = 0.0
    services: dict[str, str] = field(default_factory=dict)
    """Versions, as the running services say them."""


def this_machine(command: str) -> Machine:
    """What can be known of it before anything is started."""
    return Machine(
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command=command,
        processor=_processor(),
        cores=os.cpu_count() or 0,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def busy_percent() -> float:
    """How much of all cores others used over the seconds before we started: what makes a number worth less."""
    return psutil.cpu_percent(interval=3.0)


def about(machine: Machine) -> Iterator[str]:
    """The same in lines for people."""
    yield f"{machine.date}, `{machine.command}`"
    yield f"{machine.processor}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}"
    services = ", ".join(f"{name} {version}" for name, version in machine.services.items())
    yield f"Python {machine.python}, {services}".rstrip(", ")
    yield f"Busy with other work just before: {machine.busy_percent:.0f} % of all cores"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def command_line(module: str) -> str:
    """How this run is repeated."""
    return " ".join(["python", "-m", module, *sys.argv[1:]])
