"""One kit's outbox: readings on their way to the platform's database.

Guards: once `put` returns, the reading is on disk. It is offered to the network until a receipt from the database's
present epoch names it. Sequence numbers are never used twice in one outbox epoch.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid4

from devices.gateway import clocks, schema
from devices.gateway.clocks import Clocks
from devices.gateway.next_step import Hub
from devices.gateway.outbox_file import NotKeptError, OutboxFile, OutboxFileError
from devices.identifiers import DatabaseEpoch, KitId, OutboxEpoch, ReadingId
from devices.reading import ReadingPayload, encode_one, with_age
from devices.receipt import OVER_QUOTA, Outcome, Receipt

KEEP_SECONDS = 14 * 24 * 3600
KEEP_NOT_WHOLE_BYTES = 64 * 1024 * 1024
"""Limit for readings nobody can understand and of which the platform has only the beginning.

It holds days of them, and leaves room for new readings.
"""
_TOO_BIG_TO_SHARE = 64 * 1024


class State(StrEnum):
    """Where a reading is, as far as the kit knows."""

    ON_KIT = "on_kit"
    STORED = "stored"
    QUARANTINED = "quarantined"


class LedgerEntry(NamedTuple):
    """One line of the kit's ledger."""

    reading_id: ReadingId
    seq: int
    state: State


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to send, as bytes."""

    seq: int
    payload: bytes
    publishes: int
    published_at: float | None
    due_at: float


class ItemHistory(NamedTuple):
    """What happened to one reading. Times are Unix seconds on the kit's clock."""

    first_published_at: float | None
    publishes: int
    receipted_at: float | None
    next: str | None


_STATES = {None: State.ON_KIT, Outcome.STORED: State.STORED, Outcome.DUPLICATE: State.STORED}


class Outbox:
    """The outbox of one kit in an `OutboxFile`. Times are Unix seconds, unless another of the `Clocks` is named."""

    def __init__(self, file: OutboxFile, kit: KitId, of_kit: Clocks | None = None) -> None:
        """`of_kit`: the kit's clocks, if not those of this machine."""
        self.kit = kit
        self.on_put: Callable[[], None] | None = None
        self._file = file
        self._kit = kit.bytes
        self._clocks = of_kit or clocks.of_this_machine()
        self._aged_at = self._clocks.awake()
        self._any_alone = True
        """False only if no item travels alone, which saves a query."""
        epoch, database_epoch = self._found()
        self.epoch = OutboxEpoch(UUID(bytes=epoch))
        self.database_epoch = DatabaseEpoch(UUID(bytes=database_epoch)) if database_epoch else None
        self.hub = Hub(*file.rows(schema.HUB, (self._kit,))[0])
        """The hub that the kit's people phone, as the platform last said."""
        self._look_for_alone()

    def _found(self) -> tuple[bytes, bytes | None]:
        """This kit's outbox, created if it is missing. Raises OutboxFileError if the disk has no room for it."""
        if not self._file.rows(schema.FIND, (self._kit,)):
            try:
                with self._file.keeping() as connection:
                    connection.execute(schema.ENROL, (self._kit, uuid4().bytes))
            except NotKeptError as error:
                raise OutboxFileError(
                    f"{self._file.path} has no room for an outbox: its disk is full, or broken."
                ) from error
        return self._file.rows(schema.FIND, (self._kit,))[0]

    @property
    def disk_full(self) -> bool:
        """Whether the disk takes no more, full or broken. Readings here are still sent, and no new one is kept."""
        return self._file.disk_full

    def try_disk(self) -> None:
        """If the disk is full, check whether there is room again. Call it every minute."""
        self._file.try_disk()

    def running(self) -> float:
        """What `Clocks.running` shows now: note it when a reading is taken, and hand it to `put`."""
        return self._clocks.running()

    def put(self, reading: ReadingPayload, *, taken: float | None = None) -> int:
        """Keep a reading, stamped with this outbox's epoch and the next number; durable when this returns.

        `taken`: what `running` showed when it was taken, since this start of the machine. Without it that is worked out
        from `taken_at` by the wall clock of now, which is wrong if the clock was set since.

        Putting the same reading id again changes nothing and returns its number. Raises NotKeptError if the disk does
        not take the reading; its message is meant for the person who took it.
        """

        def payload(seq: int) -> bytes:
            ours = {"outbox_epoch": self.epoch, "seq": seq, "age_s": None}
            return encode_one(reading.model_copy(update=ours))

        if taken is None:
            taken = self._ran_until(reading.taken_at.timestamp())
        return self._put(reading.reading_id, payload, taken=taken)

    def put_raw(self, payload: bytes, reading_id: ReadingId) -> int:
        """Keep bytes that may not be a reading at all. They always travel alone. Raises NotKeptError as `put` does."""
        return self._put(reading_id, lambda _seq: payload, alone=True)

    def _ran_until(self, moment: float) -> float:
        """What `Clocks.running` showed at a moment, from how long ago it is by the wall clock."""
        return self._clocks.running() - (self._clocks.wall() - moment)

    def _put(
        self,
        reading_id: ReadingId,
        payload_of: Callable[[int], bytes],
        *,
        taken: float | None = None,
        alone: bool = False,
    ) -> int:
        start = None if taken is None else self._clocks.start
        if self.disk_full and (kept := self._file.rows(schema.SEQ_OF, (self._kit, reading_id.bytes))):
            return kept[0][0]
        with self._keeping() as connection:
            known = connection.execute(schema.SEQ_OF, (self._kit, reading_id.bytes)).fetchone()
            if known:
                return known[0]
            (seq,) = connection.execute(schema.NEXT_SEQ, (self._kit,)).fetchone()
            payload = payload_of(seq)
            alone = alone or len(payload) > _TOO_BIG_TO_SHARE
            digest = hashlib.sha256(payload).digest()
            self._any_alone = self._any_alone or alone
            row = (self._kit, seq, reading_id.bytes, payload, digest, alone, start, taken)
            connection.execute(schema.PUT, row)
        if self.on_put:
            self.on_put()
        return seq

    @contextmanager
    def _keeping(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._file.keeping() as connection:
                yield connection
        except NotKeptError as error:
            raise NotKeptError(self.hub) from error

    def unsent(self, now: float, limit: int, *, alone: bool) -> list[Item]:
        """The items without a receipt that are due, longest due first. Send them now: each states its present age."""
        if alone and not self._any_alone:
            return []
        rows = self._file.rows(schema.UNSENT, (self._kit, alone, now, limit))
        return [self._item(*row) for row in rows]

    def _item(
        self,
        seq: int,
        payload: bytes,
        publishes: int,
        published_at: float | None,
        due_at: float,
        start: str | None,
        taken: float | None,
    ) -> Item:
        if taken is not None and start is not None and start == self._clocks.start:
            payload = with_age(payload, self._clocks.running() - taken)
        return Item(seq, payload, publishes, published_at, due_at)

    def _look_for_alone(self) -> None:
        self._any_alone = bool(self._file.rows(schema.UNSENT, (self._kit, True, float("inf"), 1)))

    def next_due(self) -> float | None:
        """When the next item falls due; None if none waits."""
        return self._file.rows(schema.NEXT_DUE, (self._kit,))[0][0]

    def published(self, due_again: Iterable[tuple[int, float]], now: float) -> None:
        """Note that these were given to the broker, and when each is due again without a receipt."""
        rows = [(self._kit, now, due_at, seq) for seq, due_at in due_again]
        self._file.note(lambda connection: connection.executemany(schema.PUBLISHED, rows))

    def postpone(self, due: Iterable[tuple[int, float]]) -> None:
        """Set when each is due."""
        rows = [(due_at, self._kit, seq) for seq, due_at in due]
        self._file.note(lambda connection: connection.executemany(schema.POSTPONE, rows))

    def isolate(self, seqs: Sequence[int]) -> None:
        """Send these alone from now on."""
        self._any_alone = self._any_alone or bool(seqs)
        rows = [(self._kit, seq) for seq in seqs]
        self._file.note(lambda connection: connection.executemany(schema.ISOLATE, rows))

    def all_due_by(self, moment: float) -> None:
        """Make everything that waits due at this moment or earlier."""
        self._file.note(lambda connection: connection.execute(schema.DUE_BY, (self._kit, moment)))

    def receipted(self, receipts: Iterable[Receipt], epoch: DatabaseEpoch, now: float) -> list[int]:
        """Note receipts of pending items, and return the items' numbers.

        A receipt from another epoch than the present one is noted but settles nothing. Before any epoch is known, every
        receipt settles its item.
        """
        pending = self.database_epoch is not None and epoch != self.database_epoch
        each = list(receipts)

        def take(connection: sqlite3.Connection) -> list[int]:
            age = self._age(connection)
            touched: list[int] = []
            for receipt in each:
                query = schema.RECEIPT_BY_ID if receipt.reading_id else schema.RECEIPT_BY_SHA256
                name = (
                    receipt.reading_id.bytes
                    if receipt.reading_id
                    else bytes.fromhex(receipt.payload_sha256 or "")
                )
                said = (receipt.outcome, receipt.reason, receipt.next, epoch.bytes, now, pending, age)
                touched += [seq for (seq,) in connection.execute(query, (self._kit, name, *said))]
            return touched

        return self._file.note(take)

    def change_epoch(self, epoch: DatabaseEpoch, due_at: float) -> bool:
        """Set the database's epoch. Items receipted in other epochs are due again from `due_at`.

        Returns whether the epoch changed.
        """
        if epoch == self.database_epoch:
            return False

        def reopen(connection: sqlite3.Connection) -> None:
            connection.execute(schema.NEW_EPOCH, (self._kit, epoch.bytes))
            connection.execute(schema.REOPEN, (self._kit, epoch.bytes, due_at))

        self._file.note(reopen)
        self.database_epoch = epoch
        return True

    def keep_hub(self, hub: Hub) -> None:
        """Remember the hub to phone, also for a start while the platform is out of reach."""
        if hub != self.hub:
            self._file.note(lambda connection: connection.execute(schema.NEW_HUB, (self._kit, *hub)))
            self.hub = hub

    def forget(self, most_not_whole: int = KEEP_NOT_WHOLE_BYTES) -> int:
        """Delete what was receipted more than 14 waking days ago. Returns how many; call it every hour.

        Readings of which the platform has only the beginning stay longer. Beyond `most_not_whole` bytes the oldest are
        deleted and counted in `let_go`. Items without a receipt always stay, and while the disk is full nothing is
        deleted.
        """
        with suppress(NotKeptError), self._file.keeping() as connection:
            old = (self._kit, self._age(connection) - KEEP_SECONDS, OVER_QUOTA)
            forgotten = connection.execute(schema.FORGET, old).rowcount
            beyond = (self._kit, OVER_QUOTA, most_not_whole)
            let_go = connection.execute(schema.FORGET_BEYOND, beyond).rowcount
            connection.execute(schema.NOTE_LET_GO, (self._kit, let_go))
            return forgotten + let_go
        return 0

    def _age(self, connection: sqlite3.Connection) -> float:
        """Add the time since the last call to this outbox's age, and return it, in seconds of `Clocks.awake`."""
        now = self._clocks.awake()
        since, self._aged_at = now - self._aged_at, now
        return connection.execute(schema.GROW_OLDER, (self._kit, since)).fetchone()[0]

    def not_kept_whole(self) -> int:
        """How many readings the platform has only the beginning of. They stay here and are not sent again."""
        return self._file.rows(schema.COUNT_SETTLED_BY, (self._kit, OVER_QUOTA))[0][0]

    def let_go(self) -> int:
        """How many of those were deleted because there were too many: nobody has them whole."""
        return self._file.rows(schema.LET_GO, (self._kit,))[0][0]

    def waiting(self) -> int:
        """How many readings have no receipt."""
        return self._file.rows(schema.COUNT_WAITING, (self._kit,))[0][0]

    def last_seq(self) -> int:
        """The highest number given out; 0 before the first."""
        return self._file.rows(schema.LAST_SEQ, (self._kit,))[0][0]

    def history(self, reading_id: ReadingId) -> ItemHistory | None:
        """What happened to one reading; None if it was deleted or never put."""
        rows = self._file.rows(schema.TIMES, (self._kit, reading_id.bytes))
        return ItemHistory(*rows[0]) if rows else None

    def digest(self, reading_id: ReadingId) -> bytes | None:
        """SHA-256 of one item's bytes as stored; None if it was deleted or never put."""
        rows = self._file.rows(schema.SHA256_OF, (self._kit, reading_id.bytes))
        return bytes(rows[0][0]) if rows else None

    def digest_at(self, seq: int) -> bytes | None:
        """SHA-256 of one item's bytes as stored, by its number; None if it was deleted."""
        rows = self._file.rows(schema.SHA256_AT, (self._kit, seq))
        return bytes(rows[0][0]) if rows else None

    def ledger(self) -> Iterator[LedgerEntry]:
        """Every reading still on record, in order, and where it is."""
        seq = 0
        while rows := self._file.rows(schema.LEDGER, (self._kit, seq)):
            for reading_id, number, outcome in rows:
                state = _STATES.get(outcome, State.QUARANTINED)
                yield LedgerEntry(ReadingId(UUID(bytes=reading_id)), number, state)
            seq = rows[-1][1]
