"""A copy of the outbox file in memory, which takes the bookkeeping while the disk is full.

Guards: no reading is kept only here. What is noted here reaches the disk before the next reading does; if it never
does, something is sent again.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from devices.gateway import schema

Result = TypeVar("Result")
_REFUSED = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}


def is_refusal(error: sqlite3.Error) -> bool:
    """Whether the disk refused a write because it is full, broken or read-only."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _REFUSED


class StandIn:
    """Holds everything the file held, payloads included, until it is closed."""

    def __init__(self, disk: sqlite3.Connection) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        disk.backup(self.connection)

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
