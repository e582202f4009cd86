"""The door: what arrives is settled once, whole, and told the truth about."""

from datetime import UTC, datetime

import psycopg
import pytest

from alerts.evaluator import Evaluator
from devices.receipt import CALL_HUB, Outcome
from ingest import door
from ingest.arrival import Settled
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


@pytest.fixture
def conn(neighbourhood: Database):
    with neighbourhood.connect("hearthwatch_ingest") as conn:
        yield conn


def deliver(conn: psycopg.Connection, *arrivals) -> list[Settled]:
    with conn.transaction():
        return door.receive(conn, arrivals, Evaluator(), NOW)


def test_a_grave_set_is_stored_scored_and_escalated_in_one_go(conn, neighbourhood):
    kit = n.Kit()
    [settled] = deliver(conn, kit.arrival(kit.reading(values=n.GRAVE, taken_at=NOW), NOW))
    assert settled.outcome is Outcome.STORED
    assert (settled.verdict.low, settled.verdict.high, settled.verdict.complete) == (10, 10, True)
    assert settled.verdict.next == CALL_HUB
    with neighbourhood.connect() as owner:
        stored = owner.execute("SELECT resident_id, spo2, arrival_number FROM ingest.reading").fetchall()
        scores = owner.execute("SELECT low, high, red_score FROM alerts.score").fetchall()
        cases = owner.execute("SELECT escalation_id, severity, hub_id, why FROM alerts.escalation").fetchall()
        events = owner.execute("SELECT revision, kind FROM alerts.escalation_event").fetchall()
    assert stored == [(n.AMARA, 91, 1)]
    assert scores == [(10, 10, "yes")]
    assert [(case[0], case[1], case[2]) for case in cases] == [(settled.verdict.escalation_id, "high", n.HUB)]
    assert "26" in cases[0][3]
    assert events == [(1, "raised")]


def test_a_normal_full_set_raises_nothing(conn):
    kit = n.Kit()
    [settled] = deliver(conn, kit.arrival(kit.reading(taken_at=NOW), NOW))
    assert (settled.verdict.low, settled.verdict.high, settled.verdict.escalation_id) == (0, 0, None)


def test_the_same_content_again_is_a_duplicate_and_other_content_a_conflict(conn, neighbourhood):
    kit = n.Kit()
    reading = kit.reading(taken_at=NOW)
    changed = reading.model_copy(update={"values": n.GRAVE})
    outcomes = [one.outcome for one in deliver(conn, kit.arrival(reading, NOW), kit.arrival(reading, NOW))]
    assert outcomes == [Outcome.STORED, Outcome.DUPLICATE]
    again, conflict = deliver(conn, kit.arrival(reading, NOW), kit.arrival(changed, NOW))
    assert again.outcome is Outcome.DUPLICATE
    assert (conflict.outcome, conflict.reason) == (Outcome.QUARANTINED, "conflict")
    with neighbourhood.connect() as owner:
        assert owner.execute("SELECT count(*) FROM ingest.reading").fetchone() == (1,)
        assert owner.execute("SELECT reason FROM ingest.quarantine").fetchall() == [("conflict",)]


def test_a_late_reading_scores_the_later_moment_it_touches_and_rewrites_nothing(conn, neighbourhood):
    kit = n.Kit()
    later = {name: value for name, value in n.NORMAL.items() if name != "temperature"}
    deliver(conn, kit.arrival(kit.reading(values=later, taken_at=NOW - n.minutes(5)), NOW))
    deliver(conn, kit.arrival(kit.reading(values={"temperature": 39.4}, taken_at=NOW - n.minutes(10)), NOW))
    with neighbourhood.connect() as owner:
        scores = owner.execute(
            "SELECT effective_at, cause_arrival, low, high FROM alerts.score ORDER BY cause_arrival, effective_at"
        ).fetchall()
    first, late, touched = scores
    assert first[:2] == (NOW - n.minutes(5), 1)
    assert first[3] > first[2]
    assert late[:2] == (NOW - n.minutes(10), 2)
    assert touched == (NOW - n.minutes(5), 2, 2, 2)


def test_another_providers_kit_is_quarantined_and_told_nothing(conn):
    kit = n.Kit(n.STRANGE_KIT, 3)
    theirs, nobodys = deliver(
        conn,
        kit.arrival(kit.reading(resident=n.AMARA, taken_at=NOW), NOW),
        kit.arrival(kit.reading(resident=n.UUID(int=999), taken_at=NOW), NOW),
    )
    assert theirs.outcome is nobodys.outcome is Outcome.QUARANTINED
    assert theirs.reason == nobodys.reason == "unknown_resident"


def test_a_kit_carried_to_another_home_of_its_provider_is_believed_and_the_reading_says_so(
    conn, neighbourhood
):
    """Somebody ill is not turned away because of whose kit was at hand."""
    kit = n.Kit(n.SECOND_KIT, 2)
    [settled] = deliver(conn, kit.arrival(kit.reading(resident=n.AMARA, values=n.GRAVE, taken_at=NOW), NOW))
    assert (settled.outcome, settled.verdict.low) == (Outcome.STORED, 10)
    with neighbourhood.connect() as owner:
        stored = owner.execute("SELECT resident_id, home_id, flags FROM ingest.reading").fetchall()
        cases = owner.execute("SELECT resident_id, hub_id FROM alerts.escalation").fetchall()
    assert stored == [(n.AMARA, n.ORCHARD, ["other_home"])]
    assert cases == [(n.AMARA, n.HUB)]
