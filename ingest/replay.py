"""Tries again what was put in quarantine, once whatever was wrong has been put right.

Guards: a replay goes through the one door with the time of first arrival, so it changes nothing but its own fate.
"""

from datetime import datetime

import psycopg

from devices.reading import decode
from ingest import door, quarantine
from ingest.arrival import Arrival
from ingest.evaluation import Evaluator
from ingest.quarantine import Quarantined


def replay(conn: psycopg.Connection, kept: Quarantined, evaluator: Evaluator, at: datetime) -> str:
    """Send one quarantined item through the door again; returns the outcome. The caller commits."""
    arrivals = [Arrival(kept.kit_id, kept.topic, item, kept.arrived_at) for item in decode(kept.payload)]
    outcomes = sorted({str(one.outcome) for one in door.receive(conn, arrivals, evaluator, at)})
    outcome = ",".join(outcomes)
    if outcome in ("stored", "duplicate"):
        quarantine.mark_replayed(conn, kept.quarantine_id, outcome, at)
    return outcome
