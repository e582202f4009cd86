"""The rules beside the score: what each needs before it speaks, and in which words."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.beside.rise import Earlier, rise
from alerts.beside.soft_signs import soft_signs
from alerts.beside.trend import Measured, change, trends
from alerts.policy import Severity
from alerts.replay.found import RULES
from alerts.replay.on_record import TAKEN_OVER
from alerts.rules import RULES_VERSION, Part, ScoredSet
from devices.vital_signs import VitalSign
from tests.unit.alerts.judged_sets import NOW, policy, scored

S = VitalSign
RISE = policy(rise={"points": 2, "within_hours": 24, "severity": "concern"})
TREND = policy(
    trend={"readings": 5, "within_hours": 72, "severity": "concern", "change": {"spo2": -3, "pulse": 20}}
)


def earlier(hours: float, high: int) -> Earlier:
    return Earlier(NOW - timedelta(hours=hours), high)


def measured(*values: float, every_hours: float = 6) -> list[Measured]:
    """Oldest first; the last at the moment that is judged."""
    last = len(values) - 1
    return [
        Measured(NOW - timedelta(hours=every_hours * (last - place)), Decimal(str(value)))
        for place, value in enumerate(values)
    ]


def spo2_now(value: int, points: int = 2) -> ScoredSet:
    return replace(scored(points), parts={S.SPO2: Part(points, points, Decimal(value), NOW)})


def test_a_rise_is_the_least_now_over_the_most_then():
    [found] = rise(scored(3), [earlier(12, 1)], RISE)
    assert found.severity is Severity.CONCERN
    assert found.sentence == "NEWS2 has risen by 2 or more: 1 on 03 March at 21:00, 3 now."
    assert rise(scored(2), [earlier(12, 1)], RISE) == []


def test_what_was_unknown_then_or_is_unknown_now_makes_no_rise():
    assert rise(scored(3), [earlier(12, 17)], RISE) == []
    assert rise(scored(1, 18), [earlier(12, 0)], RISE) == []


def test_the_lowest_score_within_the_hours_is_compared_and_no_other():
    assert rise(scored(3), [earlier(25, 0), earlier(2, 2)], RISE) == []
    [found] = rise(scored(4), [earlier(20, 0), earlier(2, 3)], RISE)
    assert found.sentence.startswith("NEWS2 has risen by 4 or more: 0 on 03 March at 13:00")
    assert len(rise(scored(2), [earlier(24, 0)], RISE)) == 1
    assert rise(scored(2), [earlier(0, 0)], RISE) == []


def test_a_rise_to_the_threshold_is_the_thresholds_to_say():
    assert rise(scored(5), [earlier(12, 0)], RISE) == []


def test_a_rule_that_a_policy_leaves_out_says_nothing():
    bare = policy()
    assert rise(scored(4), [earlier(12, 0)], bare) == []
    assert trends(spo2_now(91), {S.SPO2: measured(97, 96, 95, 93, 91)}, bare) == []
    assert soft_signs(scored(soft_signs=("pain", "skin")), bare) == []


def test_a_fall_over_the_last_readings_is_a_trend():
    [found] = trends(spo2_now(92), {S.SPO2: measured(97, 96, 95, 94, 92)}, TREND)
    assert found.rule == "trend"
    assert found.sentence == "Oxygen saturation has been falling over 24 hours: 97, 96, 95, 94, 92%."


def test_one_odd_reading_neither_makes_nor_hides_a_trend():
    assert trends(spo2_now(92), {S.SPO2: measured(97, 97, 97, 97, 92)}, TREND) == []
    assert trends(spo2_now(92), {S.SPO2: measured(97, 95, 99, 93, 92)}, TREND)


def test_a_trend_needs_enough_readings_within_its_hours():
    falling = measured(97, 96, 95, 94, 92)
    assert trends(spo2_now(92), {S.SPO2: falling[1:]}, TREND) == []
    assert trends(spo2_now(92), {S.SPO2: measured(97, 96, 95, 94, 92, every_hours=24)}, TREND) == []


def test_a_sign_that_carries_no_point_or_gets_better_has_no_trend_to_tell():
    assert trends(spo2_now(96, points=0), {S.SPO2: measured(100, 99, 98, 97, 96)}, TREND) == []
    assert trends(spo2_now(92), {S.SPO2: measured(88, 89, 90, 91, 92)}, TREND) == []


def test_one_point_is_enough_for_a_trend_and_only_what_is_measured_now_may_tell_one():
    falling = {S.SPO2: measured(99, 98, 97, 96, 95)}
    now = spo2_now(95, points=1)
    assert len(trends(now, falling, TREND)) == 1
    earlier_value = Part(1, 1, Decimal(95), NOW - timedelta(minutes=10))
    assert trends(replace(now, parts={S.SPO2: earlier_value}), falling, TREND) == []


def test_the_last_readings_count_whatever_went_before():
    assert trends(spo2_now(95), {S.SPO2: measured(99, 97, 95, 93, 91, 95, 95, 95, 95)}, TREND) == []
    assert len(trends(spo2_now(91), {S.SPO2: measured(95, 95, 95, 95, 94, 93, 92, 91)}, TREND)) == 1


def test_a_change_of_exactly_so_many_tenths_is_enough():
    warmer = policy(
        trend={"readings": 5, "within_hours": 72, "severity": "concern", "change": {"temperature": "0.4"}}
    )
    cold = Part(3, 3, Decimal("34.4"), NOW)
    rising = {S.TEMPERATURE: measured(34.0, 34.1, 34.2, 34.3, 34.4)}
    assert len(trends(replace(scored(3), parts={S.TEMPERATURE: cold}), rising, warmer)) == 1


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(60, 100)), min_size=4, max_size=9, unique_by=lambda p: p[0]
    )
)
def test_the_change_is_the_median_slope_of_all_pairs_over_the_whole_time(points):
    points = sorted(points)
    slopes = [(v2 - v1) / (t2 - t1) for (t1, v1), (t2, v2) in combinations(points, 2)]
    hours, values = (np.array([list(column)], dtype=float) for column in zip(*points, strict=True))
    expected = median(slopes) * (points[-1][0] - points[0][0])
    assert change(hours, values)[0] == pytest.approx(expected)


def test_values_of_one_moment_have_no_slope():
    assert change(np.zeros((2, 4)), np.arange(8.0).reshape(2, 4)).tolist() == [0.0, 0.0]


def test_several_soft_signs_together_are_a_concern():
    two = policy(soft_signs={"at_least": 2, "severity": "concern"})
    assert soft_signs(scored(soft_signs=("pain",)), two) == []
    [found] = soft_signs(scored(soft_signs=("breathing", "not_their_usual_self")), two)
    assert found.sentence == "Noticed together: breathing, not their usual self."


@pytest.mark.parametrize(
    ("change_", "sentence"),
    [
        ({"rise": {"points": 0, "within_hours": 24, "severity": "concern"}}, "greater than or equal to 1"),
        ({"rise": {"points": 2, "within_hours": 97, "severity": "concern"}}, "less than or equal to 96"),
        ({"trend": {"readings": 3, "within_hours": 9, "severity": "concern", "change": {}}}, "or equal to 4"),
        (
            {"trend": {"readings": 5, "within_hours": 9, "severity": "high", "change": {"consciousness": 1}}},
            "No trend can be followed in consciousness",
        ),
        ({"soft_signs": {"at_least": 2, "severity": "whatever"}}, "Input should be"),
    ],
)
def test_options_that_could_not_be_carried_out_are_refused(change_, sentence):
    with pytest.raises(ValidationError, match=sentence):
        policy(**change_)


def test_whoever_adds_a_rule_raises_the_version_that_findings_carry():
    of_readings = set(RULES) - {"silence", *TAKEN_OVER}
    version_2 = of_readings - {"drift", "personal_limit"}
    version_1 = version_2 - {"rise", "trend", "soft_signs"}
    assert {"rules-1": version_1, "rules-2": version_2, "rules-3": of_readings}[RULES_VERSION] == of_readings
    assert len(of_readings) == 14
