"""The SQLite file that holds the outbox of one kit, or of a whole simulated fleet.

Guards: a durable transaction is on the disk when it returns. Bookkeeping may be lost in a power cut, which only means
that something is sent again. So bookkeeping goes on while the disk is full.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from devices.gateway import schema
from devices.gateway.stand_in import Result, StandIn, is_refusal
from devices.identifiers import KitId


class OutboxFileError(RuntimeError):
    """The file is not an outbox this version can use; the message says why."""


class NotKeptError(RuntimeError):
    """The disk, full or broken, did not take a reading. The message is for the person who took the reading."""

    def __init__(self, hub: object = "") -> None:
        """`hub`: the hub to phone, if the kit knows it."""
        super().__init__(
            "This reading was NOT kept: the disk of this kit is full, or broken. "
            f"Write it down, and phone the hub now{f': {hub}' if hub else ''}."
        )


class OutboxFile:
    """One SQLite connection, shared by threads under a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.disk_full = False
        """Whether the disk refused the last write because it is full or broken."""
        self._stand_in: StandIn | None = None
        self._lock = threading.RLock()
        self._inside = False
        self._durable: bool | None = None
        if not path.exists():  # a read-only disk refuses to touch even what is there
            path.touch(mode=0o600)  # SQLite gives its journal files the same mode
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            self._open()
        except BaseException:
            self._connection.close()
            raise

    def _open(self) -> None:
        """Open or create the outbox. If the disk is read-only or has no room for a journal, read the file without."""
        self._connection.execute("PRAGMA wal_autocheckpoint = 4000")
        self._connection.execute("PRAGMA temp_store = MEMORY")
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._create()
        except sqlite3.OperationalError as error:
            if not is_refusal(error) or (stand_in := StandIn.without_journal(self.path)) is None:
                raise
            self._stand_in, self.disk_full = stand_in, True

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
        """One transaction, or part of the open one. A durable one is on the disk when it returns."""
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

    @contextmanager
    def keeping(self) -> Iterator[sqlite3.Connection]:
        """A durable transaction that keeps readings. It first writes what was noted in memory meanwhile.

        Raises NotKeptError if the disk does not take them.
        """
        with self._lock:
            outermost = not self._inside
            try:
                with self.transaction(durable=True) as connection:
                    if outermost and self._stand_in:
                        self._stand_in.write_back(connection)
                    yield connection
            except sqlite3.OperationalError as error:
                if not is_refusal(error):
                    raise
                self.disk_full = True
                raise NotKeptError from error
            if outermost:
                self._go_on_at_the_disk()

    def _go_on_at_the_disk(self) -> None:
        self.disk_full = False
        if self._stand_in:
            self._stand_in.close()
            self._stand_in = None

    def note(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do bookkeeping in one transaction; in memory while the disk is full."""
        with self._lock:
            if self._stand_in is None or self._inside:
                try:
                    with self.transaction(durable=False) as connection:
                        return work(connection)
                except sqlite3.OperationalError as error:
                    if self._inside or not is_refusal(error):
                        raise
                    self._stand_in, self.disk_full = StandIn(self._connection), True
            return self._stand_in.note(work)

    def try_disk(self) -> None:
        """If the disk was full, check whether it has room for a reading again, and if so return to it."""
        if self.disk_full:
            with suppress(NotKeptError):
                for step in (schema.TRY, schema.END_TRIAL):
                    with self.keeping() as connection:
                        connection.execute(step)

    def _sync(self, durable: bool) -> None:
        """With FULL, WAL syncs at each commit; with NORMAL at checkpoints, which a killed process survives."""
        if durable != self._durable:
            self._connection.execute(
                "PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL"
            )
            self._durable = durable

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Several puts, of any kits in this file, that become durable together when the block ends.

        Raises NotKeptError if the disk does not take them: none of them was kept.
        """
        with self.keeping():
            yield

    def kits(self) -> list[KitId]:
        """Every kit that has an outbox in this file."""
        return [KitId(UUID(bytes=kit)) for (kit,) in self.rows(schema.KITS, ())]

    def rows(self, query: LiteralString, parameters: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """The rows of a query of `schema`, read without a transaction of its own."""
        with self._lock:
            stand_in = None if self._inside else self._stand_in
            connection = stand_in.connection if stand_in else self._connection
            return connection.execute(query, parameters).fetchall()

    def close(self) -> None:
        """Close the file. What was put stays."""
        with self._lock:
            if self._stand_in:
                self._stand_in.close()
            self._connection.close()
