"""The numbers and folders that the command line accepts.

Guards: a value that cannot work is refused before anything starts, in a sentence that names its option. A folder is
made only for an option about a folder, never for a file.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

# The upper ends catch typing errors (and `inf`); they are beyond what a large machine could do.
_DAYS_30 = 30 * 24 * 3600.0

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the pages are.")]
Homes = Annotated[int, typer.Option(min=1, max=1000, help="Care homes and home-care rounds.")]
ResidentsPerHome = Annotated[int, typer.Option(min=1, max=100, help="Residents of each.")]
Rate = Annotated[float, typer.Option(min=0.01, max=100_000, help="Readings a second, over all kits.")]
Seconds = Annotated[float, typer.Option("--for", min=1, max=_DAYS_30, help="For how many seconds.")]
UntilStopped = Annotated[
    float | None,
    typer.Option("--for", min=1, max=_DAYS_30, help="For how many seconds; until Ctrl-C if not said."),
]
By = Annotated[str, typer.Option(help="The user name of the operator in whose name it is done.")]
ByIfAny = Annotated[
    str | None,
    typer.Option(
        "--by",
        help="The user name of the operator in whose name it is done; left out only where there is none.",
    ),
]
History = Annotated[float, typer.Option(min=0, max=24 * 365, help="Hours of healthy readings sent first.")]


def writable(folder: Path) -> Path:
    """Return the folder, made where it is missing. Raises typer.BadParameter where nothing can be written in it."""
    with _in_a_sentence(folder):
        if folder.exists() and not folder.is_dir():
            raise typer.BadParameter(f"{folder} is not a folder.")
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    return folder


def writable_beside(file: Path | None) -> Path | None:
    """Return the file, where its folder exists and can be written in. Raises typer.BadParameter where not."""
    if file is None:
        return None
    with _in_a_sentence(file.parent):
        if file.is_dir():
            raise typer.BadParameter(f"{file} is a folder: name a file.")
        if not file.parent.is_dir():
            raise typer.BadParameter(f"There is no folder {file.parent}: name a file in one that is there.")
        tempfile.TemporaryFile(dir=file.parent).close()
    return file


@contextmanager
def _in_a_sentence(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be written in ({error.strerror}).") from None
