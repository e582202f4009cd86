"""The clocks of a kit: the one that people read, which may be days wrong, and one that nobody sets.

Invariant: how old a reading is, is never told by a clock that stands still while the machine sleeps.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_START = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both, in seconds, and by which start of the machine the second counts."""

    running: Callable[[], float]
    """Since the machine was started, whatever its clock is set to meanwhile."""
    start: str | None
    """Which start that was; None where `running` is no measure of how old something is."""
    wall: Callable[[], float] = time.time
    """Since 1970, as the machine's clock is set."""


def of_this_machine() -> Clocks:
    """On Linux both; elsewhere a clock that may stand still, which is good enough to keep things long."""
    if sys.platform == "linux":
        try:
            start = _START.read_text(encoding="ascii").strip()
        except OSError:
            return Clocks(time.monotonic, None)
        return Clocks(lambda: time.clock_gettime(time.CLOCK_BOOTTIME), start)
    return Clocks(time.monotonic, None)
