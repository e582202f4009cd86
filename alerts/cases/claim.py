"""Releasing claims of people who no longer work at the hub, so that a colleague can take the case.

Guards: residents are locked before their cases, as everywhere. Each release is audited and in the case's
history.
"""

from datetime import datetime
from typing import LiteralString

import psycopg

from alerts.cases import store
from alerts.cases.escalation import EventKind
from alerts.cases.store import Change
from delegation import audit
from delegation.people import Process

_WORDS = "the person who had claimed it no longer works at this hub"
_MOST = 500

_LEFT: LiteralString = "SELECT alerts.left_by_their_claimers(%s)"
_LOCK: LiteralString = "SELECT FROM ingest.lock_residents(%s)"
_FREE: LiteralString = "SELECT freed_case, freed_resident, at_hub FROM alerts.free_claims(%s)"


def free(conn: psycopg.Connection, at: datetime) -> int:
    """Release the cases whose claimer has left their hub; return how many. The caller commits."""
    residents = [resident for (resident,) in conn.execute(_LEFT, (_MOST,)).fetchall()]
    if not residents:
        return 0
    conn.execute(_LOCK, (residents,))
    # A colleague may have claimed one while we waited for the locks: free_claims looks again.
    freed = conn.execute(_FREE, (residents,)).fetchall()
    for case_id, resident, _ in freed:
        subject = f"escalation:{case_id}"
        audit.record(conn, Process("scheduler"), "escalation.released", subject, at=at, resident_id=resident)
    changes = [Change(hub_id, case_id, EventKind.RELEASED, words=_WORDS) for case_id, _, hub_id in freed]
    store.announce(conn, changes, at)
    return len(freed)
