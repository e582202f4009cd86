"""Claims of whoever works at the hub no more: each case is anybody's again, so that somebody answers it.

Guards: the residents are locked first, as by everything that changes a case of theirs; it is audited, and stands in the
case's history.
"""

from datetime import datetime
from typing import LiteralString

import psycopg

from alerts import store
from alerts.escalation import EventKind
from alerts.store import Change
from delegation import audit
from delegation.people import Process

_WORDS = "whoever had claimed it works at this hub no more"
_MOST = 500

_LEFT: LiteralString = "SELECT alerts.left_by_their_claimers(%s)"
_LOCK: LiteralString = "SELECT FROM ingest.lock_residents(%s)"
_FREE: LiteralString = "SELECT freed_case, freed_resident, at_hub FROM alerts.free_claims(%s)"


def free(conn: psycopg.Connection, at: datetime) -> int:
    """Let the cases wait for anybody whose claimer has left their hub; returns how many. The caller commits."""
    residents = [resident for (resident,) in conn.execute(_LEFT, (_MOST,)).fetchall()]
    if not residents:
        return 0
    conn.execute(_LOCK, (residents,))
    # Somebody may have claimed one while we waited: it is asked again which are left.
    freed = conn.execute(_FREE, (residents,)).fetchall()
    for case_id, resident, _ in freed:
        subject = f"escalation:{case_id}"
        audit.record(conn, Process("scheduler"), "escalation.released", subject, at=at, resident_id=resident)
    changes = [Change(hub_id, case_id, EventKind.RELEASED, words=_WORDS) for case_id, _, hub_id in freed]
    store.announce(conn, changes, at)
    return len(freed)
