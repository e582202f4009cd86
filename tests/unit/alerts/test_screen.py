"""Whatever the rules may have to say of a moment gets through the screen; of the rest they have nothing to say."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import rules
from alerts.news2 import CONSCIOUSNESS_CODES, RED_SCORES, SIGNS, Scores, score
from alerts.rules import Part, ScoredSet
from alerts.screen import may_speak
from devices.receipt import NOTHING
from devices.vital_signs import VitalSign
from tests.unit.alerts.judged_sets import NOW, policy

UNKNOWN = None
KEPT = {
    "respiration_rate": [UNKNOWN, 8, 10, 16, 22, 26],
    "spo2": [UNKNOWN, 83, 85, 87, 90, 93, 95, 97],
    "on_oxygen": [UNKNOWN, False, True],
    "systolic": [UNKNOWN, 88, 95, 105, 128, 225],
    "pulse": [UNKNOWN, 38, 45, 72, 100, 120, 140],
    "consciousness": [UNKNOWN, *CONSCIOUSNESS_CODES],
    "temperature": [UNKNOWN, 34.8, 35.5, 36.8, 38.5, 39.4],
}
sets_of_signs = st.fixed_dictionaries({sign: st.sampled_from(values) for sign, values in KEPT.items()})
# Mostly well, so that many are left out: a value of 0 points is drawn as often as all others together.
WELL = {
    "respiration_rate": 16,
    "spo2": 97,
    "on_oxygen": False,
    "systolic": 128,
    "pulse": 72,
    "consciousness": "A",
    "temperature": 36.8,
}
mostly_well = st.fixed_dictionaries(
    {sign: st.sampled_from([WELL[sign], WELL[sign], UNKNOWN, values[-1]]) for sign, values in KEPT.items()}
)
words = st.fixed_dictionaries(
    {},
    optional={
        "unrecordable": st.frozensets(st.sampled_from([VitalSign.SPO2, VitalSign.PULSE]), min_size=1),
        "soft_signs": st.just(("breathing",)),
        "emergency_signs": st.just(("chest_pain",)),
        "worry": st.just("family"),
        "confirm": st.just((VitalSign.PULSE,)),
        "repeat": st.just((VitalSign.PULSE,)),
    },
)


def kernel(signs: dict, scale: int) -> Scores:
    numbers = {
        sign: np.array([np.nan if signs[sign] is UNKNOWN else float(signs[sign])])
        for sign in SIGNS
        if sign != "consciousness"
    }
    letter = signs["consciousness"]
    code = -1 if letter is UNKNOWN else CONSCIOUSNESS_CODES[letter]
    return score(**numbers, consciousness=np.array([code], np.int8), spo2_scale=np.array([scale]))


def as_rules_see_it(signs: dict, scale: int, scores: Scores, **said) -> ScoredSet:
    return ScoredSet(
        resident_id=None,
        effective_at=NOW,
        low=int(scores.low[0]),
        high=int(scores.high[0]),
        red=RED_SCORES[scores.red[0]],
        complete=bool(scores.complete[0]),
        deciding=tuple(VitalSign(sign) for sign, it in zip(SIGNS, scores.deciding[0], strict=True) if it),
        parts={
            VitalSign(sign): Part(int(low), int(high), signs[sign])
            for sign, low, high in zip(SIGNS, scores.part_low[0], scores.part_high[0], strict=True)
        },
        spo2_scale=scale,
        **said,
    )


@settings(max_examples=600, deadline=None)
@given(
    signs=sets_of_signs | mostly_well,
    scale=st.sampled_from([1, 2]),
    said=words,
    scheduled=st.booleans(),
    medium_from=st.integers(1, 7),
)
def test_whatever_the_rules_may_say_gets_through(signs, scale, said, scheduled, medium_from):
    scores = kernel(signs, scale)
    looked_at = may_speak(
        scores,
        said=np.array([bool(said)]),
        scheduled=np.array([scheduled]),
        medium_from=medium_from,
    )
    if not looked_at[0]:
        seen = as_rules_see_it(signs, scale, scores, scheduled=scheduled, **said)
        under = policy(medium_from=medium_from)
        assert rules.findings(seen, under) == []
        assert not rules.asks(seen, under)
        assert rules.next_step(seen, under) == NOTHING


def test_a_whole_round_of_well_residents_is_left_out():
    scores = kernel(WELL, 1)
    nothing = np.array([False])
    assert not may_speak(scores, said=nothing, scheduled=np.array([True]), medium_from=5).any()


def test_a_lone_normal_value_is_left_out_and_opens_no_clock():
    scores = kernel(dict.fromkeys(SIGNS, UNKNOWN) | {"temperature": 36.8}, 1)
    nothing = np.array([False])
    assert scores.high[0] == 17
    assert not may_speak(scores, said=nothing, scheduled=nothing, medium_from=5).any()


def test_an_incomplete_set_that_was_scheduled_gets_through():
    scores = kernel(WELL | {"respiration_rate": UNKNOWN, "systolic": UNKNOWN}, 1)
    nothing = np.array([False])
    assert may_speak(scores, said=nothing, scheduled=np.array([True]), medium_from=5).all()
