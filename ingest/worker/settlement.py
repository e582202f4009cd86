"""Stores a batch of arrivals, and tries again until it is stored.

Guards: a receipt is written only after a durable commit. A commit whose answer was lost is run again. A message that
the database cannot hold, or has no room for by itself, is kept in quarantine and never stops the others.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import psycopg

from ingest import door
from ingest.arrival import Arrival, Settled
from ingest.evaluation import Evaluator
from ingest.trouble import is_too_much, passes, refuses_all
from ingest.worker.receipts import ReceiptBook
from ingest.worker.session import Session

_PATIENCE = 600.0


class Settlement:
    """The settlement of one worker."""

    def __init__(
        self, session: Session, evaluator: Evaluator, receipts: ReceiptBook, *, patience: float = _PATIENCE
    ) -> None:
        """`patience`: how many seconds to keep trying one message that is too much for the database by itself.

        Others may be using the database's room for a while, and then it is not the message's fault. The messages behind
        it wait this long too; receipts of what is stored go out meanwhile.
        """
        self._patience = patience
        self._session = session
        self._evaluator = evaluator
        self._receipts = receipts

    def settle(self, arrivals: Sequence[Arrival], stopping: threading.Event) -> list[Settled] | None:
        """Store a batch, trying until it succeeds. Split it in halves if the whole is refused or too much.

        Returns None if told to stop first.
        """
        pause, too_much_since = 0.05, None
        while not stopping.is_set():
            try:
                return self._transact(arrivals)
            except Exception as error:
                self._session.lost("storing a batch")
                its_own, too_much, now = _is_its_own(error), is_too_much(error), time.monotonic()
                if (its_own or too_much) and len(arrivals) > 1:
                    return self._settle_halves(arrivals, stopping)
                too_much_since = (too_much_since or now) if too_much else None
                waited_enough = too_much_since is not None and now - too_much_since >= self._patience
                if (its_own or waited_enough) and (put_away := self._put_away(arrivals[0], error)):
                    return put_away
            self._receipts.flush(time.monotonic())
            stopping.wait(pause)
            pause = min(5.0, pause * 2)
        return None

    def _settle_halves(self, arrivals: Sequence[Arrival], stopping: threading.Event) -> list[Settled] | None:
        middle = len(arrivals) // 2
        first = self.settle(arrivals[:middle], stopping)
        second = self.settle(arrivals[middle:], stopping) if first is not None else None
        return None if first is None or second is None else first + second

    def _put_away(self, arrival: Arrival, error: Exception) -> list[Settled] | None:
        """Keep in quarantine what the database cannot hold as a reading. Return None if it cannot hold that either.

        Then the database is at fault after all, and the reading is tried again as a reading.
        """
        why = f"This could not be stored ({type(error).__name__}); it is kept here as it came."
        try:
            return self._commit(
                lambda conn: [door.put_away(conn, arrival, why, self._evaluator, datetime.now(UTC))]
            )
        except Exception:
            self._session.lost("putting into quarantine what could not be stored")
            return None

    def _transact(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        if not arrivals:
            return []
        return self._commit(lambda conn: door.receive(conn, arrivals, self._evaluator, datetime.now(UTC)))

    def _commit(self, store: Callable[[psycopg.Connection], list[Settled]]) -> list[Settled]:
        conn = self._session.connection()
        with conn.transaction():
            settled = store(conn)
        # Committed. The epoch is this connection's; the next connection may lead to another epoch.
        self._receipts.add(settled, self._session.epoch)
        return settled


def _is_its_own(error: Exception) -> bool:
    """Whether the database refuses this work, and not everything alike."""
    return not passes(error) and not refuses_all(error)
