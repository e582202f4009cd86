"""Compare the kits' own ledgers with the database, reading by reading.

Guards: what was sent is read from the kits' durable outboxes, what is stored from the database. A reading in neither
ledger is missing, and is named.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psycopg

from devices.gateway.outbox import Outbox, State
from devices.gateway.outbox_file import OutboxFile
from devices.identifiers import ReadingId
from ingest import ledger


@dataclass(slots=True)
class Books:
    """Both sides of all kits' ledgers. `published` is when each reading first left its kit, Unix seconds."""

    sent: int = 0
    stored: int = 0
    quarantined: int = 0
    on_kits: int = 0
    missing: list[UUID] = field(default_factory=list)
    published: dict[UUID, float] = field(default_factory=dict)

    @property
    def balanced(self) -> bool:
        return not self.missing and self.sent == self.stored + self.quarantined + self.on_kits


def audit(conn: psycopg.Connection, outboxes: Path) -> Books:
    """Compare every kit's ledger with what the database holds, as sets of ids."""
    books = Books()
    file = OutboxFile(outboxes / "outboxes.sqlite")
    try:
        for kit in file.kits():
            outbox = Outbox(file, kit)
            states = {entry.reading_id: entry.state for entry in outbox.ledger()}
            compared = ledger.compare(conn, kit, states)
            unread = _kept_unread(conn, outbox, compared.missing)
            unaccounted = compared.missing - unread
            on_kit = {one for one in unaccounted if states[ReadingId(one)] is State.ON_KIT}
            books.sent += len(states)
            books.stored += len(compared.stored)
            books.quarantined += len(compared.quarantined) + len(unread)
            books.on_kits += len(on_kit)
            books.missing += sorted(unaccounted - on_kit)
            books.published |= _published(outbox, states)
    finally:
        file.close()
    return books


def _kept_unread(conn: psycopg.Connection, outbox: Outbox, absent: Iterable[UUID]) -> set[UUID]:
    """Return those that the database keeps by their digest, because their id could not be read."""
    digests = {one: outbox.digest(ReadingId(one)) for one in absent}
    kept = ledger.kept_unread(conn, outbox.kit, [digest for digest in digests.values() if digest])
    return {one for one, digest in digests.items() if digest in kept}


def _published(outbox: Outbox, readings: Iterable[ReadingId]) -> dict[UUID, float]:
    histories = ((one, outbox.history(one)) for one in readings)
    return {
        one: history.first_published_at
        for one, history in histories
        if history is not None and history.first_published_at is not None
    }


def outcomes(conn: psycopg.Connection) -> Counter[str]:
    """Return counts for the progress line."""
    rows = conn.execute("SELECT (SELECT count(*) FROM ingest.seen), (SELECT count(*) FROM ingest.quarantine)")
    stored, quarantined = rows.fetchone() or (0, 0)
    return Counter(stored=stored, quarantined=quarantined)
