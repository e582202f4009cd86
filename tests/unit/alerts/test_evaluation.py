"""What is noticed of a scripted illness, how early and how often for nothing, each with its interval."""

from statistics import median

import numpy as np
import pytest

from alerts.replay.evaluation import PLAIN, Contender, Illness, evaluate
from alerts.replay.intervals import NOTHING, Residents, share
from alerts.replay.sets import HOUR
from tests.unit.alerts.judged_sets import policy
from tests.unit.alerts.test_replay_of_sets import GRAVE, START, as_sets, full_set, micros

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
    whole = row(done, "ours", "escalations")
    assert (whole.noticed, whole.illnesses) == (1, 1)
    assert whole.lead_hours.value == pytest.approx(6.0)
    assert (done.residents, done.illnesses) == (2, 1)


def test_a_finding_of_somebody_who_is_well_is_false():
    threshold = row(evaluated(), "plain", "score_threshold")
    assert threshold.findings == 3
    assert threshold.predictive_value.value == pytest.approx(2 / 3)
    months = 2 * evaluated().days / 30
    assert threshold.false_a_month.value == pytest.approx(1 / months)


def test_what_is_found_after_the_crisis_notices_nothing_and_is_not_false():
    early = Illness(0, "sepsis", at(40), at(49), at(60))
    threshold = row(evaluated([early]), "ours", "score_threshold")
    assert (threshold.noticed, threshold.illnesses) == (0, 1)
    assert threshold.predictive_value.value == pytest.approx(2 / 3)


def test_an_illness_that_nobody_measured_or_whose_crisis_is_yet_to_come_is_not_counted():
    unmeasured = Illness(0, "sepsis", at(50.5), at(51), at(51.5))
    to_come = Illness(0, "sepsis", at(60), at(5000), at(6000))
    assert evaluated([unmeasured, to_come]).illnesses == 0


def test_it_is_said_by_how_complete_the_sets_were():
    partial = [one | {"values": {k: v for k, v in one["values"].items() if k != "pulse"}} for one in ILL]
    assert list(evaluated().by_completeness["ours"]) == ["every set complete"]
    assert list(evaluated(history=[*partial, *WELL]).by_completeness["ours"]) == ["no set complete"]


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


def test_the_median_is_drawn_by_resident():
    whose, values = np.array([0, 0, 1, 2]), np.array([1.0, 3.0, 5.0, 11.0])
    figure = Residents(3).median(whose, values)
    assert figure.value == median(values)
    assert 1.0 <= (figure.low or 0) <= (figure.high or 0) <= 11.0
