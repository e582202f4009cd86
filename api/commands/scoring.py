"""The command that scores the observations in a file, without a database.

Guards: a fault in a file is a sentence and status 2. Standard output holds only rows.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.progress import progress

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
    from api.score_files import score_file

    try:
        with progress("Scoring") as tell:
            tally = score_file(
                None if file == Path("-") else file,
                to,
                lambda tally, part: tell(f"Scored {tally.rows:,} rows", part),
            )
    except BrokenPipeError:  # the reader has closed the pipe, so nothing may be flushed to it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    print(_summary(tally), file=sys.stderr)


def _summary(tally: "Tally") -> str:
    said = [f"Scored {tally.rows:,} row{'' if tally.rows == 1 else 's'}."]
    if tally.misfits:
        said.append(
            f"Rows with more or fewer cells than there are columns, of which none counts: {tally.misfits:,}."
        )
    if tally.unreadable:
        cells = ", ".join(f"{count:,} of {name}" for name, count in tally.unreadable.most_common())
        said.append(f"Cells that could not be read and were counted as unknown: {cells}.")
    return " ".join(said)
