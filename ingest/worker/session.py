"""A worker's database connection, reopened when it is lost.

Guards: the epoch belongs to the connection it was read over, because the next connection may reach another epoch.
"""

import logging
from collections.abc import Callable, Mapping
from uuid import UUID

import psycopg

from devices import registry
from devices.registry import Speaker
from ingest.storage import store
from ingest.worker.tally import Tally

_log = logging.getLogger(__name__)


class Session:
    """For one thread. `connect` opens a connection in autocommit, with synchronous_commit on."""

    def __init__(self, connect: Callable[[], psycopg.Connection], tally: Tally) -> None:
        self._connect = connect
        self._tally = tally
        self._conn: psycopg.Connection | None = None
        self._epoch: UUID | None = None
        self.kits: Mapping[UUID, Speaker] = {}
        """The kits there are, as of the last look."""

    @property
    def is_open(self) -> bool:
        return self._conn is not None and not self._conn.closed

    @property
    def epoch(self) -> UUID:
        """The database's epoch, as of the last look. Raises RuntimeError without a connection."""
        if self._epoch is None:
            raise RuntimeError("There is no connection, so there is no epoch.")
        return self._epoch

    def connection(self) -> psycopg.Connection:
        """The open connection, or a new one."""
        if self._conn is None or self._conn.closed:
            self._conn = self._connect()
            self.look(self._conn)
        return self._conn

    def look(self, conn: psycopg.Connection) -> None:
        """Read the epoch and the kits."""
        self._epoch, self.kits = store.epoch(conn), registry.speakers(conn)

    def lost(self, doing: str) -> None:
        """Log what went wrong and close the connection. Call it while handling an error."""
        _log.warning("database trouble while %s; trying again", doing, exc_info=True)
        self._tally.retries += 1
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._conn is not None:
            self._conn.close()
        self._conn = None
