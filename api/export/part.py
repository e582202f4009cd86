"""One part of an export: its tables, and the queries for its rows.

Guards: rows come one at a time, each as JSON made by the database, so no number is rounded. A part that the actor may
not read is left out whole, and the export says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Part:
    """`query` is for the database's owner, `shown` for somebody signed in; None where they may not read it."""

    name: str
    says: str
    tables: tuple[str, ...]
    query: LiteralString
    shown: LiteralString | None


def alike(name: str, says: str, table: str, query: LiteralString) -> Part:
    """Return a part with one query for both; row security shows each what is theirs to see."""
    return Part(name, says, (table,), query, query)


def rows(conn: psycopg.Connection[Any], query: LiteralString, resident_id: UUID) -> Iterator[str]:
    """Yield each row of a query as JSON."""
    with conn.cursor(name="exported") as cursor:
        cursor.itersize = _AT_A_TIME
        for (row,) in cursor.execute(query, {"resident": resident_id}):
            yield row
