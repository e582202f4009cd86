"""Simulated bodies look like bodies: plausible, each around its own baseline, signs moving together."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.vital_signs import FACTS, QUANTITIES
from simulators.physiology import WELL, Drift, Signs, Strain, baseline, measured, signs, wander
from simulators.scenarios import SCENARIOS, ScenarioName

from .early_warning import totals

SEEDS = st.integers(0, 2**32)
LONG_AGO = 1e6


def a_day_of(seed: int, spo2_scale: int, strain: Strain = WELL) -> list[Signs]:
    """Twelve full sets of one resident, two hours apart."""
    rng = Random(seed)
    usual = baseline(rng, spo2_scale)
    drift = wander(Drift(), LONG_AGO, rng)
    taken = []
    for hour in range(0, 24, 2):
        drift = wander(drift, 2, rng)
        taken.append(measured(signs(usual, drift, strain, hour), rng))
    return taken


@settings(deadline=None)
@given(SEEDS, st.sampled_from([1, 2]), st.sampled_from(ScenarioName), st.floats(0, 40))
def test_every_sign_of_the_well_and_of_the_ill_is_one_a_person_can_have(seed, spo2_scale, name, hours):
    for one in a_day_of(seed, spo2_scale, SCENARIOS[name].at(hours)):
        for sign in QUANTITIES:
            assert FACTS[sign].possible.holds(getattr(one, sign)), sign
        assert one.systolic > one.diastolic


def test_healthy_residents_score_low_nearly_always():
    for spo2_scale, usual_most in ((1, 2), (2, 3)):
        scores = totals([one for seed in range(300) for one in a_day_of(seed, spo2_scale)], spo2_scale)
        print(f"seeds 0..299, scale {spo2_scale}: mean {scores.mean():.2f}, most {scores.max()}")
        assert (scores <= usual_most).mean() > 0.97
        assert (scores >= 5).mean() < 0.002, "healthy residents must not fill a hub's queue"


def test_residents_differ_more_from_each_other_than_from_themselves():
    days = [[one.systolic for one in a_day_of(seed, 1)] for seed in range(200)]
    means = [sum(day) / len(day) for day in days]
    within = [max(day) - min(day) for day in days]
    assert max(means) - min(means) > 2 * sum(within) / len(within)


@settings(deadline=None)
@given(SEEDS, st.floats(1.0, 3.0))
def test_fever_quickens_the_pulse_and_with_it_the_breathing(seed, degrees):
    usual = baseline(Random(seed), 1)
    well = signs(usual, Drift(), WELL, 12)
    feverish = signs(usual, Drift(), Strain(temperature=degrees), 12)
    assert feverish.pulse > well.pulse + 7 * degrees
    assert feverish.respiration_rate > well.respiration_rate


def test_a_wandering_sign_remembers_the_last_minutes_and_forgets_the_last_day():
    rng = Random(7)
    far = Drift(pulse=12.0)
    soon = [wander(far, 0.05, rng).pulse for _ in range(300)]
    later = [wander(far, 24, rng).pulse for _ in range(300)]
    assert sum(soon) / 300 > 11
    assert abs(sum(later) / 300) < 1


def test_body_temperature_is_higher_in_the_afternoon_than_before_dawn():
    usual = baseline(Random(1), 1)
    assert signs(usual, Drift(), WELL, 17).temperature > signs(usual, Drift(), WELL, 5).temperature + 0.2


def test_those_on_scale_2_live_at_88_to_92_percent_and_some_on_oxygen():
    taken = [a_day_of(seed, 2)[0] for seed in range(200)]
    assert all(86 <= one.spo2 <= 94 for one in taken)
    assert 60 < sum(one.on_oxygen for one in taken) < 140
