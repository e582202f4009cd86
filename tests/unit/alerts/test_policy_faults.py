"""What is wrong with a policy is said setting by setting; what it may not leave out is given back, and no more."""

from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from alerts import policy_faults, rules
from alerts.policy import SHIPPED, Policy
from alerts.policy_faults import fault, sentences, unsafe
from alerts.standing import understood
from devices.vital_signs import VitalSign
from tests.unit.alerts.judged_sets import policy, scored

SEVERITIES = "high, medium, low_medium, concern"
SIGNS = ", ".join(VitalSign)
RISE = {"points": 2, "within_hours": 24, "severity": "concern"}
DRIFT = {
    "readings": 2,
    "within_hours": 12,
    "lasting_hours": 3,
    "usual_days": 28,
    "usual_readings": 20,
    "usual_since_days": 7,
    "severity": "concern",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"medium_fom": 4}, ["medium_fom is no setting: is medium_from meant?"]),
        ({"high_from": 21}, ["high_from must be a whole number from 1 to 20, not 21."]),
        ({"high_from": 6.5}, ["high_from must be a whole number from 1 to 20, not 6.5."]),
        ({"medium_from": True}, ["medium_from must be a whole number from 1 to 20, not true."]),
        ({"medium_from": "4"}, ['medium_from must be a whole number from 1 to 20, not "4".']),
        ({"medium_from": 4.0}, ["medium_from must be a whole number from 1 to 20, not 4.0."]),
        (
            {"deadline": SHIPPED.deadline | {"high": True}},
            ["deadline.high must be a whole number from 1 to 43200, not true."],
        ),
        ({"limits": {"pulse": [True, 130]}}, ["limits.pulse must be two numbers, the lower first."]),
        ({"window": "half an hour"}, ['window must be a whole number from 1 to 240, not "half an hour".']),
        (
            {"silent_after_hours": 10**10},
            ["silent_after_hours must be a whole number from 1 to 720, not 10000000000."],
        ),
        ({"act_within": None}, ['act_within must be a whole number from 1 to 43200, not "off".']),
        (
            {"red_vital_sign": "urgent"},
            [f'red_vital_sign must be one of {SEVERITIES}, silent or "off", not "urgent".'],
        ),
        ({"unscored": None}, [f'unscored must be one of {SEVERITIES} or silent, not "off".']),
        ({"rise": 3}, ['rise must be a table or "off", not 3.']),
        (
            {"rise": {"points": 2, "within_hours": 500}},
            [
                f"rise.severity is left out: it must be one of {SEVERITIES} or silent.",
                "rise.within_hours must be a whole number from 1 to 96, not 500.",
            ],
        ),
        (
            {"rise": RISE | {"hours": 3}},
            ["rise.hours is no setting: there are severity, points, within_hours."],
        ),
        ({"limits": {"pulze": [40, 130]}}, ["limits.pulze is no setting: is pulse meant?"]),
        ({"limits": {"pulse": [40]}}, ["limits.pulse must be two numbers, the lower first."]),
        (
            {"limits": {"pulse": ["low", "high"]}},
            ["limits.pulse must be two numbers, the lower first."],
        ),
        ({"drift": DRIFT | {"below": {"spo2": 0}}}, ["drift.below.spo2 must be a number above 0, not 0."]),
        (
            {"drift": DRIFT | {"lasting_hours": 13}},
            ["drift: lasting_hours (13) must not be more than within_hours (12)."],
        ),
        ({"version": 2}, ["version must be text in quotation marks, not 2."]),
        ({"medium_from": 8}, ["medium_from (8) must not be above high_from (7)."]),
        ({"answer_within": 1441}, ["answer_within must be a whole number from 1 to 1440, not 1441."]),
        ({"limits": {"[key]": [40, 130]}}, ["limits.[key] is no setting: there are " + SIGNS + "."]),
        (
            {"rise": RISE | {"[key]": 3}},
            ["rise.[key] is no setting: there are severity, points, within_hours."],
        ),
    ],
)
def test_each_wrong_setting_is_one_sentence_that_says_what_it_may_be(change: dict, said: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate(SHIPPED.model_dump() | change)
    assert sentences(refused.value) == said


def test_every_setting_of_every_table_can_be_told_of() -> None:
    tables: dict[str, Any] = {name: {"": 1} for name in Policy.model_fields}
    with pytest.raises(ValidationError) as refused:
        Policy.model_validate(tables | {"rise": {}, "trend": {}, "drift": {}, "soft_signs": {}})
    said = " ".join(sentences(refused.value))
    assert all(name in said for name in Policy.model_fields)
    assert "Input should" not in said


def test_what_is_no_table_at_all_is_no_policy() -> None:
    assert str(fault("[1]")) == "A policy must be a table. Record it anew, put right. (policy.senseless)"


def test_a_name_that_means_something_to_the_schema_is_no_setting_either() -> None:
    assert "[key] is no setting: there are version, window," in str(fault('{"[key]": 1}'))


def test_a_fault_that_cannot_be_worded_keeps_no_reading_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_faults, "_sentence", lambda error: error["no such thing"])
    assert understood('{"nobody": "worded this"}') is None
    assert "nobody: Extra inputs are not permitted." in str(fault('{"nobody": "worded this"}'))


ALONE = scored(
    3,
    18,
    parts={VitalSign.RESPIRATION_RATE: (3, 26)},
    deciding=(VitalSign.SPO2, VitalSign.PULSE),
    red="yes",
)


@pytest.mark.parametrize(
    ("red", "asks", "medium_from"), list(product(["low_medium", None], ["low_medium", None], [3, 4, 5]))
)
def test_where_a_lone_red_sign_would_raise_nothing_and_ask_for_nothing_it_is_found_all_the_same(
    red: str | None, asks: str | None, medium_from: int
) -> None:
    tried = policy(red_vital_sign=red, could_not_be_excluded=asks, medium_from=medium_from)
    silent = not rules.findings(ALONE, tried) and not rules.asks(ALONE, tried)
    assert (unsafe(tried) is not None) == silent
    assert fault(tried.model_dump_json()) == unsafe(tried)
    given_back = {"red_vital_sign": SHIPPED.red_vital_sign} if silent else {}
    held = tried.model_copy(update=given_back)
    assert understood(tried.model_dump_json()) == held
    assert rules.findings(ALONE, held) or rules.asks(ALONE, held)


def test_what_is_shipped_is_safe() -> None:
    assert unsafe(SHIPPED) is None
