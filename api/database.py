"""Connections to the database: one pool for each role that a process signs in as.

Guards: the actor is named inside each transaction, so a connection that returns to the pool belongs to nobody. All that
a request does is one transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from api.settings import DatabaseRole, Settings
from delegation.people import act_as

Connection = psycopg.Connection[Any]
Pool = ConnectionPool[Connection]
Done = TypeVar("Done")

# While the database restarts, or requests outnumber connections, a page comes late instead of being refused.
WAIT_SECONDS = 5.0
TRIES = 5


def open_pool(settings: Settings, role: DatabaseRole, most: int, request_id: str = "") -> Pool:
    """Return a pool that connects on first use, so a database that is down does not stop the process.

    The audit records `request_id` beside all that its connections do, unless a transaction names another.
    """
    return ConnectionPool(
        settings.conninfo(role),
        min_size=1,
        max_size=most,
        timeout=WAIT_SECONDS,
        name=role.value,
        # Slow statements should show as errors instead of a growing queue. Waiting for a lock ends sooner, so that it
        # is not taken for a statement that is slow by itself.
        kwargs={
            "options": "-c statement_timeout=15s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
            f" -c hearthwatch.request={request_id}"
        },
        # Replace a connection that the server has closed, before it is handed out.
        check=ConnectionPool.check_connection,
        open=True,
    )


@contextmanager
def acting(pool: Pool, person_id: UUID) -> Iterator[Connection]:
    """Open a transaction in which the database shows only what this person may see."""
    with pool.connection() as conn:
        act_as(conn, person_id)
        yield conn


def try_again(pool: Pool, work: Callable[[Connection], Done]) -> Done:
    """Run the work in a transaction of its own, and again where another transaction got in its way."""
    for _ in range(TRIES - 1):
        try:
            with pool.connection() as conn:
                return work(conn)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            continue
    with pool.connection() as conn:
        return work(conn)
