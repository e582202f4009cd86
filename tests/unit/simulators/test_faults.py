"""Faults come from the seed and do what their names say."""

from collections import Counter
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from devices.identifiers import KitId, new_reading_id
from devices.reading import Unreadable, decode
from simulators.faults import Fault, Faults, Poison

KITS = [KitId(UUID(int=number)) for number in range(12)]
SEED = 3
SENT = [str(number).encode() for number in range(2000)]


def carried(*kinds: Fault) -> list[bytes]:
    wire = Faults.of(kinds, SEED).wire(KITS[0])
    return [arrived for payload in SENT for arrived in wire(payload)]


def test_without_faults_a_wire_carries_everything_as_it_is():
    assert carried() == SENT


def test_a_dropping_wire_loses_some_and_never_makes_anything_up():
    arrived = carried(Fault.DROP)
    assert 0.8 * len(SENT) < len(arrived) < len(SENT)
    assert Counter(arrived) <= Counter(SENT)


def test_a_doubling_wire_loses_nothing():
    arrived = Counter(carried(Fault.DUPLICATE))
    assert set(arrived) == set(SENT)
    assert set(arrived.values()) == {1, 2}


def test_a_reordering_wire_loses_nothing_but_perhaps_the_last():
    arrived = carried(Fault.REORDER)
    assert arrived != SENT
    assert set(SENT[:-1]) <= set(arrived)
    assert len(arrived) == len(set(arrived))


def test_the_same_seed_gives_the_same_luck_and_each_kit_its_own():
    kinds = tuple(Fault)
    assert carried(*kinds) == carried(*kinds)
    luck = Faults.of(kinds, SEED)
    one, other = luck.wire(KITS[0]), luck.wire(KITS[1])
    assert [one(payload) for payload in SENT] != [other(payload) for payload in SENT]
    assert luck.offline(KITS, (), 30) == Faults.of(kinds, SEED).offline(KITS, (), 30)


def test_clocks_are_ahead_and_behind_only_where_that_is_the_fault():
    skews = {Faults.of([Fault.CLOCK_SKEW], SEED).clock_skew(kit) for kit in KITS}
    assert min(skews) < timedelta() < max(skews)
    assert {Faults.of([], SEED).clock_skew(kit) for kit in KITS} == {timedelta()}


def test_kits_with_somebody_ill_stay_on_the_network_while_there_are_others():
    luck = Faults.of([Fault.OFFLINE], SEED)
    assert 0 not in luck.offline(KITS, {0}, 30.0)
    assert luck.offline(KITS[:1], {0}, 30.0).keys() == {0}
    assert all(0 < until < 30 for until in luck.offline(KITS, {0}, 30.0).values())
    assert Faults.of([], SEED).offline(KITS, {0}, 30.0) == {}


def test_poison_cannot_be_read_and_no_two_doses_are_alike():
    poison = Poison(Random(SEED))
    doses = [poison.payload(new_reading_id()) for _ in range(200)]
    assert len(set(doses)) == len(doses)
    for dose in doses:
        assert all(isinstance(item, Unreadable) for item in decode(dose))
    assert Faults.of([], SEED).poison() is None


def test_a_fault_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="gremlins"):
        Faults.of(["gremlins"], SEED)
