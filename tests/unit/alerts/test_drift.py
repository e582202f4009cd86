"""Drift from a resident's own usual: one score at a time, many at once, and a slow plain loop say the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts.beside.drift import drifts
from alerts.beside.own_line import OwnLine, line_of
from alerts.news2 import SIGNS
from alerts.policy import Severity
from alerts.replay import drifting
from alerts.replay.scored import scored as scored_sets
from alerts.replay.sets import MICROSECONDS, Sets
from alerts.rules import Part, ScoredSet
from devices.vital_signs import QUANTITIES, VitalSign
from tests.unit.alerts.judged_sets import NOW, policy, scored

S = VitalSign
OPTIONS = {
    "readings": 3,
    "within_hours": 24,
    "lasting_hours": 8,
    "usual_days": 14,
    "usual_readings": 5,
    "usual_since_days": 3,
    "severity": "concern",
    "below": {"spo2": 2, "pulse": 10},
    "above": {"pulse": 10, "temperature": 0.5},
}
DRIFT = policy(drift=OPTIONS)
KIT = UUID(int=61)


def line(*values: tuple[float, float], sign: VitalSign = S.PULSE) -> OwnLine:
    """(hours ago, value), as they arrived."""
    rows = []
    for number, (ago, value) in enumerate(values):
        said = [value if one is sign else None for one in QUANTITIES]
        rows.append(((KIT, UUID(int=number)), NOW - timedelta(hours=ago), number, said))
    return line_of(rows)


def now_with(value: float, sign: VitalSign = S.PULSE) -> ScoredSet:
    parts = {sign: Part(0, 0, Decimal(str(value)), NOW)}
    return replace(scored(0), parts=parts)


WELL = tuple((240 - 24 * day, value) for day, value in enumerate((61, 60, 64, 66, 62, 60, 63, 70, 65)))
"""Nine days of one reading each: the 20th centile is 60, the 80th 66."""
FASTER = ((12, 77), (6, 79), (0, 76))


def test_values_that_stay_beyond_what_is_usual_are_a_finding_that_says_what_it_rests_on():
    [found] = drifts(now_with(76), line(*WELL, *FASTER), DRIFT)
    assert (found.rule, found.severity) == ("drift", Severity.CONCERN)
    assert found.sentence == (
        "Pulse has been 76 to 79 beats a minute over 12 hours (3 readings),"
        " above their own usual of 60 to 66 (9 readings since 22 February)."
    )
    assert [at for _, at in found.also] == [NOW - timedelta(hours=ago) for ago, _ in FASTER]


def test_a_fall_is_followed_where_the_policy_says_how_far():
    lower = ((12, 48), (6, 50), (0, 50))
    [found] = drifts(now_with(50), line(*WELL, *lower), DRIFT)
    assert "below their own usual of 60 to 66" in found.sentence
    warm = tuple((ago, 36.5) for ago, _ in WELL)
    hot, cold = ((12, 37.0), (6, 37.1), (0, 37.0)), ((12, 35.2), (6, 35.2), (0, 35.2))
    assert drifts(now_with(37.0, S.TEMPERATURE), line(*warm, *hot, sign=S.TEMPERATURE), DRIFT)
    assert drifts(now_with(35.2, S.TEMPERATURE), line(*warm, *cold, sign=S.TEMPERATURE), DRIFT) == []


@pytest.mark.parametrize(
    "own",
    [
        pytest.param((*WELL, (12, 77), (6, 75), (0, 76)), id="one of them is not as far beyond"),
        pytest.param((*WELL, (6, 79), (0, 76)), id="too few of them"),
        pytest.param((*WELL, (7, 77), (6, 79), (0, 76)), id="it has not lasted"),
        pytest.param((*WELL[-4:], *FASTER), id="too few to say what is usual"),
        pytest.param((*[(40 - n, 62) for n in range(9)], *FASTER), id="usual for too short a time"),
        pytest.param((*[(24 * 20 + n, 62) for n in range(9)], *FASTER), id="usual too long ago"),
    ],
)
def test_there_is_no_drift_where(own):
    assert drifts(now_with(76), line(*own), DRIFT) == []


def test_a_few_days_of_illness_hardly_move_what_is_usual_and_a_fifth_of_the_time_becomes_it():
    days = tuple((24 * day, 62) for day in range(13, 1, -1))
    ill = [(ago, 80) if place in {4, 5} else (ago, value) for place, (ago, value) in enumerate(days)]
    assert drifts(now_with(76), line(*ill, *FASTER), DRIFT)
    lasting = [(ago, 80) if place in {4, 5, 6} else (ago, value) for place, (ago, value) in enumerate(days)]
    assert drifts(now_with(76), line(*lasting, *FASTER), DRIFT) == []


def test_what_is_not_measured_now_or_not_named_by_the_policy_is_not_followed():
    aged = {S.PULSE: Part(0, 0, Decimal(76), NOW - timedelta(minutes=20))}
    assert drifts(replace(now_with(76), parts=aged), line(*WELL, *FASTER), DRIFT) == []
    assert drifts(now_with(76), line(*WELL, *FASTER), policy()) == []
    slower = policy(drift=OPTIONS | {"above": {}})
    assert drifts(now_with(76), line(*WELL, *FASTER), slower) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"usual_days": 91}, "less than or equal to 90"),
        ({"usual_readings": 4}, "greater than or equal to 5"),
        ({"lasting_hours": 25}, "must not be more than within_hours"),
        ({"within_hours": 96}, "must be longer than within_hours"),
        ({"usual_since_days": 15}, "no longer than usual_days"),
        ({"above": {"on_oxygen": 1}}, "No drift can be followed in on_oxygen"),
        ({"below": {"pulse": 0}}, "greater than 0"),
    ],
)
def test_options_that_could_not_be_carried_out_are_refused(change, sentence):
    with pytest.raises(ValidationError, match=sentence):
        policy(drift=OPTIONS | change)


START = datetime(2026, 3, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@st.composite
def a_reading(draw) -> dict:
    """Most are of the days before hour 290, or of the day after it, when somebody may be worse."""
    hours = draw(st.sampled_from([*range(0, 480, 7), *range(290, 315, 3), *range(290, 315, 3)]))
    worse = hours >= 290
    return {
        "resident": draw(st.integers(0, 1)),
        "hours": hours,
        "late": draw(st.sampled_from([*[0] * 15, 1, 30])),
        "pulse": draw(
            st.sampled_from([None, 74, 76, 76, 80] if worse else [None, 58, 60, 60, 62, 64, 66, 74])
        ),
        "spo2": draw(st.sampled_from([None, 91, 93, 93, 94] if worse else [None, 94, 95, 96, 96])),
    }


histories = st.lists(a_reading(), min_size=20, max_size=70)


def in_order_of_arrival(history: list[dict]) -> list[dict]:
    return sorted(history, key=lambda said: said["hours"] + said["late"])


def as_sets(history: list[dict]) -> Sets:
    n = len(history)
    values = np.full((n, 7), np.nan)
    for row, said in enumerate(history):
        for sign in ("pulse", "spo2"):
            values[row, SIGNS.index(sign)] = np.nan if said[sign] is None else said[sign]
    hour = 3600 * MICROSECONDS
    began = (START - EPOCH) // timedelta(microseconds=1)
    nothing = np.zeros(n, dtype=bool)
    return Sets(
        resident=np.array([said["resident"] for said in history]),
        home=np.zeros(n, dtype=np.int64),
        effective_at=began + np.array([said["hours"] for said in history]) * hour,
        arrival=np.arange(n),
        judged_at=began + np.array([said["hours"] + said["late"] for said in history]) * hour,
        values=values,
        cleared=np.zeros((n, 7), dtype=bool),
        spo2_scale=np.ones(n, dtype=np.int8),
        scheduled=nothing,
        worry=nothing,
        soft_signs=np.zeros(n, dtype=np.uint8),
        unrecordable=nothing,
        unfit=nothing,
        outside_own=nothing,
    )


def plainly(history: list[dict], whose: int, until: float, arrival: int) -> list[tuple[str, str]]:
    """Which signs drifted where to, of what had arrived by `arrival`, up to an hour: by sorting and looking."""
    found = []
    for sign in ("spo2", "pulse"):
        known = sorted(
            (said["hours"], number, said[sign])
            for number, said in enumerate(history)
            if number <= arrival
            and said["resident"] == whose
            and said["hours"] <= until
            and said[sign] is not None
        )
        lately = [one for one in known if one[0] >= until - 24]
        before = [one for one in known if until - 14 * 24 <= one[0] < until - 24]
        if not known or known[-1][0] != until or len(lately) < 3 or lately[0][0] > until - 8:
            continue
        if len(before) < 5 or before[0][0] > until - 3 * 24:
            continue
        usual = sorted(value for *_, value in before)
        low = next(v for v in usual if 5 * sum(one <= v for one in usual) >= len(usual))
        high = next(v for v in usual if 5 * sum(one <= v for one in usual) >= 4 * len(usual))
        if sign in OPTIONS["below"] and all(value <= low - OPTIONS["below"][sign] for *_, value in lately):
            found.append((sign, "below"))
        elif sign in OPTIONS["above"] and all(value >= high + OPTIONS["above"][sign] for *_, value in lately):
            found.append((sign, "above"))
    return found


def by_the_rule(history: list[dict], results, place: int) -> list[tuple[str, str]]:
    """The same by the rule for one score, whose parts and line hold what was known."""
    cause, target = int(results.cause[place]), int(results.target[place])
    whose, moment = history[target]["resident"], START + timedelta(hours=history[target]["hours"])
    own = line_of(
        (
            (KIT, UUID(int=number)),
            START + timedelta(hours=said["hours"]),
            number,
            [said.get(str(sign)) for sign in QUANTITIES],
        )
        for number, said in enumerate(history)
        if said["resident"] == whose
    ).known(moment, cause, OPTIONS["usual_days"])
    parts = {}
    for sign in (S.PULSE, S.SPO2):
        source = int(results.source[place, SIGNS.index(sign)])
        if source >= 0:
            at = START + timedelta(hours=history[source]["hours"])
            parts[sign] = Part(0, 0, history[source][sign], at)
    now = replace(scored(0), parts=parts, effective_at=moment)
    labels = {"Pulse": "pulse", "Oxygen": "spo2"}
    return [
        (labels[one.sentence.split()[0]], "below" if " below their" in one.sentence else "above")
        for one in drifts(now, own, DRIFT)
    ]


@given(histories)
@settings(max_examples=60, deadline=None)
def test_many_at_once_one_at_a_time_and_plain_sorting_agree(history):
    history = in_order_of_arrival(history)
    for results in scored_sets(as_sets(history), DRIFT.window):
        counts = drifting.drifts(results, DRIFT)
        for place in range(len(results)):
            target, cause = int(results.target[place]), int(results.cause[place])
            expected = plainly(history, history[target]["resident"], history[target]["hours"], cause)
            assert counts[place] == len(expected)
            assert sorted(by_the_rule(history, results, place)) == sorted(expected)
