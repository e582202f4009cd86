"""One worker's hold on its partitions: it renews its lease, takes free partitions and gives up more than its share.

Guards: to give up a partition, the worker unsubscribes, finishes what is in hand, then releases the lease, so that two
workers rarely handle one resident. Without the broker it does not renew, and another worker takes over. Without the
database it keeps listening, since nobody else could store the messages sooner.
"""

from collections.abc import Callable

import psycopg

from ingest.worker import leases
from ingest.worker.consumer import Consumer
from ingest.worker.sharing import next_step

RENEW_EVERY = 1.0
_FORGET_EVERY = 3600.0
_SOON = 0.1
"""Seconds until the next look while the broker's answer, or another worker's release, is pending."""


class Tenure:
    """The partitions held by the worker of this name. For that worker's one thread."""

    def __init__(self, worker: str, consumer: Consumer) -> None:
        self.worker = worker
        self.taken = 0
        """How many partitions were taken since the start."""
        self._consumer = consumer
        self._look_at = 0.0
        self._forget_at = 0.0

    def next_look(self, now: float) -> float:
        """Seconds until there is something to do."""
        return max(0.0, self._look_at - now)

    def look(self, connection: Callable[[], psycopg.Connection], now: float) -> None:
        """Renew, take and give up when it is time to. `connection` returns a connection in autocommit."""
        if now < self._look_at:
            return
        self._look_at = now + RENEW_EVERY
        if now >= self._forget_at:
            leases.forget(connection())
            self._forget_at = now + _FORGET_EVERY
        if self._consumer.connected.is_set() and not self._keep(connection()):
            self._look_at = now + _SOON

    def _keep(self, conn: psycopg.Connection) -> bool:
        """Renew, take and give up; return whether nothing is left to do."""
        leases.renew(conn, self.worker)
        roll = leases.roll(conn)
        step = next_step(roll, self.worker)
        taken = leases.take(conn, self.worker, step.take)
        self.taken += len(taken)
        self._consumer.listen_to((roll.of(self.worker) - step.give_up) | taken)
        leases.release(conn, self.worker, [one for one in step.give_up if self._consumer.done_with(one)])
        return not (step.give_up or step.expect) and self._consumer.is_settled

    def leave(self) -> None:
        """Stop hearing new messages. Finish what is in hand, then call `end`."""
        self._consumer.listen_to(())

    def end(self, conn: psycopg.Connection) -> None:
        """Release everything, for the other workers."""
        leases.leave(conn, self.worker)
