"""Each rule: what it finds, in which words, what is asked, and what the worker is told to do now."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import rules
from alerts.policy import Severity
from alerts.rules import Finding
from alerts.sets import scored_set
from devices.emergency import EmergencySign
from devices.reading import Unreadable, decode
from devices.receipt import CALL_999, CALL_HUB, NOTHING
from devices.vital_signs import VitalSign
from tests.unit.alerts.judged_sets import policy, scored
from tests.unit.devices.readings import wire

POLICY = policy()
S = VitalSign


def found(*arguments, **more) -> list[Finding]:
    return rules.findings(scored(*arguments, **more), POLICY)


def test_nothing_is_found_in_a_normal_set():
    normal = {S.RESPIRATION_RATE: (0, 16), S.CONSCIOUSNESS: (0, "A")}
    assert found(0, parts=normal) == []
    assert found(4, parts={S.PULSE: (2, 125), S.TEMPERATURE: (2, 39.4)}) == []


@pytest.mark.parametrize(
    ("low", "severity"),
    [(4, None), (5, Severity.MEDIUM), (6, Severity.MEDIUM), (7, Severity.HIGH), (20, Severity.HIGH)],
)
def test_the_lower_bound_decides_how_grave_a_score_is(low, severity):
    assert [one.severity for one in found(low)] == ([] if severity is None else [severity])


def test_the_upper_bound_alone_escalates_nothing():
    lone_thermometer = scored(
        0, 17, parts={S.TEMPERATURE: (0, 36.8)}, deciding=(S.RESPIRATION_RATE,), red="unknown"
    )
    assert rules.findings(lone_thermometer, POLICY) == []


def test_a_score_is_said_with_its_reasons_heaviest_first():
    parts = {
        S.PULSE: (2, 124),
        S.RESPIRATION_RATE: (3, 26),
        S.ON_OXYGEN: (2, True),
        S.TEMPERATURE: (0, 36.8),
    }
    [one] = found(7, parts=parts)
    assert (
        one.sentence == "NEWS2 is 7: Breathing rate 26 breaths a minute, pulse 124 beats a minute, on oxygen."
    )


def test_a_score_with_something_missing_is_said_as_bounds():
    parts = {S.RESPIRATION_RATE: (3, 26), S.PULSE: (2, 124)}
    [narrow] = found(5, 8, parts=parts, deciding=(S.TEMPERATURE,))
    [wide] = found(5, 15, parts=parts, deciding=(S.TEMPERATURE,))
    assert narrow.sentence.startswith("NEWS2 is 5 to 8: ")
    assert wide.sentence.startswith("NEWS2 is at least 5: ")


@pytest.mark.parametrize(
    ("sign", "value", "words"),
    [
        (S.RESPIRATION_RATE, 0, "Breathing rate 0 breaths a minute: scores 3 by itself."),
        (S.SPO2, 91, "Oxygen saturation 91%: scores 3 by itself."),
        (S.SYSTOLIC, 88, "Systolic blood pressure 88 mmHg: scores 3 by itself."),
        (S.PULSE, 131, "Pulse 131 beats a minute: scores 3 by itself."),
        (S.TEMPERATURE, 34.9, "Temperature 34.9 °C: scores 3 by itself."),
        (S.CONSCIOUSNESS, "C", "Newly confused: scores 3 by itself."),
        (S.CONSCIOUSNESS, "V", "Responds to voice: scores 3 by itself."),
    ],
)
def test_a_single_red_vital_sign_is_a_finding_below_the_thresholds(sign, value, words):
    assert found(3, parts={sign: (3, value)}, red="yes") == [
        Finding("red_vital_sign", Severity.LOW_MEDIUM, words)
    ]


def test_saturation_on_scale_2_is_said_to_be_on_scale_2():
    [one] = found(3, parts={S.SPO2: (3, 97)}, red="yes", spo2_scale=2)
    assert one.sentence == "Oxygen saturation 97% (scale 2): scores 3 by itself."


def test_a_red_sign_within_a_grave_score_is_not_found_twice():
    assert [one.rule for one in found(8, parts={S.SPO2: (3, 90)}, red="yes")] == ["score_threshold"]


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        ("P", "Responds only to pain: urgent whatever the score."),
        ("U", "Unresponsive: urgent whatever the score."),
    ],
)
def test_somebody_who_does_not_respond_is_as_grave_as_a_high_score(letter, words):
    first = found(3, parts={S.CONSCIOUSNESS: (3, letter)}, red="yes")[0]
    assert first == Finding("unresponsive", Severity.HIGH, words)


def test_a_sign_that_could_not_be_recorded_is_a_finding_and_never_normal():
    assert found(0, 20, unrecordable=frozenset({S.PULSE, S.SPO2}), deciding=(S.PULSE,)) == [
        Finding("unrecordable", Severity.LOW_MEDIUM, "No signal could be recorded: pulse, oxygen saturation.")
    ]


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("resident", "The resident is worried."),
        ("family", "The family is worried."),
        ("staff", "A member of staff is worried."),
    ],
)
def test_a_worry_is_escalated_by_itself_whatever_the_score(by, words):
    assert found(0, worry=by) == [Finding("worry", Severity.CONCERN, words)]


def test_the_gravest_finding_comes_first():
    all_of_it = found(
        8,
        parts={S.CONSCIOUSNESS: (3, "U")},
        red="yes",
        worry="family",
        unrecordable=frozenset({S.PULSE}),
    )
    assert [one.severity.rank for one in all_of_it] == sorted(one.severity.rank for one in all_of_it)
    assert {one.rule for one in all_of_it} == {"score_threshold", "unresponsive", "unrecordable", "worry"}


def test_thresholds_and_severities_come_from_the_policy():
    strict = policy(medium_from=3, high_from=4, unrecordable="high")
    assert [one.severity for one in rules.findings(scored(3), strict)] == [Severity.MEDIUM]
    assert [one.severity for one in rules.findings(scored(4), strict)] == [Severity.HIGH]
    unrecordable = scored(0, unrecordable=frozenset({S.PULSE}))
    assert [one.severity for one in rules.findings(unrecordable, strict)] == [Severity.HIGH]


# The could-not-be-excluded clock.

UNKNOWN_ALERTNESS = {"deciding": (S.CONSCIOUSNESS,), "red": "unknown"}


def asks(*arguments, **more) -> bool:
    return rules.asks(scored(*arguments, **(UNKNOWN_ALERTNESS | more)), POLICY)


def test_a_lone_normal_value_asks_nothing():
    assert not asks(0, 17, parts={S.TEMPERATURE: (0, 36.8)})


@pytest.mark.parametrize(
    "pointing",
    [
        {"parts": {S.RESPIRATION_RATE: (2, 22)}},
        {"soft_signs": ("mobility",)},
        {"worry": "staff"},
        {"scheduled": True},
    ],
)
def test_it_asks_once_something_points_that_way(pointing):
    assert asks(0, 10, **pointing)


def test_it_asks_nothing_where_nothing_decides():
    assert not asks(2, 2, parts={S.RESPIRATION_RATE: (2, 22)}, worry="staff", deciding=())


def test_it_asks_nothing_where_enough_is_certain_to_escalate_now():
    assert not asks(5, 12, parts={S.RESPIRATION_RATE: (3, 26)})
    assert not asks(3, 12, parts={S.RESPIRATION_RATE: (3, 26)}, red="yes")


def test_what_nobody_measured_in_time_is_said_with_its_bounds():
    chosen = policy(could_not_be_excluded="concern")
    assert rules.could_not_be_excluded(2, 9, ("on_oxygen", "consciousness"), chosen) == [
        Finding(
            "could_not_be_excluded",
            Severity.CONCERN,
            "NEWS2 is between 2 and 9. Asked for, and not measured in time: air or oxygen, consciousness.",
        )
    ]


def test_a_policy_may_ask_for_nothing_that_is_missing():
    bare = policy(could_not_be_excluded=None)
    assert not rules.asks(scored(2, 12, parts={S.RESPIRATION_RATE: (2, 22)}, **UNKNOWN_ALERTNESS), bare)
    assert rules.could_not_be_excluded(2, 12, ("consciousness",), bare) == []


def test_where_a_policy_leaves_out_a_single_red_sign_what_is_missing_beside_it_is_asked_for():
    red = scored(3, 12, parts={S.RESPIRATION_RATE: (3, 26)}, red="yes", deciding=(S.CONSCIOUSNESS,))
    assert [one.severity for one in rules.findings(red, policy(red_vital_sign="medium"))] == [Severity.MEDIUM]
    bare = policy(red_vital_sign=None)
    assert rules.findings(red, bare) == []
    assert rules.asks(red, bare)


# What the worker does now.


def step(*arguments, **more) -> str:
    return rules.next_step(scored(*arguments, **more), POLICY)


def test_a_worker_with_a_normal_set_is_asked_nothing_more():
    assert step(0) == NOTHING


def test_a_worker_at_seven_or_more_calls_the_hub_without_waiting_for_it():
    assert step(6) == NOTHING
    assert step(7) == CALL_HUB
    assert step(7, 12, deciding=(S.CONSCIOUSNESS,)) == CALL_HUB


@pytest.mark.parametrize("letter", ["P", "U"])
def test_a_worker_with_somebody_unresponsive_calls_999_before_anything_else(letter):
    assert step(3, 15, parts={S.CONSCIOUSNESS: (3, letter)}, red="yes", deciding=(S.PULSE,)) == CALL_999
    assert step(9, parts={S.CONSCIOUSNESS: (3, letter)}, red="yes") == CALL_999


@pytest.mark.parametrize(("low", "red"), [(2, "unknown"), (3, "yes"), (5, "no")])
def test_a_worker_measures_what_decides_whether_or_not_it_escalates_already(low, red):
    parts = {S.RESPIRATION_RATE: (2, 22)}
    assert step(low, 12, parts=parts, red=red, deciding=(S.SPO2, S.CONSCIOUSNESS)) == "measure:spo2"


def test_a_worker_with_a_red_value_that_is_hard_to_believe_calls_the_hub_while_repeating_it():
    assert step(3, 15, parts={S.SPO2: (3, 70)}, red="yes", confirm=(S.SPO2,)) == CALL_HUB
    assert step(2, 12, parts={S.TEMPERATURE: (2, 41.5)}, confirm=(S.TEMPERATURE,)) == "measure:temperature"


def test_a_worker_with_a_lone_normal_value_is_not_sent_for_more():
    assert step(0, 17, parts={S.TEMPERATURE: (0, 36.8)}, deciding=(S.SPO2,), red="unknown") == NOTHING


def test_a_worker_tries_again_what_could_not_be_recorded_or_is_hard_to_believe():
    assert step(0, unrecordable=frozenset({S.SPO2})) == "measure:spo2"
    assert step(0, confirm=(S.SYSTOLIC,)) == "measure:systolic"
    assert step(0, repeat=(S.PULSE,)) == "measure:pulse"


# Residents whom NEWS2 does not fit.


def unfit(parts=None, **more) -> list[Finding]:
    return rules.unscored_findings(scored(0, 20, parts=parts, red="unknown", **more), POLICY)


def test_without_a_score_each_value_is_held_against_the_limits():
    assert unfit({S.SPO2: (0, 95), S.RESPIRATION_RATE: (0, 24), S.TEMPERATURE: (0, 35.1)}) == []
    assert unfit({S.SPO2: (0, 91), S.TEMPERATURE: (0, 39.1), S.CONSCIOUSNESS: (0, "A")}) == [
        Finding(
            "outside_limits",
            Severity.LOW_MEDIUM,
            "Oxygen saturation 91%, temperature 39.1 °C: outside this hub's limits. "
            "NEWS2 is not used for this resident.",
        )
    ]


def test_without_a_score_a_value_that_is_hard_to_believe_is_found_too():
    [one] = unfit({S.SYSTOLIC: (0, 255)}, confirm=(S.SYSTOLIC,))
    assert one.rule == "outside_limits"


def test_without_a_score_a_value_is_outside_no_limits_because_its_instruments_clock_was_never_set():
    doubted = {"confirm": (S.SYSTOLIC, S.DIASTOLIC), "clock_unset": True}
    assert unfit({S.SYSTOLIC: (0, 120), S.DIASTOLIC: (0, 80)}, **doubted) == []
    [one] = unfit({S.SYSTOLIC: (0, 65), S.DIASTOLIC: (0, 10)}, **doubted)
    assert one.sentence.startswith(
        "Systolic blood pressure 65 mmHg, diastolic blood pressure 10 mmHg: outside"
    )


@pytest.mark.parametrize(
    ("known", "remembered", "words"),
    [
        ({}, {S.SYSTOLIC: 65, S.SPO2: 97}, "Systolic blood pressure 65 mmHg, {}"),
        ({S.SPO2: (0, 84)}, {S.SYSTOLIC: 65}, "Oxygen saturation 84%, systolic blood pressure 65 mmHg, {}"),
        ({}, {S.SYSTOLIC: 120, S.DIASTOLIC: 155}, "Diastolic blood pressure 155 mmHg, {}"),
        ({}, {S.SYSTOLIC: 120, S.DIASTOLIC: 80}, None),
        ({S.SYSTOLIC: (0, 120)}, {S.SYSTOLIC: 70, S.DIASTOLIC: 155}, None),
    ],
)
def test_without_a_score_a_bad_value_that_an_instrument_remembers_is_found_where_nothing_newer_is_known(
    known, remembered, words
):
    old = {sign: Decimal(value) for sign, value in remembered.items()}
    said = (
        "which its instrument measured at another time: outside this hub's limits. NEWS2 is not used for this"
    )
    assert [one.sentence for one in unfit(known, remembered=old)] == (
        [] if words is None else [f"{words.format(said)} resident."]
    )


@pytest.mark.parametrize(
    ("letter", "severity"), [("C", "low_medium"), ("V", "low_medium"), ("P", "high"), ("U", "high")]
)
def test_without_a_score_anybody_less_than_alert_is_found(letter, severity):
    assert unfit({S.CONSCIOUSNESS: (0, letter)})[0].severity == severity


def test_without_a_score_concern_and_lost_signals_are_found_as_for_anybody():
    rules_found = {one.rule for one in unfit(worry="family", unrecordable=frozenset({S.PULSE}))}
    assert rules_found == {"worry", "unrecordable"}


def test_without_a_score_a_soft_sign_is_a_concern_since_no_full_set_can_answer_it():
    assert unfit(soft_signs=("eating_and_drinking",)) == [
        Finding(
            "soft_sign",
            Severity.CONCERN,
            "Eating and drinking: noticed. NEWS2 is not used for this resident.",
        )
    ]


def test_without_a_score_no_sentence_names_one():
    everything = unfit(
        {S.SPO2: (0, 80), S.CONSCIOUSNESS: (0, "U")},
        worry="staff",
        soft_signs=("pain",),
        unrecordable=frozenset({S.PULSE}),
    )
    assert all("NEWS2 is not used" in one.sentence or "NEWS2" not in one.sentence for one in everything)


values = st.sampled_from(
    [
        (S.SPO2, 85),
        (S.ON_OXYGEN, True),
        (S.ON_OXYGEN, False),
        (S.CONSCIOUSNESS, "C"),
        (S.RESPIRATION_RATE, 30),
    ]
)
sets = st.builds(
    lambda low, spread, parts, deciding, red, worry, scheduled, unrecordable, scale: scored(
        low,
        min(20, low + spread),
        parts={sign: (points, value) for (sign, value), points in parts},
        deciding=tuple(sorted(deciding)),
        red=red,
        worry=worry,
        scheduled=scheduled,
        unrecordable=unrecordable,
        spo2_scale=scale,
    ),
    st.integers(0, 20),
    st.integers(0, 20),
    st.lists(st.tuples(values, st.integers(0, 3)), max_size=5),
    st.sets(st.sampled_from(S), max_size=3),
    st.sampled_from(["yes", "no", "unknown"]),
    st.none() | st.sampled_from(["resident", "family", "staff"]),
    st.booleans(),
    st.frozensets(st.sampled_from(S), max_size=2),
    st.sampled_from([1, 2]),
)


@given(sets)
def test_no_sentence_ever_advises_oxygen(one):
    said = [*rules.findings(one, POLICY), *rules.unscored_findings(one, POLICY)]
    said += rules.could_not_be_excluded(one.low, one.high, [str(sign) for sign in one.deciding], POLICY)
    for finding in said:
        assert not any(
            verb in finding.sentence.lower() for verb in ("give", "start", "increase", "titrate", "apply")
        )


@given(sets)
def test_a_threshold_that_is_certainly_reached_is_always_found(one):
    reached = one.low >= POLICY.medium_from
    assert any(finding.rule == "score_threshold" for finding in rules.findings(one, POLICY)) is reached


@given(sets)
def test_a_question_is_never_asked_of_what_escalates_already(one):
    if rules.asks(one, POLICY):
        assert one.low < POLICY.medium_from
        assert one.red != "yes"
        assert one.deciding


@pytest.mark.parametrize("find", [rules.findings, rules.unscored_findings])
def test_an_emergency_sign_is_the_gravest_whatever_was_measured(find):
    calm = scored(0, parts={S.PULSE: (0, 72)}, emergency_signs=("chest_pain", "choking"))
    [found] = find(calm, policy())
    assert (found.rule, found.severity) == ("emergency_sign", Severity.HIGH)
    assert found.sentence == "Chest pain; choking. It is not known that 999 has been phoned."
    assert rules.next_step(calm, policy()) == CALL_999


def test_the_hub_is_told_that_999_has_been_phoned():
    [found] = rules.findings(scored(0, emergency_signs=("stroke_signs",), phoned_999=True), policy())
    assert found.sentence.startswith("Signs of a stroke")
    assert found.sentence.endswith(". 999 has been phoned.")


def test_an_emergency_that_nobody_here_knows_counts_as_well():
    [found] = rules.findings(scored(0, emergency_signs=("snake_bite",)), policy())
    assert found.sentence.startswith("An emergency called snake bite.")


def test_with_a_high_score_the_emergency_comes_first():
    grave = scored(9, parts={S.PULSE: (3, 140)}, red="yes", emergency_signs=("chest_pain",))
    assert [one.rule for one in rules.findings(grave, policy())] == ["emergency_sign", "score_threshold"]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from(["present", "absent", "Present", "A", "P", "U"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["consciousness", *EmergencySign]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["emergency_signs", "values", "phoned_999"]), ANYTHING))
def test_what_goes_to_999_goes_there_whatever_of_the_rest_can_be_read(said):
    def goes(document):
        [item] = decode(json.dumps(document).encode())
        return isinstance(item, Unreadable), scored_set.goes_to_999(item)

    refused, urgent = goes(wire(**said))
    assert not refused
    assert goes(wire(**said, taken_at="noon")) == (True, urgent)
    assert goes([wire(**said)] * 101) == (True, urgent)


@pytest.mark.parametrize(("systolic", "asked"), [(120, False), (80, True), (91, False)])
def test_what_an_instrument_remembers_is_asked_for_and_points_where_it_is_outside_the_limits(systolic, asked):
    limits = policy(limits={"systolic": [91, 219]})
    old = {S.SYSTOLIC: Decimal(systolic), S.DIASTOLIC: Decimal(60)}
    lone = scored(0, 20, deciding=(S.SPO2,), red="unknown", remembered=old)
    assert rules.asks(lone, limits) is asked
    assert rules.next_step(lone, limits) == ("measure:spo2" if asked else "measure:systolic")
    assert rules.findings(lone, limits) == []


def test_what_an_instrument_remembers_is_not_asked_for_where_it_is_known():
    old = {S.SYSTOLIC: Decimal(80), S.DIASTOLIC: Decimal(60)}
    known = scored(0, 17, parts={S.SYSTOLIC: (0, 128)}, deciding=(S.SPO2,), red="unknown", remembered=old)
    limits = policy(limits={"systolic": [91, 219]})
    assert not rules.asks(known, limits)
    assert rules.next_step(known, limits) == NOTHING
