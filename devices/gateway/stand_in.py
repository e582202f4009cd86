"""What stands in for the outbox file while its disk takes nothing: a copy of it in memory, for the bookkeeping.

Invariant: no reading is kept here alone. What is noted here is on the disk before any reading is put there again; if it
never is, something is sent again.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from devices.gateway import schema

Result = TypeVar("Result")
_REFUSED = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}


def is_refusal(error: sqlite3.Error) -> bool:
    """Whether the disk would not take what was written: it is full, broken, or was made one to read alone."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _REFUSED


class StandIn:
    """Holds all that the file held, payloads too, until it is closed."""

    def __init__(self, disk: sqlite3.Connection) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        disk.backup(self.connection)

    def note(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Bookkeeping, in one transaction."""
        self.connection.execute("BEGIN")
        try:
            result = work(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def write_back(self, disk: sqlite3.Connection) -> None:
        """Have the disk know what was noted here, within its open transaction."""
        disk.executemany(schema.TAKE_ITEM, self.connection.execute(schema.ITEMS))
        disk.executemany(schema.TAKE_OUTBOX, self.connection.execute(schema.OUTBOXES))

    def close(self) -> None:
        """Give the memory back."""
        self.connection.close()
