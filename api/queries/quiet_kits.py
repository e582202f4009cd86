"""Homes whose kits have not been heard for longer than their hub's policy allows.

Guards: only homes in the actor's scope are shown. A kit is heard when a message arrives, by the hub's clock, whatever
the kit says of itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from alerts.standing import policies_in_force


@dataclass(frozen=True, slots=True)
class QuietKits:
    """The unheard kits of one home. `last_heard_at`: of any of them; None where none ever was."""

    home_name: str
    kits: int
    quiet: int
    last_heard_at: datetime | None
    lent_at: datetime


_QUIET: LiteralString = """
SELECT home.name AS home_name, count(*) AS kits, count(*) FILTER (WHERE late) AS quiet,
       max(heard_at) FILTER (WHERE late) AS last_heard_at, min(lent_at) FILTER (WHERE late) AS lent_at
FROM (SELECT loan.home_id, loan.lent_at, status.heard_at, coalesce(status.heard_at, loan.lent_at) < %(since)s AS late
      FROM devices.kit JOIN devices.kit_loan loan USING (kit_id) LEFT JOIN devices.kit_status status USING (kit_id)
      WHERE kit.kind = 'kit' AND kit.revoked_at IS NULL AND loan.returned_at IS NULL) lent
JOIN delegation.home USING (home_id)
WHERE home.hub_id = %(hub)s AND (%(home)s::uuid IS NULL OR home_id = %(home)s)
GROUP BY home_id, home.name HAVING bool_or(late)
ORDER BY min(heard_at) FILTER (WHERE late), home.name
"""
_HUB: LiteralString = "SELECT hub_id FROM delegation.home WHERE home_id = %s"


def of_hub(
    conn: psycopg.Connection[Any], hub_id: UUID, at: datetime, home_id: UUID | None = None
) -> list[QuietKits]:
    """Return those of a hub's homes, or of one of them; longest unheard first."""
    after = policies_in_force(conn, at).for_hub(hub_id).kit_quiet_after
    wanted = {"hub": hub_id, "home": home_id, "since": at - timedelta(minutes=after)}
    with conn.cursor(row_factory=class_row(QuietKits)) as cursor:
        return cursor.execute(_QUIET, wanted).fetchall()


def of_home(conn: psycopg.Connection[Any], home_id: UUID, at: datetime) -> list[QuietKits]:
    """Return those of one home."""
    return [one for (hub_id,) in conn.execute(_HUB, (home_id,)) for one in of_hub(conn, hub_id, at, home_id)]
