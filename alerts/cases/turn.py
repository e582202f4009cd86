"""Locking what several acts of one transaction will change, before the first of them changes anything.

Guards: one lock order also where several acts tell hubs: cases first, then hubs' revisions in hub order. The
caller has locked the residents.
"""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

import psycopg

_CASES: LiteralString = """
SELECT hub_id FROM alerts.escalation
WHERE resident_id = ANY (%s) AND state <> 'closed' ORDER BY escalation_id FOR UPDATE
"""
_HUBS: LiteralString = """
SELECT hub_id FROM delegation.home
WHERE home_id = ANY (%s) OR home_id IN (SELECT home_id FROM delegation.resident WHERE resident_id = ANY (%s))
"""
_REVISION: LiteralString = """
INSERT INTO alerts.hub_revision AS held (hub_id, revision) VALUES (%s, 0)
ON CONFLICT (hub_id) DO UPDATE SET revision = held.revision
"""


def take(conn: psycopg.Connection, residents: Collection[UUID], homes: Collection[UUID]) -> None:
    """Lock these residents' open cases, then the revisions of every hub that may be told of them or of the homes."""
    who = list(residents)
    hubs = {hub for (hub,) in conn.execute(_CASES, (who,)).fetchall()}  # those a case may soon leave
    hubs |= {hub for (hub,) in conn.execute(_HUBS, (list(homes), who)).fetchall()}
    with conn.cursor() as cursor:
        cursor.executemany(_REVISION, [(hub,) for hub in sorted(hubs)])
