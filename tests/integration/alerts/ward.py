"""The neighbourhood as a test of alerts has it in hand: kits send, time passes, the hub's desk acts, all of it real.

Invariant: every act is a transaction of the role that does it in life; what is read back is read as the owner.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from alerts import clocks
from alerts.evaluator import Evaluator
from delegation.people import Actor, actor_of
from devices.reading import ReadingPayload
from ingest import door
from ingest.arrival import Arrival, Settled
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)

_CASES: LiteralString = """
SELECT state, severity, why, low, raised_at, deadline_at FROM alerts.escalation
WHERE resident_id = %s ORDER BY raised_at, escalation_id
"""
_CASE: LiteralString = (
    "SELECT escalation_id FROM alerts.escalation WHERE resident_id = %s AND state <> 'closed'"
)
_RULES: LiteralString = "SELECT rule FROM alerts.finding WHERE resident_id = %s ORDER BY found_at, finding_id"
_EVENTS: LiteralString = "SELECT kind FROM alerts.escalation_event WHERE hub_id = %s ORDER BY revision"
_QUESTIONS: LiteralString = "SELECT resident_id, answer_by FROM alerts.open_question ORDER BY resident_id"


class Ward:
    """What may happen in the neighbourhood, and what became of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.kit = n.Kit()
        self._ingest = database.connect("hearthwatch_ingest", autocommit=True)
        self._scheduler = database.connect("hearthwatch_scheduler", autocommit=True)
        self._owner = database.connect(autocommit=True)

    def close(self) -> None:
        for conn in (self._ingest, self._scheduler, self._owner):
            conn.close()

    def reading(
        self, values: dict[str, Any] | None = None, *, taken_at: datetime = NOW, **more: Any
    ) -> ReadingPayload:
        return self.kit.reading(values=values, taken_at=taken_at, **more)

    def deliver(self, *readings: ReadingPayload, at: datetime | None = None) -> list[Settled]:
        """One batch, arriving when its first reading was taken or at `at`."""
        arrived = at or readings[0].taken_at
        return self.take([self.kit.arrival(reading, arrived) for reading in readings], arrived)

    def take(self, arrivals: Sequence[Arrival], at: datetime) -> list[Settled]:
        """One batch from whatever kits."""
        with self._ingest.transaction():
            return door.receive(self._ingest, arrivals, Evaluator(), at)

    def send(self, values: dict[str, Any] | None = None, *, at: datetime = NOW, **more: Any) -> Settled:
        """One reading, taken and arriving at `at` unless it says when it was taken."""
        [settled] = self.deliver(self.reading(values, **({"taken_at": at} | more)), at=at)
        return settled

    def tick(self, at: datetime) -> int:
        """The scheduler's clocks."""
        return self.as_time_passes(clocks.run, at)

    def as_time_passes(self, work: Callable[[psycopg.Connection[Any], datetime], int], at: datetime) -> int:
        """What the scheduler does every so often, committed."""
        with self._scheduler.transaction():
            return work(self._scheduler, at)

    @contextmanager
    def desk(self, person: UUID = n.CLINICIAN) -> Iterator[tuple[psycopg.Connection[Any], Actor]]:
        """A transaction of somebody at a desk."""
        with self.database.connect("hearthwatch_api") as conn:
            yield conn, actor_of(conn, person)

    def act(self, action: Callable[..., Any], *arguments: Any, by: UUID = n.CLINICIAN, **more: Any) -> Any:
        """One act of the hub's desk, committed."""
        with self.desk(by) as (conn, actor):
            return action(conn, actor, *arguments, **more)

    def rows(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        return self._owner.execute(query, values or None).fetchall()

    def change(self, statement: LiteralString, *values: Any) -> None:
        """What somebody decided, written by the owner."""
        self._owner.execute(statement, values or None)

    def cases(self, resident: UUID = n.AMARA) -> list[tuple[Any, ...]]:
        """(state, severity, why, low, raised, deadline) of each case, oldest first."""
        return self.rows(_CASES, resident)

    def open_case(self, resident: UUID = n.AMARA) -> UUID:
        [(escalation_id,)] = self.rows(_CASE, resident)
        return escalation_id

    def rules(self, resident: UUID = n.AMARA) -> list[str]:
        return [rule for (rule,) in self.rows(_RULES, resident)]

    def events(self, hub: UUID = n.HUB) -> list[str]:
        return [kind for (kind,) in self.rows(_EVENTS, hub)]

    def questions(self) -> dict[UUID, datetime]:
        return dict(self.rows(_QUESTIONS))
