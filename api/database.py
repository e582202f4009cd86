"""Connections to the database, one pool for each role a process signs in as.

Guards: whoever acts is named inside the transaction they act in, so a connection that goes back to the pool
remembers nobody; and everything a request does is one transaction.
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

# Through a database that starts anew, or more requests at once than connections, a page comes late and not refused.
WAIT_SECONDS = 5.0
TRIES = 5


def open_pool(settings: Settings, role: DatabaseRole, most: int) -> Pool:
    """A pool that connects when it is first asked; a database that is down does not stop the process."""
    return ConnectionPool(
        settings.conninfo(role),
        min_size=1,
        max_size=most,
        timeout=WAIT_SECONDS,
        name=role.value,
        # Slow statements are a fault to see, not a queue to build.
        kwargs={"options": "-c statement_timeout=15s -c idle_in_transaction_session_timeout=60s"},
        # A connection that the database's end took with it is replaced here, not handed out to fail.
        check=ConnectionPool.check_connection,
        open=True,
    )


@contextmanager
def acting(pool: Pool, person_id: UUID) -> Iterator[Connection]:
    """One transaction in which the database shows what this person may see, and nothing else."""
    with pool.connection() as conn:
        act_as(conn, person_id)
        yield conn


def try_again(pool: Pool, work: Callable[[Connection], Done]) -> Done:
    """Run the work in a transaction of its own, again from the start where another one got in its way."""
    for _ in range(TRIES - 1):
        try:
            with pool.connection() as conn:
                return work(conn)
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
            continue
    with pool.connection() as conn:
        return work(conn)
