"""The interface through which ingest has new readings judged, without knowing who judges them.

Guards: a rule that raises cannot lose a reading. Evaluation runs in a savepoint. On an error the batch is halved until
the failing resident is alone: their readings stay stored and unscored, and a person is told.
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
from devices.receipt import CALL_HUB, NOTHING
from ingest.arrival import BY_NUMBER, KnownReading, NewReading, ReadingKey, Repeated, Verdict
from ingest.trouble import blames_no_rule, passes

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
        """The part of this batch that is about these residents."""
        wanted = set(residents)
        return Batch(
            [reading for reading in self.new if reading.resident_id in wanted],
            [reading for reading in self.known if reading.resident_id in wanted],
        )


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A reading that turned out not to be theirs, with their readings around it.

    `reading` is numbered as the correction that made this known. `with_it` includes the reading, `without` does not.
    """

    reading: NewReading
    with_it: Sequence[NewReading]
    without: Sequence[NewReading]


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Something said of a person who cannot be named here.

    `kit_id` is None if no enrolled kit sent it; `home_id` is None if the kit is not lent to a home.
    """

    kit_id: UUID | None
    home_id: UUID | None
    said: ReadingPayload | Unreadable


class BrokenTransactionError(Exception):
    """A rule returned without an error but left the transaction broken."""


class Evaluator(Protocol):
    """Scores, finds and escalates inside the transaction that stores. The residents are locked already."""

    @property
    def window(self) -> timedelta:
        """How far back composition looks, and how far forward of a late reading."""
        ...

    def evaluate(self, conn: psycopg.Connection, batch: Batch, at: datetime) -> Mapping[ReadingKey, Verdict]:
        """Judge a batch. If it raises, everything it wrote is undone."""
        ...

    def cannot_score(
        self, conn: psycopg.Connection, readings: Sequence[NewReading], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """Show a person the readings of one resident that could not be judged."""
        ...

    def cannot_keep(
        self, conn: psycopg.Connection, placement: Placement, payload: ReadingPayload, at: datetime
    ) -> Verdict:
        """Tell a person that a reading of this resident arrived and could only be kept in quarantine."""
        ...

    def take_turn(
        self, conn: psycopg.Connection, residents: Collection[UUID], homes: Collection[UUID]
    ) -> None:
        """Lock what will be changed for these, in one order, before several of the calls below."""
        ...

    def next_unstored(self, said: ReadingPayload | Unreadable) -> str:
        """What the sender of something unstored is to do next. If that is to call 999, a person is told as well."""
        ...

    def cannot_name(self, conn: psycopg.Connection, unnamed: Sequence[Unnamed], at: datetime) -> None:
        """Tell the hub that can phone the home what was said of a person who cannot be named here."""
        ...

    def withdraw(self, conn: psycopg.Connection, withdrawn: Withdrawn, at: datetime) -> None:
        """Judge again what rested on a reading that was not theirs, and tell the people who acted on it."""
        ...

    def recall(
        self, conn: psycopg.Connection, repeated: Sequence[Repeated], at: datetime
    ) -> Mapping[ReadingKey, Verdict]:
        """The verdicts these senders were given the first time, as far as they still hold. Changes nothing."""
        ...


def evaluate_safely(
    conn: psycopg.Connection, evaluator: Evaluator, batch: Batch, at: datetime
) -> dict[ReadingKey, Verdict]:
    """Judge every resident who can be judged. Database errors that another try may cure are raised."""
    if not batch.new:
        return {}
    try:
        with conn.transaction():
            verdicts = dict(evaluator.evaluate(conn, batch, at))
            _check_still_whole(conn)
            return verdicts
    except Exception as error:
        if blames_no_rule(error):
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
    """Ask for the first verdicts again. Database errors that another try may cure are raised.

    The readings are stored whether or not the verdicts can be had. Without them, a person is to be phoned.
    """
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
        return {one.key: Verdict(next=_urgent(evaluator.next_unstored(one.payload))) for one in repeated}


def _urgent(said: str) -> str:
    return said if said != NOTHING else CALL_HUB


def _check_still_whole(conn: psycopg.Connection) -> None:
    """Notice a database error that a rule swallowed while the savepoint can still undo it."""
    if conn.info.transaction_status is not TransactionStatus.INTRANS:
        raise BrokenTransactionError("A rule left the transaction broken.")
