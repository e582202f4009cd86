"""Tries quarantined readings again, one transaction for each.

Guards: one that fails again stays where it is and stops none of the others.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from alerts.evaluator import Evaluator
from api.database import Connection
from ingest import quarantine
from ingest.replay import replay

_PAGE = 100


def replay_all(conn: Connection, wanted: Collection[int] | None, at: datetime) -> Iterator[tuple[int, str]]:
    """Each one's number and outcome, as they are done; None: all that waits."""
    evaluator = Evaluator()
    after = 0
    while page := quarantine.listed(conn, after=after, most=_PAGE):
        for kept in page:
            if wanted is None or kept.quarantine_id in wanted:
                with conn.transaction():
                    outcome = replay(conn, kept, evaluator, at)
                yield kept.quarantine_id, outcome
        after = page[-1].quarantine_id
