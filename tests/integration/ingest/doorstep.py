"""The door in a test's hand: deliver what arrives as ingest would, and read back what became of it.

Invariant: what is read back is read as the database's owner, so nothing is hidden from a test.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from alerts.evaluator import Evaluator
from devices.identifiers import new_uuid7
from devices.reading import ReadingPayload
from ingest import door, evaluation
from ingest.arrival import Arrival, Settled
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.fixtures.independent import Key, Result, Told

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)

_ADMIT: LiteralString = (
    "INSERT INTO delegation.resident (resident_id, home_id, name, born_on) VALUES (%s, %s, %s, '1940-05-01')"
)
_ENROL: LiteralString = (
    "INSERT INTO devices.kit (kit_id, partition, kind, enrolled_at) VALUES (%s, %s, 'kit', %s)"
)
_LEND: LiteralString = "INSERT INTO devices.kit_loan (kit_id, home_id, lent_at) VALUES (%s, %s, %s)"
_NUMBERS: LiteralString = """
SELECT kit_id, reading_id, resident_id, effective_at, arrival_number FROM ingest.reading
WHERE resident_id = ANY (%s) ORDER BY resident_id, arrival_number
"""
_SCORES: LiteralString = """
SELECT kit_id, reading_id, cause_kit_id, cause_reading_id, low, high, red_score, complete, deciding
FROM alerts.score WHERE resident_id = ANY (%s)
"""


class Doorstep:
    """One connection of ingest's, and one of the owner's for looking."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.conn = database.connect("hearthwatch_ingest", autocommit=True)
        self.owner = database.connect(autocommit=True)

    def close(self) -> None:
        self.conn.close()
        self.owner.close()

    def deliver(
        self, *arrivals: Arrival, evaluator: evaluation.Evaluator | None = None, at: datetime = NOW
    ) -> list[Settled]:
        """One batch in one transaction, committed."""
        with self.conn.transaction():
            return door.receive(self.conn, arrivals, evaluator or Evaluator(), at)

    def rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        return self.owner.execute(query, values or None).fetchall()

    def stored(self) -> list[Key]:
        return [(kit, reading) for kit, reading in self.rows("SELECT kit_id, reading_id FROM ingest.reading")]

    def arrival_numbers(self) -> dict[UUID, list[int]]:
        numbers: dict[UUID, list[int]] = defaultdict(list)
        for resident, number in self.rows(
            "SELECT resident_id, arrival_number FROM ingest.reading ORDER BY arrival_number"
        ):
            numbers[resident].append(number)
        return dict(numbers)

    def scores(self, residents: Iterable[UUID]) -> dict[tuple[Key, Key], Result]:
        """By (moment, cause): what is stored; an error where one of them is stored twice."""
        found: dict[tuple[Key, Key], Result] = {}
        for kit, reading, cause_kit, cause, *said, deciding in self.rows(_SCORES, list(residents)):
            key = (kit, reading), (cause_kit, cause)
            assert key not in found, "a moment was scored twice for one cause"
            found[key] = Result(*said, frozenset(deciding))
        return found


def told(doorstep: Doorstep, residents: Iterable[UUID], sent: Mapping[UUID, ReadingPayload]) -> list[Told]:
    """What was sent, by reading id, in the order it is stored to have arrived: food for the independent scorer."""
    rows = doorstep.rows(_NUMBERS, list(residents))
    return [
        Told((kit, reading), resident, effective_at, number, **said_by(sent[reading]))
        for kit, reading, resident, effective_at, number in rows
    ]


def said_by(payload: ReadingPayload) -> dict[str, Any]:
    """The words of a reading whose every value is usable."""
    cleared = frozenset(sign for sign, why in payload.not_obtained.items() if why == "unrecordable")
    return {"values": dict(payload.values), "cleared": cleared, "worry": payload.worry is not None}


def admit(conn: psycopg.Connection[Any], count: int, home: UUID = n.ORCHARD) -> list[UUID]:
    """Let so many more residents live in a home; gives their ids, in order."""
    residents = [new_uuid7() for _ in range(count)]
    with conn.cursor() as cursor:
        cursor.executemany(_ADMIT, [(one, home, f"Resident {one}") for one in residents])
    return residents


def lend(
    conn: psycopg.Connection[Any], kits: Sequence[UUID], home: UUID = n.ORCHARD, partition: int = 1
) -> None:
    """Enrol kits and lend them to a home."""
    with conn.cursor() as cursor:
        cursor.executemany(_ENROL, [(one, partition, n.LONG_AGO) for one in kits])
        cursor.executemany(_LEND, [(one, home, n.LONG_AGO) for one in kits])


@contextmanager
def at_the_door(database: Database):
    doorstep = Doorstep(database)
    try:
        yield doorstep
    finally:
        doorstep.close()
