"""One part of what is held on a resident: which tables it is of, and how its rows are asked for.

Guards: rows come one at a time however many there are, each as the JSON that the database made of it, so no number is
rounded; a part that somebody signed in may not read is left out whole, and said to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Part:
    """`query` is asked as the database's owner, `shown` as somebody signed in: None where they may not read it."""

    name: str
    says: str
    tables: tuple[str, ...]
    query: LiteralString
    shown: LiteralString | None


def alike(name: str, says: str, table: str, query: LiteralString) -> Part:
    """A part that both ask for in the same words: row security shows each what is theirs to see."""
    return Part(name, says, (table,), query, query)


def rows(conn: psycopg.Connection[Any], query: LiteralString, resident_id: UUID) -> Iterator[str]:
    """Each row of a query as JSON."""
    with conn.cursor(name="exported") as cursor:
        cursor.itersize = _AT_A_TIME
        for (row,) in cursor.execute(query, {"resident": resident_id}):
            yield row
