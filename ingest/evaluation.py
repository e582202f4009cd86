"""How ingest has new readings judged without knowing who judges.

Guards: a rule that raises cannot lose a reading. Evaluation runs in a savepoint; on an error the batch is
halved until the one resident it fails on stands alone, whose readings stay stored, unscored, in front of a person.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from delegation.store import Placement
from devices.reading import ReadingPayload, Unreadable
from ingest.arrival import BY_NUMBER, KnownReading, NewReading, ReadingKey, Repeated, Verdict
from ingest.trouble import passes

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """New readings in arrival order, with what was known of their residents before."""

    new: Sequence[NewReading]
    known: Sequence[KnownReading]

    @property
    def residents(self) -> list[UUID]:
        return sorted({reading.resident_id for reading in self.new}, key=BY_NUMBER)

    def of(self, residents: Collection[UUID]) -> "Batch":
        """The same for some of the residents."""
        wanted = set(residents)
        return Batch(
            [reading for reading in self.new if reading.resident_id in wanted],
            [reading for reading in self.known if reading.resident_id in wanted],
        )


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A reading that was not theirs, numbered as what makes that known, and theirs around it, with it and without."""

    reading: NewReading
    with_it: Sequence[NewReading]
    without: Sequence[NewReading]


@dataclass(frozen=True, slots=True)
class Unnamed:
    """What came of somebody who cannot be named here. `kit_id` None: from no kit that is known; `home_id` None:
    from none that is lent.
    """

    kit_id: UUID | None
    home_id: UUID | None
    said: ReadingPayload | Unreadable


class BrokenTransactionError(Exception):
    """A rule returned as if all were well, and the transaction is not."""


class Evaluator(Protocol):
    """Scores, finds and escalates inside the transaction that stores. Residents are locked already."""

    @property
    def window(self) -> timedelta:
        """How far back, and forward of a late reading, composition looks."""
        ...

    def evaluate(self, conn: psycopg.Connection, batch: Batch, at: datetime) -> Mapping[ReadingKey, Verdict]:
        """Judge a batch. May raise: whatever it wrote is then undone."""
        ...

    def cannot_score(
        self, conn: psycopg.Connection, readings: Sequence[NewReading], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """Put readings of one resident that could not be judged in front of a person."""
        ...

    def cannot_keep(
        self, conn: psycopg.Connection, placement: Placement, payload: ReadingPayload, at: datetime
    ) -> Verdict:
        """Tell a person that a reading of this resident came and could only be kept in quarantine."""
        ...

    def take_turn(
        self, conn: psycopg.Connection, residents: Collection[UUID], homes: Collection[UUID]
    ) -> None:
        """Lock what will be changed for these, where more than one of the acts here follows."""
        ...

    def next_unstored(self, said: ReadingPayload | Unreadable) -> str:
        """What the sender of what is not stored is to do next. Of what goes to 999 a person must hear, too."""
        ...

    def cannot_name(self, conn: psycopg.Connection, unnamed: Sequence[Unnamed], at: datetime) -> None:
        """Tell whoever can ring the home that this was said, of somebody who cannot be named here."""
        ...

    def withdraw(self, conn: psycopg.Connection, withdrawn: Withdrawn, at: datetime) -> None:
        """Judge anew what rested on a reading that was not theirs, and tell whoever acted on it."""
        ...

    def recall(
        self, conn: psycopg.Connection, repeated: Sequence[Repeated], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """What the senders of these were to be told the first time, where it still holds. Changes nothing."""
        ...


def evaluate_safely(
    conn: psycopg.Connection, evaluator: Evaluator, batch: Batch, at: datetime
) -> dict[ReadingKey, Verdict]:
    """Judge what can be judged; database trouble that another try may cure is raised, never swallowed."""
    if not batch.new:
        return {}
    try:
        with conn.transaction():
            verdicts = dict(evaluator.evaluate(conn, batch, at))
            _check_still_whole(conn)
            return verdicts
    except Exception as error:
        # A query that ran too long is the rule's; the rest of what passes is cured by running the whole batch again.
        if passes(error) and not isinstance(error, psycopg.errors.QueryCanceled):
            raise
        residents = batch.residents
        if len(residents) == 1:
            _log.exception("evaluation failed", extra={"resident_id": str(residents[0])})
            return dict(evaluator.cannot_score(conn, batch.new, at))
    evaluator.take_turn(conn, residents, ())
    middle = len(residents) // 2
    verdicts = evaluate_safely(conn, evaluator, batch.of(residents[:middle]), at)
    return verdicts | evaluate_safely(conn, evaluator, batch.of(residents[middle:]), at)


def recall_safely(
    conn: psycopg.Connection, evaluator: Evaluator, repeated: Sequence[Repeated], at: datetime
) -> Mapping[ReadingKey, Verdict]:
    """Ask for the first verdicts again; what is stored is stored, whether or not they can be had."""
    if not repeated:
        return {}
    try:
        with conn.transaction():
            verdicts = evaluator.recall(conn, repeated, at)
            _check_still_whole(conn)
            return verdicts
    except Exception as error:
        if passes(error):
            raise
        _log.exception("earlier verdicts could not be recalled")
        return {}


def _check_still_whole(conn: psycopg.Connection) -> None:
    """A rule may have swallowed a database error: it must be noticed while the savepoint can still undo it."""
    if conn.info.transaction_status is not TransactionStatus.INTRANS:
        raise BrokenTransactionError("A rule left the transaction broken.")
