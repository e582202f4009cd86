"""Claims of whoever works at the hub no more: each case is anybody's again, so that somebody answers it.

Guards: the residents are locked by the caller; it is audited, and stands in the case's history.
"""

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts import store
from alerts.escalation import EventKind
from alerts.store import Change
from delegation import audit
from delegation.people import Process

_WORDS = "whoever had claimed it works at this hub no more"

_LEFT: LiteralString = "SELECT alerts.left_by_their_claimers(%s)"
_FREE: LiteralString = "SELECT freed_case, freed_resident, at_hub FROM alerts.free_claims(%s)"


def left(conn: psycopg.Connection, most: int) -> set[UUID]:
    """Residents whose case is claimed by somebody who works at its hub no more."""
    return {resident for (resident,) in conn.execute(_LEFT, (most,)).fetchall()}


def free(conn: psycopg.Connection, residents: Collection[UUID], at: datetime) -> None:
    """Let the cases of these residents, who are locked, wait for anybody where their claimer has left."""
    freed = conn.execute(_FREE, (list(residents),)).fetchall()
    for case_id, resident, _ in freed:
        subject = f"escalation:{case_id}"
        audit.record(conn, Process("scheduler"), "escalation.released", subject, at=at, resident_id=resident)
    changes = [Change(hub_id, case_id, EventKind.RELEASED, words=_WORDS) for case_id, _, hub_id in freed]
    store.announce(conn, changes, at)
