"""What was in quarantine can be listed with its reason, and tried again once the cause is gone."""

import json
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest

from alerts.evaluator import Evaluator
from devices.identifiers import new_uuid7
from devices.reading import decode
from devices.receipt import Outcome
from ingest import ledger, quarantine
from ingest.arrival import Arrival
from ingest.replay import replay
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import BY, NOW, Doorstep, at_the_door

LATER = NOW + timedelta(hours=1)
ENROL = """
INSERT INTO delegation.resident (resident_id, home_id, name, born_on) VALUES (%s, %s, 'Newly Here', '1940-05-01')
"""


FILED = """
SELECT actor, subject, resident_id, words FROM delegation.audit_event JOIN delegation.audit_text USING (audit_id)
WHERE action = 'reading.replayed'
"""


def try_all_again(doorstep: Doorstep) -> list[str]:
    outcomes = []
    for kept in quarantine.listed(doorstep.conn):
        with doorstep.conn.transaction():
            outcomes.append(replay(doorstep.conn, BY, kept, Evaluator(), LATER))
    return outcomes


def kept_rows(doorstep: Doorstep) -> list[tuple]:
    return doorstep.rows("SELECT * FROM ingest.quarantine ORDER BY quarantine_id")


@pytest.fixture
def newcomer() -> UUID:
    """A resident whom a kit knows of before the platform does."""
    return new_uuid7()


def test_what_waited_at_the_broker_keeps_its_time_when_it_is_tried_again(doorstep, newcomer):
    """The age its kit told is of the sending; the database was away for three hours after that."""
    kit, taken_at = n.Kit(), NOW - timedelta(hours=3, minutes=5)
    said = kit.reading(newcomer, taken_at=taken_at).model_copy(update={"age_s": 300.0})
    came = kit.arrival(said, NOW)._replace(waited_at_most=timedelta(hours=3))
    [settled] = doorstep.deliver(came)
    assert settled.reason == "unknown_resident"
    doorstep.owner.execute(ENROL, (newcomer, n.ORCHARD))
    assert try_all_again(doorstep) == ["stored"]
    assert doorstep.rows("SELECT effective_at FROM ingest.reading") == [(taken_at,)]


def test_readings_of_a_resident_enrolled_late_are_stored_with_their_first_arrival(doorstep, newcomer):
    kit = n.Kit()
    early, grave = kit.reading(newcomer, taken_at=NOW), kit.reading(newcomer, n.GRAVE, taken_at=NOW)
    for reading, arrived_at in ((early, NOW), (grave, NOW + n.minutes(1)), (early, NOW + n.minutes(2))):
        [settled] = doorstep.deliver(kit.arrival(reading, arrived_at), at=arrived_at)
        assert (settled.outcome, settled.reason) == (Outcome.QUARANTINED, "unknown_resident")
    listed = quarantine.listed(doorstep.conn)
    assert [(one.reading_id, one.reason, one.deliveries, one.arrived_at) for one in listed] == [
        (early.reading_id, "unknown_resident", 2, NOW),
        (grave.reading_id, "unknown_resident", 1, NOW + n.minutes(1)),
    ]
    assert "No resident" in listed[0].detail

    doorstep.owner.execute(ENROL, (newcomer, n.ORCHARD))
    assert try_all_again(doorstep) == ["stored", "stored"]
    assert doorstep.rows("SELECT reading_id, arrived_at FROM ingest.reading ORDER BY arrival_number") == [
        (early.reading_id, NOW),
        (grave.reading_id, NOW + n.minutes(1)),
    ]
    assert doorstep.rows("SELECT resident_id, severity FROM alerts.escalation") == [(newcomer, "high")]
    assert doorstep.rows("SELECT last_arrived_at FROM ingest.current_vitals") == [(NOW + n.minutes(1),)]
    assert quarantine.listed(doorstep.conn) == []
    assert [
        (one.replay_outcome, one.replayed_at) for one in quarantine.listed(doorstep.conn, waiting_only=False)
    ] == [
        ("stored", LATER),
        ("stored", LATER),
    ]
    [again] = doorstep.deliver(kit.arrival(grave, LATER), at=LATER)
    assert again.outcome is Outcome.DUPLICATE


def test_what_is_refused_again_stays_exactly_as_it_was(doorstep, newcomer):
    kit = n.Kit()
    doorstep.deliver(
        kit.arrival(kit.reading(newcomer, taken_at=NOW), NOW),
        *(Arrival(kit.kit_id, kit.topic(), item, NOW) for item in decode(b"not JSON")),
    )
    before = kept_rows(doorstep)
    assert try_all_again(doorstep) == ["quarantined", "quarantined"]
    assert kept_rows(doorstep) == before
    assert doorstep.stored() == []


def test_one_that_was_replayed_is_not_replayed_again(doorstep, newcomer):
    kit = n.Kit()
    doorstep.deliver(kit.arrival(kit.reading(newcomer, taken_at=NOW), NOW))
    [kept] = quarantine.listed(doorstep.conn)
    doorstep.owner.execute(ENROL, (newcomer, n.ORCHARD))
    for _ in range(2):
        with doorstep.conn.transaction():
            assert replay(doorstep.conn, BY, kept, Evaluator(), LATER) == "stored"
    assert doorstep.rows("SELECT count(*) FROM ingest.reading") == [(1,)]
    words = f"From quarantine, number {kept.quarantine_id}"
    assert doorstep.rows(FILED) == [(f"person:{n.OPERATOR}", f"reading:{kept.reading_id}", newcomer, words)]


def test_a_resend_that_overtakes_the_replay_leaves_a_duplicate(doorstep, newcomer):
    kit = n.Kit()
    reading = kit.reading(newcomer, taken_at=NOW)
    doorstep.deliver(kit.arrival(reading, NOW))
    doorstep.owner.execute(ENROL, (newcomer, n.ORCHARD))
    doorstep.deliver(kit.arrival(reading, LATER), at=LATER)
    assert try_all_again(doorstep) == ["duplicate"]
    assert doorstep.stored() == [(kit.kit_id, reading.reading_id)]
    assert doorstep.rows(FILED) == [], "it was on file before"


def test_a_replay_and_a_resend_at_once_do_not_wait_for_each_other_for_ever(doorstep, neighbourhood, newcomer):
    """The resend holds the quarantined row and wants the resident; the replay must not hold the resident first."""
    kit = n.Kit()
    lost = kit.reading(newcomer, taken_at=NOW)
    doorstep.deliver(kit.arrival(lost, NOW))
    [kept] = quarantine.listed(doorstep.conn)
    with at_the_door(neighbourhood) as other, doorstep.conn.transaction():
        quarantine.locked(doorstep.conn, kept.quarantine_id)
        other.conn.execute("SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable), other.conn.transaction():
            replay(other.conn, BY, kept, Evaluator(), LATER)
        doorstep.conn.execute("SELECT FROM ingest.lock_residents(ARRAY[%s::uuid])", (n.AMARA,))


def test_the_books_of_a_kit_balance_as_sets(doorstep, newcomer):
    kit = n.Kit()
    good = [kit.reading(taken_at=NOW - n.minutes(one)) for one in range(3)]
    conflicting = good[0].model_copy(update={"values": n.GRAVE})
    unknown = kit.reading(newcomer, taken_at=NOW)
    timeless = kit.reading(taken_at=NOW)
    bad = json.dumps(json.loads(n.payload(timeless)) | {"taken_at": 17}).encode()
    unsent = kit.reading(taken_at=NOW)
    doorstep.deliver(
        *(kit.arrival(one, NOW) for one in (*good, conflicting, unknown)),
        *(Arrival(kit.kit_id, kit.topic(), item, NOW) for raw in (bad, b"{") for item in decode(raw)),
    )
    [books] = [one for one in ledger.ledgers(doorstep.conn) if one.kit_id == kit.kit_id]
    assert (books.stored, books.quarantined, books.unreadable) == (3, 2, 1)
    sent = {one.reading_id for one in (*good, unknown, timeless, unsent)}
    compared = ledger.compare(doorstep.conn, kit.kit_id, sent)
    assert compared.stored == {one.reading_id for one in good}
    assert compared.quarantined == {unknown.reading_id, timeless.reading_id}
    assert compared.missing == {unsent.reading_id}
