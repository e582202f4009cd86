"""Replays quarantined items after their cause has been put right.

Guards: a replay goes through the door with the time of first arrival, and succeeds at most once. An item that is
refused again stays in quarantine unchanged. Each reading it files is audited in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from delegation import audit
from delegation.audit import Purpose
from delegation.people import Actor, act_as
from devices.reading import ReadingPayload, decode
from devices.receipt import Outcome
from ingest import door, quarantine
from ingest.arrival import Arrival, Settled
from ingest.evaluation import Evaluator
from ingest.quarantine import Quarantined


def replay(
    conn: psycopg.Connection, actor: Actor, kept: Quarantined, evaluator: Evaluator, at: datetime
) -> str:
    """Send one quarantined item through the door again and return the outcome. The caller commits."""
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
        _write_down(conn, actor, kept, settled, at)
    return outcome


def _write_down(
    conn: psycopg.Connection, actor: Actor, kept: Quarantined, settled: Sequence[Settled], at: datetime
) -> None:
    """Audit each reading that is filed, for its resident."""
    act_as(conn, actor.person_id)
    for one in settled:
        said = one.arrival.item
        if one.outcome is Outcome.STORED and isinstance(said, ReadingPayload):
            audit.record(
                conn,
                actor,
                "reading.replayed",
                f"reading:{said.reading_id}",
                at=at,
                purpose=Purpose.OPERATION,
                resident_id=said.resident,
                words=f"From quarantine, number {kept.quarantine_id}",
            )
