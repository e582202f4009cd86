"""Keeps two who do the same about the same resident, or home, from doing it at the same time.

Guards: a turn lasts until its transaction ends; two kinds of turn never wait for each other.
"""

from typing import Any, LiteralString
from uuid import UUID

import psycopg

_TAKE: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended(concat(%s::text, '/', %s::text), 0))"


def take(conn: psycopg.Connection[Any], kind: LiteralString, whose: UUID) -> None:
    """Wait for everybody who took a turn of this kind before, and keep others from it."""
    conn.execute(_TAKE, (kind, whose))
