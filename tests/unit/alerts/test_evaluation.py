"""What is noticed of a scripted illness, how early and how often for nothing, each with its interval."""

from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings

from alerts.replay.completeness import KINDS, Completeness
from alerts.replay.evaluation import PLAIN, Contender, evaluate
from alerts.replay.intervals import NOTHING, Figure, Residents, share
from alerts.replay.sets import HOUR
from alerts.replay.truth import Illness
from tests.unit.alerts.judged_sets import policy
from tests.unit.alerts.test_replay_of_sets import GRAVE, START, as_sets, full_set, histories, micros

BEGAN = micros(START)


def at(hour: float) -> int:
    return BEGAN + int(hour * HOUR)


# Two residents seen every six hours; one falls ill after two days and is grave from the fiftieth hour.
ILL = [
    *(full_set(6) for _ in range(8)),  # hours 6 .. 48
    full_set(2, **GRAVE),  # 50
    full_set(2, **GRAVE),  # 52
    *(full_set(6) for _ in range(8)),
]
WELL = [full_set(-100 + 0.5, 1, **GRAVE), *(full_set(12, 1) for _ in range(8))]
SEPSIS = Illness(resident=0, scenario="sepsis", onset=at(46), crisis=at(56), over=at(60))


def evaluated(illnesses=(SEPSIS,), history=(*ILL, *WELL), **more):
    chosen = Contender("ours", policy(**more))
    plain = Contender("plain", policy(), PLAIN)
    return evaluate([as_sets(list(history))], list(illnesses), [chosen, plain], 4 * HOUR)


def row(done, contender, name):
    [found] = [one for one in done.contenders[contender] if one.name == name]
    return found


def test_an_illness_is_noticed_before_its_crisis_with_its_lead():
    done = evaluated()
    whole = row(done, "ours", "escalations").whole
    assert (whole.noticed, whole.illnesses) == (1, 1)
    assert whole.lead_hours.value == pytest.approx(6.0)
    assert (done.residents, done.illnesses) == (2, 1)


def test_a_finding_of_somebody_who_is_well_is_false():
    threshold = row(evaluated(), "plain", "score_threshold").whole
    assert threshold.findings == 3
    assert threshold.predictive_value.value == pytest.approx(2 / 3)
    months = 2 * evaluated().days / 30
    assert threshold.false_a_month.value == pytest.approx(1 / months)


def test_what_is_found_after_the_crisis_notices_nothing_and_is_not_false():
    early = Illness(0, "sepsis", at(40), at(49), at(60))
    threshold = row(evaluated([early]), "ours", "score_threshold").whole
    assert (threshold.noticed, threshold.illnesses) == (0, 1)
    assert threshold.predictive_value.value == pytest.approx(2 / 3)


def test_an_illness_that_nobody_measured_or_whose_crisis_is_yet_to_come_is_not_counted():
    unmeasured = Illness(0, "sepsis", at(50.5), at(51), at(51.5))
    to_come = Illness(0, "sepsis", at(60), at(5000), at(6000))
    assert evaluated([unmeasured, to_come]).illnesses == 0


def without_pulse(reading):
    return reading | {"values": {sign: value for sign, value in reading["values"].items() if sign != "pulse"}}


# Days are counted from the first reading, of both. The two graves of the first day lie in incomplete sets.
MIXED = [
    full_set(1),  # day 0, hours 1 .. 23
    without_pulse(full_set(10, **GRAVE)),
    without_pulse(full_set(12, **GRAVE)),
    full_set(3),  # day 1, hours 26 and 36
    full_set(10, **GRAVE),
    without_pulse(full_set(15)),  # day 2: hour 51
    full_set(24) | {"scheduled": False},  # day 3: hour 75
    full_set(-74, 1),  # the other: days 0 and 3, hours 1 and 73
    full_set(72, 1, **GRAVE),
]
FIRST = Illness(0, "sepsis", at(5), at(24), at(25))
SECOND = Illness(0, "sepsis", at(35), at(37), at(38))


def test_each_measure_is_given_by_how_complete_the_sets_were():
    done = evaluated([FIRST, SECOND], MIXED)
    parts = row(done, "plain", "score_threshold").by_completeness
    assert list(parts) == list(KINDS)
    every, some, none, not_due = parts.values()
    # Illnesses, by the sets from their beginning to their crisis.
    assert [(one.noticed, one.illnesses) for one in parts.values()] == [(1, 1), (0, 0), (1, 1), (0, 0)]
    assert [one.lead_hours.value for one in parts.values()] == [
        pytest.approx(1),
        None,
        pytest.approx(13),
        None,
    ]
    # Findings and days, by the sets of the day: of the last, from hour 73 to 75, there is only a part.
    assert [one.findings for one in parts.values()] == [2, 2, 0, 0]
    last = 2 / 24
    assert [one.resident_days for one in parts.values()] == [
        pytest.approx(days) for days in (1 + 1 + last, 1, 1, 2 + last)
    ]
    assert every.predictive_value.value == pytest.approx(1 / 2)
    assert every.false_a_month.value == pytest.approx(30 / every.resident_days)
    assert some.predictive_value.value == 1.0
    assert some.burden.value == pytest.approx(2000)
    assert none.burden.value == not_due.burden.value == 0.0


@settings(max_examples=40)
@given(histories)
def test_what_is_given_kind_by_kind_adds_up_to_all_of_it(history):
    moments = as_sets(history).effective_at
    ill = [Illness(one, "any", int(moments[0]), int(moments[-1]), int(moments[-1])) for one in range(5)]
    for found in evaluated(ill, history).contenders["ours"]:
        parts = found.by_completeness.values()
        for counted in ("illnesses", "noticed", "findings"):
            assert sum(getattr(part, counted) for part in parts) == getattr(found.whole, counted)
        assert sum(part.resident_days for part in parts) == pytest.approx(found.whole.resident_days)
        assert found.by_completeness[Completeness.NOT_DUE].illnesses == 0


def test_the_interval_of_a_share_is_wilsons():
    # Wilson 1927; the figures for 81 of 263 are those of Newcombe, Stat. Med. 17, 1998, table I.
    one = share(81, 263)
    assert (round(one.low or 0, 4), round(one.high or 0, 4)) == (0.2553, 0.3662)
    assert share(0, 0) == NOTHING
    assert share(5, 5).high == 1.0


def test_the_interval_of_a_rate_is_wider_where_one_resident_gives_most():
    even, one_gives_all = np.full(50, 2.0), np.array([100.0] + [0.0] * 49)
    residents = Residents(50)
    narrow, wide = (residents.rate(one, np.full(50, 30.0)) for one in (even, one_gives_all))
    assert narrow.value == wide.value == pytest.approx(2 / 30)
    assert (narrow.low, narrow.high) == (pytest.approx(2 / 30), pytest.approx(2 / 30))
    assert wide.low == 0.0
    assert (wide.high or 0) > 0.15


def test_none_in_a_short_time_does_not_mean_never_and_all_of_a_few_does_not_mean_always():
    residents = Residents(3)
    never = residents.rate(np.zeros(3), np.ones(3))
    assert (never.value, never.low, round(never.high or 0, 2)) == (0.0, 0.0, 1.23)
    few = np.array([2.0, 1.0, 0.0])
    assert residents.proportion(few, few) == share(3, 3)
    assert residents.proportion(np.zeros(3), few) == share(0, 3)
    assert (
        residents.rate(np.zeros(3), np.zeros(3)) == residents.proportion(np.zeros(3), np.zeros(3)) == NOTHING
    )


def test_what_one_resident_alone_gives_seems_no_surer_than_it_is():
    residents, one = Residents(3), np.array([0.0, 3.0, 0.0])
    assert residents.proportion(np.array([0.0, 2.0, 0.0]), one) == share(2, 3)
    assert residents.rate(np.array([0.0, 2.0, 0.0]), one) == Figure(2 / 3)
    assert residents.median(np.array([1, 1]), np.array([3.0, 5.0])) == Figure(4.0)


def test_the_median_is_drawn_by_resident():
    whose, values = np.array([0, 0, 1, 2]), np.array([1.0, 3.0, 5.0, 11.0])
    figure = Residents(3).median(whose, values)
    assert figure.value == median(values)
    assert 1.0 <= (figure.low or 0) <= (figure.high or 0) <= 11.0
