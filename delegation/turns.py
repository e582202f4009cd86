"""Make two transactions that do the same about one resident, or one home, take turns.

Guards: a turn lasts until its transaction ends; two kinds of turn never wait for each other.
"""

from typing import Any, LiteralString
from uuid import UUID

import psycopg

_TAKE: LiteralString = "SELECT pg_advisory_xact_lock(hashtextextended(concat(%s::text, '/', %s::text), 0))"


def take(conn: psycopg.Connection[Any], kind: LiteralString, whose: UUID) -> None:
    """Wait for earlier turns of this kind to end, and make later ones wait."""
    conn.execute(_TAKE, (kind, whose))
