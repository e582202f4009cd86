"""Replays quarantined items after their cause has been put right, and audits who did.

Guards: a replay goes through the door with the time of first arrival, and succeeds at most once. An item that is
refused again stays in quarantine unchanged.
"""

from datetime import datetime
from uuid import UUID

import psycopg

from delegation import audit
from delegation.audit import Purpose
from delegation.people import Actor, Process
from devices.reading import ReadingPayload, decode
from devices.receipt import Outcome
from ingest import door, quarantine
from ingest.arrival import Arrival
from ingest.evaluation import Evaluator
from ingest.quarantine import Quarantined


def replay(
    conn: psycopg.Connection, actor: Actor | Process, kept: Quarantined, evaluator: Evaluator, at: datetime
) -> str:
    """Send one quarantined item through the door again and return the outcome. The caller commits.

    Each reading that is stored is in the audit: the transaction must act as `actor`.
    """
    # Lock the quarantine before residents, in the same order as the door.
    earlier = quarantine.locked(conn, kept.quarantine_id)
    if earlier is not None:
        return earlier
    came = kept.arrived_at, kept.waited_at_most
    arrivals = [Arrival(kept.kit_id, kept.topic, item, *came) for item in decode(kept.payload)]
    outcome = str(Outcome.QUARANTINED)
    with conn.transaction() as attempt:
        settled = door.receive(conn, arrivals, evaluator, at)
        outcomes = {one.outcome for one in settled}
        if outcomes == {Outcome.QUARANTINED}:
            raise psycopg.Rollback(attempt)
        outcome = ",".join(sorted(outcomes))
        quarantine.mark_replayed(conn, kept.quarantine_id, outcome, at)
        for one in settled:
            if one.outcome is Outcome.STORED and isinstance(one.arrival.item, ReadingPayload):
                _audit(conn, actor, kept.kit_id, one.arrival.item, at)
    return outcome


def _audit(
    conn: psycopg.Connection,
    actor: Actor | Process,
    kit_id: UUID | None,
    stored: ReadingPayload,
    at: datetime,
) -> None:
    subject, whose = f"reading:{kit_id}/{stored.reading_id}", stored.resident
    audit.record(
        conn, actor, "reading.replayed", subject, at=at, purpose=Purpose.OPERATION, resident_id=whose
    )
