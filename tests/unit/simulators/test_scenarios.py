"""Each scenario becomes as grave as it says, in its time, in anybody."""

from random import Random

import pytest

from devices.vital_signs import Consciousness
from simulators.physiology import Drift, Signs, baseline, measured, signs, wander
from simulators.scenarios import SCENARIOS, Scenario, ScenarioName, Truth

from .early_warning import totals

SEEDS = range(400)


def everybody_at(scenario: Scenario, hours: float) -> list[Signs]:
    """One full set of each of many residents, so long after onset."""
    taken = []
    for seed in SEEDS:
        rng = Random(seed)
        usual = baseline(rng, scenario.spo2_scale)
        drift = wander(Drift(), 1e6, rng)
        taken.append(measured(signs(usual, drift, scenario.at(hours), rng.uniform(0, 24)), rng))
    return taken


@pytest.mark.parametrize("name", ScenarioName)
def test_at_its_crisis_every_scenario_scores_7_or_more_in_everybody(name):
    scenario = SCENARIOS[name]
    scores = totals(everybody_at(scenario, scenario.hours_to_crisis), scenario.spo2_scale)
    print(f"seeds {SEEDS}: least {scores.min()}, most {scores.max()}")
    assert scores.min() >= 7


@pytest.mark.parametrize("name", [one for one in ScenarioName if one is not ScenarioName.RECOVERY])
def test_a_deterioration_begins_from_health_and_never_turns_back(name):
    scenario = SCENARIOS[name]
    assert scenario.truth is Truth.DETERIORATING
    before = totals(everybody_at(scenario, 0), scenario.spo2_scale)
    assert before.max() < 7
    medians = []
    for part in range(11):
        scores = totals(everybody_at(scenario, scenario.hours * part / 10), scenario.spo2_scale)
        medians.append(sorted(scores.tolist())[len(scores) // 2])
    assert medians == sorted(medians)
    assert scenario.at(scenario.hours * 5) == scenario.at(scenario.hours), "it stays at the crisis"


def test_somebody_recovering_is_ill_at_first_and_well_in_the_end():
    scenario = SCENARIOS[ScenarioName.RECOVERY]
    assert scenario.hours_to_crisis == 0
    well = totals(everybody_at(scenario, scenario.hours), 1)
    assert (well < 3).mean() > 0.97


def test_the_copd_exacerbation_is_on_oxygen_and_on_scale_2():
    scenario = SCENARIOS[ScenarioName.COPD_EXACERBATION]
    assert scenario.spo2_scale == 2
    assert all(one.on_oxygen for one in everybody_at(scenario, scenario.hours / 2))
    assert {one.consciousness for one in everybody_at(scenario, scenario.hours)} == {Consciousness.VOICE}


@pytest.mark.parametrize("name", ScenarioName)
def test_soft_signs_are_noticed_while_the_resident_is_ill(name):
    scenario = SCENARIOS[name]
    assert scenario.soft_signs_at(scenario.hours_to_crisis)
    assert not scenario.soft_signs_at(scenario.hours - scenario.hours_to_crisis)
