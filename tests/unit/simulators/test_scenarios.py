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
def test_a_deterioration_begins_from_health_and_only_worsens_until_its_crisis(name):
    scenario = SCENARIOS[name]
    assert scenario.truth is Truth.DETERIORATING
    before = totals(everybody_at(scenario, 0), scenario.spo2_scale)
    assert before.max() < 7
    medians = []
    for part in range(11):
        scores = totals(everybody_at(scenario, scenario.hours_to_crisis * part / 10), scenario.spo2_scale)
        medians.append(sorted(scores.tolist())[len(scores) // 2])
    assert medians == sorted(medians)
    assert scenario.at(scenario.hours_of_relief) == scenario.at(scenario.hours_to_crisis), "the crisis lasts"


@pytest.mark.parametrize("name", ScenarioName)
def test_every_illness_ends_in_health(name):
    scenario = SCENARIOS[name]
    well = totals(everybody_at(scenario, scenario.hours_to_health), scenario.spo2_scale)
    assert (well < 5).mean() > 0.99
    assert scenario.progress(scenario.hours_to_health) == 0
    halfway = (scenario.hours_of_relief + scenario.hours_to_health) / 2
    assert 0 < scenario.progress(halfway) < 1


def test_somebody_recovering_is_at_their_worst_when_it_begins():
    assert SCENARIOS[ScenarioName.RECOVERY].hours_to_crisis == 0


def test_the_copd_exacerbation_is_on_oxygen_and_on_scale_2():
    scenario = SCENARIOS[ScenarioName.COPD_EXACERBATION]
    assert scenario.spo2_scale == 2
    assert all(one.on_oxygen for one in everybody_at(scenario, scenario.hours_to_crisis / 2))
    crisis = everybody_at(scenario, scenario.hours_to_crisis)
    assert {one.consciousness for one in crisis} == {Consciousness.VOICE}


@pytest.mark.parametrize("name", ScenarioName)
def test_soft_signs_and_worry_come_with_the_illness_and_go_with_it(name):
    scenario = SCENARIOS[name]
    assert scenario.soft_signs_at(scenario.hours_to_crisis)
    assert scenario.worries(scenario.hours_to_crisis)
    assert not scenario.soft_signs_at(scenario.hours_to_health)
    assert not scenario.worries(scenario.hours_to_health)
