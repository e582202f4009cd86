"""The progress bar of a command that takes long.

Guards: it is drawn on standard error, and only at a terminal.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress(doing: str) -> Iterator[Callable[[str, float | None], None]]:
    """Show a bar. It is told what has been done, and which share of all that is, 0 to 1, or None if not known."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(doing, total=None)

        def tell(what: str, part: float | None) -> None:
            of: dict[str, Any] = {"total": None if part is None else 1.0, "completed": part or 0.0}
            bar.update(task, description=what, **of)

        yield tell
