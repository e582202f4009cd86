"""The live table that a simulation shows in a terminal.

Guards: it writes to standard error alone, so that programs can read the summary on standard output.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from simulators.fleet import Tally


@contextmanager
def live_table(seconds: float) -> Iterator[Callable[[Tally], None] | None]:
    """Yield a function to call with each tally, or None if standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    began = time.monotonic()
    with Live(console=Console(stderr=True), auto_refresh=False) as live:

        def show(tally: Tally) -> None:
            live.update(table(tally, time.monotonic() - began, seconds), refresh=True)

        yield show


def table(tally: Tally, elapsed: float, seconds: float) -> Table:
    """Return one row of numbers, each under its heading."""
    shown = Table(title=f"Simulated kits, {min(elapsed, seconds):.0f} of {seconds:.0f} s")
    columns = {
        "Kits online": f"{tally.online} of {tally.kits}",
        "Readings sent": f"{tally.sent:,}",
        "Awaiting a receipt": f"{tally.waiting:,}",
        "Stored": f"{tally.stored:,}",
        "Duplicates": f"{tally.duplicates:,}",
        "Quarantined": f"{tally.quarantined:,}",
    }
    for heading in columns:
        shown.add_column(heading, justify="right")
    shown.add_row(*columns.values())
    return shown
