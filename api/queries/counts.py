"""A hub's counts, home by home, as its one door in the database gives them to a commissioner.

Guards: no row about anybody is read here, only how many there are; what may be shown of that is for
`api.small_numbers` to say.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class HomeCounts:
    """One home's. `synthetic` residents are left out, or are all there are; cases by severity, the gravest first.

    `could_send_from`: when it first had a kit or its form; no set is due before. None where it never had.
    `watched`: it is this hub's now; else the cases alone are counted that were this hub's.
    """

    home: str
    could_send_from: datetime | None
    residents: int
    synthetic: int
    readings: int
    sets_due: int
    sets_done: int
    raised: list[int]
    in_time: list[int]
    watched: bool


_COUNTS: LiteralString = "SELECT * FROM alerts.counts_of_hub(%s, %s, %s, %s)"


def of_hub(
    conn: psycopg.Connection[Any], hub_id: UUID, since: datetime, until: datetime, *, with_synthetic: bool
) -> list[HomeCounts]:
    """Every home of the hub, by name; none where the actor is not its commissioner."""
    with conn.cursor(row_factory=class_row(HomeCounts)) as cursor:
        return cursor.execute(_COUNTS, (hub_id, since, until, with_synthetic)).fetchall()
