"""The plan: the same for the same seed, at the rate asked for, with the ill seen often enough to be noticed."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from uuid import UUID

import pytest

from devices.kits import KitSheet
from devices.reading import DeviceKind, ReadingPayload, decode, encode_one, measured
from devices.vital_signs import FACTS, QUANTITIES, VitalSign
from simulators.illnesses import NobodyToFallIllError
from simulators.physiology import Signs
from simulators.plan import Plan
from simulators.programme import Draft, Programme
from simulators.scenarios import ScenarioName

from .early_warning import totals
from .sheets import TEN_O_CLOCK, sheet

SEED = 20261122
IN_ANOTHER_PROCESS = "from tests.unit.simulators.test_plan import digest, drafts; print(digest(drafts()))"
SCORED = set(VitalSign) - {VitalSign.DIASTOLIC}


def programme(**changes) -> Programme:
    asked = {"rate": 20.0, "seconds": 30.0, "seed": SEED, "started_at": TEN_O_CLOCK}
    return Programme(**(asked | {"scenarios": (ScenarioName.SEPSIS,), "history_hours": 24.0} | changes))


def drafts(kits: KitSheet | None = None, **changes) -> list[Draft]:
    plan = Plan((kits or sheet()).kits, programme(**changes))
    return [*plan.history(), *plan.live()]


def digest(made: Iterable[Draft]) -> str:
    return hashlib.sha256("\n".join(map(repr, made)).encode()).hexdigest()


def as_reading(draft: Draft) -> ReadingPayload:
    """As it would travel, and be read at the other end."""
    sent = ReadingPayload(
        reading_id=UUID(int=1),
        outbox_epoch=UUID(int=2),
        seq=1,
        taken_at=TEN_O_CLOCK,
        resident=draft.said.resident,
        taken_by=draft.said.taken_by,
        **draft.said.content,
    )
    (read,) = decode(encode_one(sent))
    assert isinstance(read, ReadingPayload)
    return read


def test_the_same_seed_plans_the_same_bytes_in_any_process():
    here = digest(drafts())
    assert digest(drafts()) == here
    for hash_seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", IN_ANOTHER_PROCESS],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert there.stdout.strip() == here


def test_another_seed_plans_something_else():
    assert digest(drafts(seed=SEED + 1)) != digest(drafts())


def test_readings_come_evenly_at_the_rate_and_history_comes_before():
    made = drafts(rate=50.0, seconds=10.0)
    live = [draft.offset for draft in made if draft.offset >= 0]
    assert live == [number / 50 for number in range(500)]
    past = [draft for draft in made if draft.offset < 0]
    assert min(draft.offset for draft in past) >= -24 * 3600
    by_resident = defaultdict(list)
    for draft in past:
        by_resident[draft.said.resident].append(draft.offset)
    assert len(by_resident) == sum(len(kit.residents) for kit in sheet().kits)
    assert all(offsets == sorted(offsets) for offsets in by_resident.values())


def test_what_is_planned_can_be_read_and_is_plausible_and_nothing_in_it_is_set_aside():
    made = drafts()
    for draft in made:
        reading = as_reading(draft)
        assert not reading.not_understood
        assert reading.values.keys() <= set(VitalSign)
        said = measured(reading)
        assert (said.flags, said.unknown) == ((), {})
        for sign in set(said.values) & set(QUANTITIES):
            assert FACTS[VitalSign(sign)].possible.holds(said.values[sign])
    kinds = Counter(as_reading(draft).device.kind for draft in made if draft.offset >= 0)
    assert set(kinds) == set(DeviceKind), "all four instruments, and people"


def test_every_other_kits_cuff_leaves_decoding_to_the_platform():
    forms = defaultdict(set)
    for draft in drafts():
        if draft.said.content["device"].kind is DeviceKind.BLOOD_PRESSURE_MONITOR:
            forms[draft.kit] |= {"gatt", "values"} & draft.said.content.keys()
    assert {kit: forms[kit] for kit in range(3)} == {0: {"gatt"}, 1: {"values"}, 2: {"gatt"}}


def test_everybody_is_visited_and_by_a_worker_of_the_home_on_its_own_kit():
    kits = sheet().kits
    made = [draft for draft in drafts(seconds=60.0) if draft.offset >= 0]
    assert {draft.said.resident for draft in made} == {
        one.resident_id for kit in kits for one in kit.residents
    }
    for draft in made:
        kit = kits[draft.kit]
        assert draft.said.resident in {one.resident_id for one in kit.residents}
        assert draft.said.taken_by in kit.workers


@pytest.mark.parametrize("name", ScenarioName)
@pytest.mark.parametrize("rate", [4.0, 20.0, 200.0])
def test_whoever_falls_ill_is_seen_with_a_grave_full_set_within_forty_seconds(name, rate):
    plan = Plan(sheet().kits, programme(rate=rate, seconds=40.0, scenarios=(name,)))
    (illness,) = plan.illnesses
    assert illness.crisis < 40
    latest: dict[str, object] = {}
    scores: list[int] = []
    for draft in plan.live():
        if draft.said.resident == illness.resident.resident_id:
            latest |= measured(as_reading(draft)).values
            if set(latest) >= SCORED:
                taken = Signs(**{str(sign): value for sign, value in latest.items()})
                scores.append(int(totals([taken], illness.resident.spo2_scale)[0]))
    print(f"seed {SEED}, {name} at {rate}/s: {scores}")
    assert max(scores) >= 7
    assert len(scores) >= 10


def test_one_in_some_who_bleed_after_a_fall_is_said_to_bleed_heavily_about_the_crisis_and_nobody_else_is():
    bleeding: list[int] = []
    for seed in range(24):
        plan = Plan(sheet().kits, programme(seed=seed, scenarios=tuple(ScenarioName), history_hours=0.0))
        said = [draft for draft in plan.live() if as_reading(draft).emergency_signs]
        [illness] = [one for one in plan.illnesses if one.scenario.name is ScenarioName.BLEED_AFTER_FALL]
        assert {one.emergency_sign for one in plan.illnesses if one is not illness} == {None}
        assert {draft.said.resident for draft in said} == (
            {illness.resident.resident_id} if illness.emergency_sign else set()
        ), seed
        for draft in said:
            assert as_reading(draft).emergency_signs == {"heavy_bleeding": "present"}
            assert illness.onset < draft.offset < illness.over
        bleeding += [seed] if said else []
    assert 0 < len(bleeding) < 12, "rarely, and not never"


def test_sepsis_is_bad_enough_to_escalate_within_twenty_seconds_of_a_demonstration():
    for seed in range(10):
        plan = Plan(sheet().kits, programme(seed=seed, seconds=20.0))
        (illness,) = plan.illnesses
        latest: dict[str, object] = {}
        for draft in plan.live():
            if draft.said.resident == illness.resident.resident_id:
                latest |= measured(as_reading(draft)).values
        taken = Signs(**{str(sign): value for sign, value in latest.items()})
        assert totals([taken], 1)[0] >= 7, seed


def test_scenarios_happen_to_residents_of_their_own_on_the_right_oxygen_scale():
    names = (ScenarioName.COPD_EXACERBATION, ScenarioName.SEPSIS, ScenarioName.SEPSIS, ScenarioName.RECOVERY)
    plan = Plan(sheet().kits, programme(scenarios=names))
    assert [illness.resident.spo2_scale for illness in plan.illnesses] == [2, 1, 1, 1]
    assert len({illness.resident.resident_id for illness in plan.illnesses}) == 4


def test_the_ill_recover_and_then_somebody_else_falls_ill():
    plan = Plan(sheet().kits, programme(rate=2.0, seconds=3600.0, history_hours=0.0))
    visited = defaultdict(list)
    for draft in plan.live():
        visited[draft.said.resident].append(draft.offset)
    print(f"seed {SEED}: {[(round(illness.onset), round(illness.over)) for illness in plan.illnesses]}")
    assert len(plan.illnesses) > 3
    assert len({illness.resident.resident_id for illness in plan.illnesses}) > 1
    for earlier, later in pairwise(plan.illnesses):
        assert earlier.onset < earlier.crisis < earlier.over < later.onset
    first = plan.illnesses[0]
    after = [offset for offset in visited[first.resident.resident_id] if offset > first.over + 30]
    during = [offset for offset in visited[first.resident.resident_id] if offset < first.over]
    assert after, "back on the ordinary rounds"
    assert len(during) / first.over > 2 * len(after) / (3600 - first.over)


def test_with_everybody_ill_the_plan_goes_on_with_them_alone():
    plan = Plan(sheet(1, 1).kits, programme(rate=20.0, seconds=200.0, history_hours=0.0))
    offsets = [draft.offset for draft in plan.live()]
    (illness,) = plan.illnesses
    assert min(offsets) < illness.onset
    assert max(offsets) > illness.over, "well again, and visited as anybody"


def test_a_scenario_that_nobody_can_have_is_refused_in_a_sentence():
    with pytest.raises(NobodyToFallIllError, match="No resident on SpO2 scale 2 is left on the kit sheet"):
        Plan(sheet(1, 2).kits, programme(scenarios=(ScenarioName.COPD_EXACERBATION,) * 2))
    with pytest.raises(NobodyToFallIllError, match="no residents"):
        Plan([], programme())


def test_a_kit_that_was_off_the_network_holds_the_readings_of_those_hours():
    plan = Plan(sheet().kits, programme(history_hours=0.0), backlog_hours={1: 14.0})
    held = list(plan.history())
    assert held
    assert {draft.kit for draft in held} == {1}


@pytest.mark.parametrize("hour", range(24))
def test_an_offline_kits_hours_hold_a_round_whatever_the_time_of_day(hour):
    started = TEN_O_CLOCK.replace(hour=hour)
    for place in range(3):
        plan = Plan(
            sheet().kits, programme(history_hours=0.0, started_at=started), backlog_hours={place: 14.0}
        )
        assert next(plan.history()).offset < -60


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"seconds": -1.0}, {"speed": 0.0}, {"history_hours": -1.0}])
def test_a_programme_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="above 0"):
        programme(**wrong)
