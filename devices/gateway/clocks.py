"""The clocks of a kit: the one people read, which may be days wrong, and two that nobody sets.

Guards: a reading's age never comes from a clock that stops while the machine sleeps, and nothing is forgotten by one
that does not.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_START = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Three clocks, in seconds, and the start of the machine from which `running` counts."""

    running: Callable[[], float]
    """Seconds since the machine started; setting its clock does not change them."""
    start: str | None
    """Identifies that start; None if `running` may stand still, so that it cannot measure an age."""
    wall: Callable[[], float] = time.time
    """Seconds since 1970 by the machine's clock."""
    awake: Callable[[], float] = time.monotonic
    """Seconds that the machine was awake, from any beginning; setting its clock does not change them."""


def of_this_machine() -> Clocks:
    """The clocks on Linux. Elsewhere `running` may stand still, so that `start` is None."""
    if sys.platform == "linux":
        try:
            start = _START.read_text(encoding="ascii").strip()
        except OSError:
            return Clocks(time.monotonic, None)
        return Clocks(lambda: time.clock_gettime(time.CLOCK_BOOTTIME), start)
    return Clocks(time.monotonic, None)
