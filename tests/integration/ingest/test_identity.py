"""A reading is known by its kit, its id and what it says: one stored row, whoever brings it and however often."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from alerts.evaluator import Evaluator
from devices.identifiers import new_reading_id
from devices.reading import decode, encode_one
from devices.receipt import Outcome, Receipt
from ingest.arrival import Arrival
from ingest.sorting import Sorted
from ingest.standing import standing
from ingest.storage.identity import claim
from ingest.worker.receipts import receipt_of
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep, at_the_door
from tests.fixtures.length import length
from tests.fixtures.machine import PATIENCE_SECONDS

ROUNDS = length(12, 300)


def of_message(kit: n.Kit, payload: bytes) -> list[Arrival]:
    return [Arrival(kit.kit_id, kit.topic(), item, NOW) for item in decode(payload)]


def test_the_same_id_with_other_content_is_kept_beside_and_never_called_a_duplicate(doorstep):
    kit = n.Kit()
    first = kit.reading(taken_at=NOW)
    versions = [first.model_copy(update={"values": n.NORMAL | {"pulse": 70 + more}}) for more in range(5)]
    doorstep.deliver(kit.arrival(first, NOW))
    settled = doorstep.deliver(*(kit.arrival(one, NOW) for one in versions), kit.arrival(first, NOW))
    told = [(one.outcome, one.reason) for one in settled]
    assert told == [
        (Outcome.QUARANTINED, "conflict"),
        (Outcome.QUARANTINED, "conflict"),
        (Outcome.DUPLICATE, None),
        (Outcome.QUARANTINED, "conflict"),
        (Outcome.QUARANTINED, "conflict"),
        (Outcome.DUPLICATE, None),
    ]
    assert doorstep.stored() == [(kit.kit_id, first.reading_id)]
    kept = doorstep.rows("SELECT reading_id, payload FROM ingest.quarantine WHERE reason = 'conflict'")
    assert {json.loads(payload)["values"]["pulse"] for _, payload in kept} == {70, 71, 73, 74}
    assert {reading for reading, _ in kept} == {first.reading_id}


def test_two_versions_in_one_batch_store_the_first_and_keep_the_other(doorstep):
    kit = n.Kit()
    one = kit.reading(taken_at=NOW)
    other = one.model_copy(update={"values": n.GRAVE})
    outcomes = [each.outcome for each in doorstep.deliver(kit.arrival(one, NOW), kit.arrival(other, NOW))]
    assert outcomes == [Outcome.STORED, Outcome.QUARANTINED]
    assert doorstep.rows("SELECT pulse FROM ingest.reading") == [(72,)]
    assert doorstep.rows("SELECT count(*) FROM alerts.escalation") == [(0,)]


def test_residents_are_not_locked_before_the_quota_of_what_must_go_to_quarantine(doorstep):
    kit = n.Kit()
    one = kit.reading(taken_at=NOW)
    batch = [kit.arrival(one, NOW), kit.arrival(one.model_copy(update={"values": n.GRAVE}), NOW)]
    with doorstep.conn.transaction():
        sound = Sorted(batch, standing(doorstep.conn, batch), Evaluator()).sound
        assert claim(doorstep.conn, sound, locking=True).locked is None
        assert doorstep.rows("SELECT resident_id FROM ingest.current_vitals FOR UPDATE NOWAIT") == []


def test_the_same_words_in_another_envelope_are_the_same_reading(doorstep):
    kit = n.Kit()
    reading = kit.reading(values=n.NORMAL | {"temperature": 37}, taken_at=NOW)
    told = json.loads(encode_one(reading))
    retold = told | {
        "seq": 900,
        "outbox_epoch": str(new_reading_id()),
        "taken_at": "2026-03-04T10:00:00+01:00",
        "values": {"temperature": 37.0, **{k: v for k, v in told["values"].items() if k != "temperature"}},
    }
    doorstep.deliver(kit.arrival(reading, NOW))
    [again] = doorstep.deliver(*of_message(kit, json.dumps(retold, indent=2).encode()))
    assert again.outcome is Outcome.DUPLICATE


def test_the_same_id_from_two_kits_is_two_readings(doorstep):
    kit, other = n.Kit(), n.Kit(n.SECOND_KIT, 2)
    reading = kit.reading(taken_at=NOW)
    doorstep.deliver(kit.arrival(reading, NOW), other.arrival(reading, NOW))
    assert sorted(doorstep.stored()) == [(n.KIT, reading.reading_id), (n.SECOND_KIT, reading.reading_id)]


def test_one_bad_item_of_an_array_costs_the_others_nothing(doorstep):
    kit = n.Kit()
    good, also_good = kit.reading(taken_at=NOW), kit.reading(n.BRAM, taken_at=NOW)
    nameless = {"version": 1, "values": {"pulse": 60}}
    timeless = json.loads(encode_one(kit.reading(taken_at=NOW))) | {"taken_at": "teatime"}
    array = [json.loads(encode_one(good)), nameless, 17, timeless, json.loads(encode_one(also_good))]
    settled = doorstep.deliver(*of_message(kit, json.dumps(array).encode()))
    assert [(one.outcome, one.reason) for one in settled] == [
        (Outcome.STORED, None),
        (Outcome.QUARANTINED, "missing_ids"),
        (Outcome.QUARANTINED, "not_a_reading"),
        (Outcome.QUARANTINED, "unreadable_time"),
        (Outcome.STORED, None),
    ]
    receipts = [Receipt.model_validate(receipt_of(one)) for one in settled]
    assert [receipt.reading_id for receipt in receipts] == [
        good.reading_id,
        None,
        None,
        settled[3].arrival.item.reading_id,
        also_good.reading_id,
    ]
    kept = dict(doorstep.rows("SELECT payload_sha256, payload FROM ingest.quarantine"))
    assert all(sha256(payload).digest() == digest for digest, payload in kept.items())
    assert {bytes.fromhex(one.payload_sha256) for one in receipts if one.payload_sha256} <= kept.keys()


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe garbage", b"{", b"[]", b'"words"', b"nul\x00"])
def test_what_cannot_be_read_is_kept_whole_and_receipted_by_its_sha256(doorstep, payload):
    kit = n.Kit()
    for _ in range(3):
        [settled] = doorstep.deliver(*of_message(kit, payload))
        receipt = Receipt.model_validate(receipt_of(settled))
        assert (receipt.outcome, receipt.payload_sha256) == (
            Outcome.QUARANTINED,
            sha256(payload).hexdigest(),
        )
    assert doorstep.rows("SELECT payload, deliveries FROM ingest.quarantine") == [(payload, 3)]


def test_four_workers_that_get_everything_at_once_store_each_reading_once(doorstep, neighbourhood):
    """Every worker brings the same readings in an order of its own; one in ten has another version besides."""
    for _ in range(ROUNDS):
        kit = n.Kit()
        readings = [kit.reading(taken_at=NOW - n.minutes(minute)) for minute in range(20)]
        changed = [one.model_copy(update={"values": n.GRAVE}) for one in readings[::10]]
        together = threading.Barrier(4)

        def bring(worker: int, kit: n.Kit = kit, readings=(*readings, *changed), together=together) -> list:
            turned = [*readings[worker * 5 :], *readings[: worker * 5]]
            with at_the_door(neighbourhood) as own:
                together.wait(PATIENCE_SECONDS)
                return own.deliver(*(kit.arrival(one, NOW) for one in turned))

        with ThreadPoolExecutor(4) as pool:
            settled = [one for part in pool.map(bring, range(4)) for one in part]
        for reading in readings:
            outcomes = [
                one.outcome
                for one in settled
                if one.arrival.item.reading_id == reading.reading_id and one.reason is None
            ]
            assert outcomes.count(Outcome.STORED) == 1
            assert outcomes.count(Outcome.DUPLICATE) == 3
        assert [one.reason for one in settled].count("conflict") == 4 * len(changed)
        ids = [one.reading_id for one in readings]
        assert doorstep.rows(
            "SELECT count(*), count(DISTINCT reading_id) FROM ingest.reading WHERE reading_id = ANY (%s)", ids
        ) == [(20, 20)]
    numbers_without_gaps(doorstep)


def numbers_without_gaps(doorstep: Doorstep) -> None:
    for numbers in doorstep.arrival_numbers().values():
        assert numbers == list(range(1, len(numbers) + 1))
