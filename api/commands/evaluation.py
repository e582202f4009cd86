"""Commands that score what is in files, away from any database.

Guards: what is wrong with a file is a sentence and status 2; standard output holds rows and nothing else.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from api.score_files import Tally


def score(
    file: Annotated[
        Path | None, typer.Argument(help="CSV or Parquet; standard input, as CSV, if not said.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(help="Where the rows go, as Parquet if it ends so; standard output if not said."),
    ] = None,
) -> None:
    """Add NEWS2 with its bounds to a file of observations, a set in each row.

    Columns, in any order: respiration_rate, spo2, spo2_scale (1 or 2; blank is 1), on_oxygen (yes or no), systolic,
    pulse, consciousness (A, C, V, P or U), temperature. A blank cell is unknown; other columns are kept.
    """
    try:
        from api.score_files import FileError, score_file
    except ModuleNotFoundError as error:
        _refuse(f"Scoring files needs {error.name}: install hearthwatch[server,files].")
    try:
        with _progress() as tell:
            tally = score_file(None if file == Path("-") else file, to, tell)
    except FileError as error:
        _refuse(str(error))
    except BrokenPipeError:  # whoever read the rows has had enough; nothing may be flushed to them at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    print(_summary(tally), file=sys.stderr)


def _refuse(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise typer.Exit(2)


def _summary(tally: "Tally") -> str:
    rows = f"Scored {tally.rows:,} row{'' if tally.rows == 1 else 's'}."
    if not tally.unreadable:
        return rows
    cells = ", ".join(f"{count:,} of {name}" for name, count in tally.unreadable.most_common())
    return f"{rows} Cells that could not be read and were counted as unknown: {cells}."


@contextmanager
def _progress() -> Iterator[Callable[["Tally", float | None], None]]:
    """A bar on standard error, where somebody looks at it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Scoring", total=None)

        def tell(tally: "Tally", part: float | None) -> None:
            total = None if part is None else 1.0
            bar.update(task, description=f"Scored {tally.rows:,} rows", total=total, completed=part or 0.0)

        yield tell
