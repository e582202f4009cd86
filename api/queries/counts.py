"""A hub's counts, home by home, for its commissioner; one database function gives them.

Guards: only numbers are read here, no row about anybody. `api.small_numbers` decides which may be shown.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class HomeCounts:
    """One home's counts, cases by severity, gravest first.

    `synthetic` residents are left out, or are the only ones counted. `could_send_from` is when the home first had a kit
    or its form, None where never; no set is due before. `watched`: the home is this hub's now; otherwise only the cases
    that were this hub's are counted.
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
    """Return every home of the hub, by name; none where the actor is not its commissioner."""
    with conn.cursor(row_factory=class_row(HomeCounts)) as cursor:
        return cursor.execute(_COUNTS, (hub_id, since, until, with_synthetic)).fetchall()
