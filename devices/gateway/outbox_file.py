"""The SQLite file that holds the outbox of one kit, or of a whole simulated fleet.

Invariant: a durable transaction is on the disk when it returns. Bookkeeping may be younger than the disk
after a power cut, since losing it only means that something is sent again.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from devices.gateway import schema
from devices.identifiers import KitId


class OutboxFileError(RuntimeError):
    """The file is not an outbox this version can use: the sentence says why."""


class OutboxFile:
    """One SQLite connection, shared by threads under a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._inside = False
        self._durable: bool | None = None
        path.touch(mode=0o600)  # SQLite gives its journal files the same mode
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA wal_autocheckpoint = 4000")
            self._create()
        except BaseException:
            self._connection.close()
            raise

    def _create(self) -> None:
        with self.transaction(durable=True) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > schema.VERSION:
                known = f"this gateway knows version {schema.VERSION}"
                raise OutboxFileError(f"{self.path} is an outbox of version {version}; {known}.")
            since = range(version, schema.VERSION)
            steps = [schema.UPGRADE[one] for one in since] if version else [schema.CREATE]
            for step in steps:
                for statement in step.split(";"):
                    connection.execute(statement)

    @contextmanager
    def transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """One transaction, or part of the open one; a durable one is on the disk when it returns."""
        with self._lock:
            if self._inside:
                yield self._connection
                return
            self._sync(durable)
            self._connection.execute("BEGIN IMMEDIATE")
            self._inside = True
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._inside = False

    def _sync(self, durable: bool) -> None:
        """WAL syncs at each commit with FULL; with NORMAL at checkpoints, which a killed process survives."""
        if durable != self._durable:
            self._connection.execute(
                "PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL"
            )
            self._durable = durable

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Several puts, of any kits in this file, that become durable together when the block ends."""
        with self.transaction(durable=True):
            yield

    def kits(self) -> list[KitId]:
        """Every kit that has an outbox in this file."""
        with self._lock:
            return [KitId(UUID(bytes=kit)) for (kit,) in self._connection.execute(schema.KITS)]

    def rows(self, query: LiteralString, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """What a query of `schema` answers, read without a transaction of its own."""
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()

    def close(self) -> None:
        """Close the file. What was put stays."""
        with self._lock:
            self._connection.close()
