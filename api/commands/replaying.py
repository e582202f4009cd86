"""Replay quarantined readings, one transaction for each.

Guards: a reading that fails again stays in quarantine and does not stop the others.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from alerts.evaluator import Evaluator
from api.database import Connection
from delegation.people import Actor
from ingest import quarantine
from ingest.replay import replay

FAILED = "failed"
_PAGE = 100


def replay_all(
    conn: Connection, actor: Actor, wanted: Collection[int] | None, at: datetime
) -> Iterator[tuple[int, str]]:
    """Yield each reading's number and outcome as it is done; `wanted` None means all.

    The connection must commit by itself. An outcome that begins with `failed` says why; that reading is still in
    quarantine.
    """
    evaluator = Evaluator()
    after = 0
    while page := quarantine.listed(conn, after=after, most=_PAGE):
        for kept in page:
            if wanted is None or kept.quarantine_id in wanted:
                yield kept.quarantine_id, _attempt(conn, actor, kept, evaluator, at)
        after = page[-1].quarantine_id


def _attempt(
    conn: Connection, actor: Actor, kept: quarantine.Quarantined, evaluator: Evaluator, at: datetime
) -> str:
    if kept.cut_from is not None:
        return f"{FAILED}: only the beginning of it was kept"
    try:
        with conn.transaction():
            return replay(conn, actor, kept, evaluator, at)
    except Exception as error:
        # The type alone, because the message may hold the reading.
        return f"{FAILED}: {type(error).__name__}"
