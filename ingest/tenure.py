"""One worker's hold on its partitions: it renews, takes what nobody has, and gives up what is more than its share.

Guards: given up is left first, then what is in hand is finished, then the lease is released, so that two rarely work on
one resident. Away from the broker it renews nothing, and another takes over. While the database is away it goes on
listening: what arrives waits for the database, and nobody else could have stored it sooner.
"""

from collections.abc import Callable

import psycopg

from ingest import leases
from ingest.consumer import Consumer
from ingest.sharing import next_step

RENEW_EVERY = 1.0
_FORGET_EVERY = 3600.0
_SOON = 0.1
"""Until the next look, where something is on its way: an answer of the broker's, or what another is giving up."""


class Tenure:
    """What the worker of this name holds. For the one thread of the worker."""

    def __init__(self, worker: str, consumer: Consumer) -> None:
        self.worker = worker
        self.taken = 0
        """How many were taken since the start."""
        self._consumer = consumer
        self._look_at = 0.0
        self._forget_at = 0.0

    def next_look(self, now: float) -> float:
        """Seconds until there is something to do."""
        return max(0.0, self._look_at - now)

    def look(self, connection: Callable[[], psycopg.Connection], now: float) -> None:
        """Renew, take and give up, where it is time to; `connection` gives one that is in autocommit."""
        if now < self._look_at:
            return
        self._look_at = now + RENEW_EVERY
        if now >= self._forget_at:
            leases.forget(connection())
            self._forget_at = now + _FORGET_EVERY
        if self._consumer.connected.is_set() and not self._keep(connection()):
            self._look_at = now + _SOON

    def _keep(self, conn: psycopg.Connection) -> bool:
        """Whether all is as it is to be."""
        leases.renew(conn, self.worker)
        roll = leases.roll(conn)
        step = next_step(roll, self.worker)
        taken = leases.take(conn, self.worker, step.take)
        self.taken += len(taken)
        self._consumer.listen_to((roll.of(self.worker) - step.give_up) | taken)
        leases.release(conn, self.worker, [one for one in step.give_up if self._consumer.done_with(one)])
        return not (step.give_up or step.expect) and self._consumer.is_settled

    def leave(self) -> None:
        """Hear nothing new: what is in hand is to be finished, and then `end`ed."""
        self._consumer.listen_to(())

    def end(self, conn: psycopg.Connection) -> None:
        """Release everything, for whoever works on."""
        leases.leave(conn, self.worker)
