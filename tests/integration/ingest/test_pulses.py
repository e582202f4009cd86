"""A cuff and an oximeter that count different pulses: flagged, scored as the newest, measured again."""

from itertools import permutations

import pytest

from devices.reading import Device, DeviceKind, ReadingPayload
from tests.fixtures import neighbourhood as n
from tests.fixtures.doorstep import NOW, Doorstep

CUFF, OXIMETER = Device(kind=DeviceKind.BLOOD_PRESSURE_MONITOR), Device(kind=DeviceKind.PULSE_OXIMETER)
BY_HAND = Device(kind=DeviceKind.PERSON)


def pulse(kit: n.Kit, value: float, device: Device, minutes_ago: int = 0) -> ReadingPayload:
    return kit.reading(values={"pulse": value}, device=device, taken_at=NOW - n.minutes(minutes_ago))


def flagged(doorstep: Doorstep) -> set[n.UUID]:
    return {
        reading for (reading,) in doorstep.rows("SELECT reading_id FROM ingest.reading WHERE flags <> '{}'")
    }


@pytest.mark.parametrize("together", [True, False])
def test_far_apart_the_newest_is_flagged_scored_and_asked_for_again(doorstep, together):
    kit = n.Kit()
    first, second = pulse(kit, 60, CUFF, 5), pulse(kit, 81, OXIMETER)
    arrivals = [kit.arrival(one, NOW) for one in (first, second)]
    if together:
        _, settled = doorstep.deliver(*arrivals)
    else:
        doorstep.deliver(arrivals[0])
        [settled] = doorstep.deliver(arrivals[1])
    assert doorstep.rows("SELECT flags FROM ingest.reading WHERE reading_id = %s", second.reading_id) == [
        (["pulses_differ"],)
    ]
    assert flagged(doorstep) == {second.reading_id}
    assert (settled.verdict.low, settled.verdict.next) == (0, "measure:pulse")
    [again] = doorstep.deliver(arrivals[1])
    assert again.verdict.next == "measure:pulse"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((72, CUFF, 5), (92, OXIMETER, 0)),
        ((72, CUFF, 31), (120, OXIMETER, 0)),
        ((72, CUFF, 5), (120, CUFF, 0)),
        ((72, BY_HAND, 5), (120, OXIMETER, 0)),
    ],
    ids=["20 apart", "31 minutes apart", "the same instrument", "counted by hand"],
)
def test_close_enough_is_not_remarked_on(doorstep, first, second):
    kit = n.Kit()
    doorstep.deliver(*(kit.arrival(pulse(kit, *one), NOW) for one in (first, second)))
    assert flagged(doorstep) == set()


def test_another_residents_pulse_is_no_business_of_theirs(doorstep):
    kit = n.Kit()
    theirs = kit.reading(n.BRAM, {"pulse": 72}, device=CUFF, taken_at=NOW)
    doorstep.deliver(kit.arrival(theirs, NOW), kit.arrival(pulse(kit, 120, OXIMETER), NOW))
    assert flagged(doorstep) == set()


def test_flags_do_not_depend_on_batches(doorstep):
    kit = n.Kit()
    for order in permutations([(72, CUFF, 9), (99, OXIMETER, 6), (70, CUFF, 3)]):
        doorstep.owner.execute("TRUNCATE ingest.seen, ingest.reading, ingest.current_vitals")
        made = [pulse(kit, *one) for one in order]
        doorstep.deliver(*(kit.arrival(one, NOW) for one in made))
        together = [one.reading_id in flagged(doorstep) for one in made]
        doorstep.owner.execute("TRUNCATE ingest.seen, ingest.reading, ingest.current_vitals")
        for one in made:
            doorstep.deliver(kit.arrival(one, NOW))
        assert [one.reading_id in flagged(doorstep) for one in made] == together


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("cleared_ago", [5, 0], ids=["between the two", "after both"])
def test_a_pulse_that_was_looked_for_in_vain_since_is_held_against_none(doorstep, together, cleared_ago):
    kit = n.Kit()
    in_vain = kit.reading(
        values={}, not_obtained={"pulse": "refused"}, device=CUFF, taken_at=NOW - n.minutes(cleared_ago)
    )
    made = [pulse(kit, 60, CUFF, 9), in_vain, pulse(kit, 99, OXIMETER, 2)]
    arrivals = [kit.arrival(one, NOW) for one in made]
    for part in [arrivals] if together else [[one] for one in arrivals]:
        doorstep.deliver(*part)
    assert flagged(doorstep) == set()
