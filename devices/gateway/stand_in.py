"""A copy of the outbox file in memory, which takes the bookkeeping while the disk is full.

Guards: no reading is kept only here. What is noted here reaches the disk before the next reading does; if it never
does, something is sent again.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from devices.gateway import schema

Result = TypeVar("Result")
_REFUSED = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
"""The last is said of a journal that a read-only disk does not let SQLite create."""


def is_refusal(error: sqlite3.Error) -> bool:
    """Whether the disk refused a write because it is full, broken or read-only."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _REFUSED


class StandIn:
    """Holds everything the file held, payloads included, until it is closed."""

    def __init__(self, disk: sqlite3.Connection) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        disk.backup(self.connection)

    @classmethod
    def without_journal(cls, path: Path) -> "StandIn | None":
        """Copy a file that nobody has open. None if its journal is not empty or its version is another."""
        journal = path.with_name(f"{path.name}-wal")
        if journal.exists() and journal.stat().st_size:
            return None
        disk = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)
        try:
            (version,) = disk.execute("PRAGMA user_version").fetchone()
            return cls(disk) if version == schema.VERSION else None
        finally:
            disk.close()

    def note(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do bookkeeping in one transaction."""
        self.connection.execute("BEGIN")
        try:
            result = work(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def write_back(self, disk: sqlite3.Connection) -> None:
        """Write what was noted here to the disk, in its open transaction."""
        disk.executemany(schema.TAKE_ITEM, self.connection.execute(schema.ITEMS))
        disk.executemany(schema.TAKE_OUTBOX, self.connection.execute(schema.OUTBOXES))

    def close(self) -> None:
        """Free the memory."""
        self.connection.close()
