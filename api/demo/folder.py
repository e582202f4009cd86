"""The demonstration's own folder, used by one run at a time.

Guards: a second run never empties the folder of one that is still running. A folder that holds anything but an earlier
demonstration is left as it is.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from api.embedded.process import EmbeddedServiceError

LOCK = "demonstration.lock"


class FolderInUseError(EmbeddedServiceError):
    """The folder belongs to another run, or not to a demonstration."""


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """Empty the folder and lock it until the block ends. Raises FolderInUseError, which says what to do.

    The kernel releases the lock however the process ends.
    """
    _refuse_what_is_not_ours(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+") as lock:
        _take(lock, folder)
        for entry in folder.iterdir():
            if entry.name != LOCK:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        yield folder


def _refuse_what_is_not_ours(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / LOCK).exists():
        raise FolderInUseError(
            f"{folder} holds files that are not a demonstration's, and each start empties its folder:"
            " name a new or an empty one with --folder."
        )


def _take(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise FolderInUseError(
            f"Another demonstration is running in {folder} (process {lock.read().strip() or 'unknown'}):"
            " stop it with Ctrl-C in its terminal, or give this one a folder and a port of its own,"
            f' as in make demo ARGS="--folder {folder}-2 --port 8001".'
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
