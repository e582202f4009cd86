"""Replays quarantined items after their cause has been put right.

Guards: a replay goes through the door with the time of first arrival, and succeeds at most once. An item that is
refused again stays in quarantine unchanged.
"""

from datetime import datetime

import psycopg

from devices.reading import decode
from devices.receipt import Outcome
from ingest import door, quarantine
from ingest.arrival import Arrival
from ingest.evaluation import Evaluator
from ingest.quarantine import Quarantined


def replay(conn: psycopg.Connection, kept: Quarantined, evaluator: Evaluator, at: datetime) -> str:
    """Send one quarantined item through the door again and return the outcome. The caller commits."""
    # Lock the quarantine before residents, in the same order as the door.
    earlier = quarantine.locked(conn, kept.quarantine_id)
    if earlier is not None:
        return earlier
    came = kept.arrived_at, kept.waited_at_most
    arrivals = [Arrival(kept.kit_id, kept.topic, item, *came) for item in decode(kept.payload)]
    outcome = str(Outcome.QUARANTINED)
    with conn.transaction() as attempt:
        outcomes = {one.outcome for one in door.receive(conn, arrivals, evaluator, at)}
        if outcomes == {Outcome.QUARANTINED}:
            raise psycopg.Rollback(attempt)
        outcome = ",".join(sorted(outcomes))
        quarantine.mark_replayed(conn, kept.quarantine_id, outcome, at)
    return outcome
