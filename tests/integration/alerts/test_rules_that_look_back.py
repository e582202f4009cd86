"""Rules that look back live: what was known before is read of the database, and only where a policy asks for it."""

import json
from datetime import timedelta
from typing import Any, LiteralString

import pytest

from alerts.evaluator import Evaluator
from alerts.standing import policies_in_force
from api.queries.baseline import baseline
from delegation.people import act_as
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW, Ward

POLICY: LiteralString = """
INSERT INTO alerts.policy (hub_id, version, body, in_force_from, recorded_at)
SELECT %s, 'looks back', body || %s::jsonb, '2020-01-01', '2020-01-01' FROM alerts.policy WHERE hub_id IS NULL
"""
FOUND: LiteralString = """
SELECT rule, severity, sentence, low, jsonb_array_length(evidence) FROM alerts.finding WHERE resident_id = %s
ORDER BY found_at, finding_id
"""
RISE = {"rise": {"points": 2, "within_hours": 24, "severity": "concern"}}
TREND = {"trend": {"readings": 4, "within_hours": 72, "severity": "concern", "change": {"spo2": -3}}}
DRIFT = {
    "drift": {
        "readings": 2,
        "within_hours": 24,
        "lasting_hours": 6,
        "usual_days": 28,
        "usual_readings": 5,
        "usual_since_days": 3,
        "severity": "concern",
        "above": {"pulse": 12},
    }
}
SOFT = {"soft_signs": {"at_least": 2, "severity": "concern"}}
WORSE = n.NORMAL | {"respiration_rate": 22, "pulse": 95}
"""NEWS2 2 + 1 = 3."""


@pytest.fixture
def looking_back(ward):
    ward.change(POLICY, n.HUB, json.dumps(RISE | TREND | DRIFT | SOFT))
    return ward


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def test_a_rise_within_the_day_is_found_with_the_reading_it_rose_from(looking_back):
    looking_back.send(n.NORMAL, at=NOW - hours(8))
    looking_back.send(WORSE, at=NOW)
    [(rule, severity, sentence, low, rests_on)] = looking_back.rows(FOUND, n.AMARA)
    assert (rule, severity, low) == ("rise", "concern", 3)
    assert sentence == "NEWS2 has risen by 3 or more: 0 on 04 March at 01:00, 3 now."
    assert rests_on == 2


def test_whoever_asks_again_is_told_as_before_whether_anything_was_found(looking_back):
    before = looking_back.reading(n.NORMAL, taken_at=NOW - timedelta(minutes=1))
    rising = looking_back.reading(WORSE, taken_at=NOW)
    first = [looking_back.deliver(one)[0].verdict for one in (before, rising)]
    again = [looking_back.deliver(one, at=NOW)[0].verdict for one in (before, rising)]
    assert [one.found for one in first] == [one.found for one in again] == [False, True]


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([(25, n.NORMAL)], id="too long ago"),
        pytest.param([(8, {"temperature": 36.8})], id="unknown then"),
        pytest.param([], id="nothing before"),
    ],
)
def test_there_is_no_rise_from_what_is_too_old_unknown_or_was_not_measured(looking_back, before):
    for ago, values in before:
        looking_back.send(values, at=NOW - hours(ago))
    looking_back.send(WORSE, at=NOW)
    assert looking_back.rules() == []


def test_a_batch_finds_what_one_by_one_finds(looking_back):
    readings = [
        looking_back.reading(values, taken_at=NOW - hours(ago)) for ago, values in ((6, n.NORMAL), (0, WORSE))
    ]
    looking_back.deliver(*readings, at=NOW)
    assert looking_back.rules() == ["rise"]


def test_what_arrives_later_is_no_past_to_rise_from(looking_back):
    looking_back.send(WORSE, at=NOW)
    looking_back.send(n.NORMAL, at=NOW + n.minutes(5), taken_at=NOW - hours(2))
    assert looking_back.rules() == []


def test_a_falling_sign_is_found_once_it_carries_a_point(looking_back):
    for place, spo2 in enumerate((98, 97, 96, 94)):
        looking_back.send(n.NORMAL | {"spo2": spo2}, at=NOW + hours(6 * place))
    [(rule, _, sentence, _, rests_on)] = looking_back.rows(FOUND, n.AMARA)
    assert (rule, rests_on) == ("trend", 4)
    assert sentence == "Oxygen saturation has been falling over 18 hours: 98, 97, 96, 94%."


def days_as_usual(ward: Ward, *pulses: int, resident=n.AMARA) -> list[Any]:
    """One reading a day up to the day before yesterday, with these pulses, the latest last."""
    readings = [
        ward.reading({"pulse": pulse}, taken_at=NOW - hours(24 * ago), resident=resident)
        for pulse, ago in zip(pulses, range(len(pulses) + 1, 1, -1), strict=True)
    ]
    for one in readings:
        ward.deliver(one)
    return readings


def test_a_sign_that_stays_beyond_the_residents_own_usual_is_found_whatever_it_scores(looking_back):
    days_as_usual(looking_back, 61, 60, 66, 64, 62)
    days_as_usual(looking_back, 50, 50, 50, 50, 50, resident=n.BRAM)
    looking_back.send({"pulse": 79}, at=NOW - hours(8))
    assert looking_back.rules() == []
    looking_back.send({"pulse": 77}, at=NOW)
    [(rule, severity, sentence, low, rests_on)] = looking_back.rows(FOUND, n.AMARA)
    assert (rule, severity, low, rests_on) == ("drift", "concern", None, 2)
    assert sentence == (
        "Pulse has been 77 to 79 beats a minute over 8 hours (2 readings),"
        " above their own usual of 60 to 64 (5 readings since 26 February)."
    )
    with looking_back.database.connect("hearthwatch_api") as conn:
        act_as(conn, n.CLINICIAN)
        shown = baseline(conn, n.AMARA, policies_in_force(conn, NOW).for_hub(n.HUB).usual, NOW)
    assert {sign: (one.low, one.high, one.readings) for sign, one in shown.items()} == {"pulse": (60, 64, 5)}


def test_whoever_is_given_no_score_is_held_against_their_own_usual_too(looking_back):
    looking_back.change(
        "UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s", n.AMARA
    )
    days_as_usual(looking_back, 61, 60, 66, 64, 62)
    looking_back.send({"pulse": 79}, at=NOW - hours(8))
    looking_back.send({"pulse": 77}, at=NOW)
    [(rule, severity, _, low, rests_on)] = looking_back.rows(FOUND, n.AMARA)
    assert (rule, severity, low, rests_on) == ("drift", "concern", None, 2)


def test_what_is_usual_rests_on_what_is_theirs_and_had_come_by_then(looking_back):
    usual = days_as_usual(looking_back, 61, 60, 66, 64, 62)
    looking_back.send({"pulse": 79}, at=NOW - hours(8))
    correct_to(looking_back, usual[2], n.BRAM, NOW - hours(7))
    looking_back.send({"pulse": 77}, at=NOW)
    assert looking_back.rules() == [], "four readings are too few"
    looking_back.send({"pulse": 63}, at=NOW + n.minutes(5), taken_at=NOW - hours(50))
    assert looking_back.rules() == [], "nothing is said of what was judged"
    looking_back.send({"pulse": 78}, at=NOW + n.minutes(10))
    assert looking_back.rules() == ["drift"]


def test_soft_signs_together_are_a_concern_whatever_is_measured(looking_back):
    looking_back.send(n.NORMAL, soft_signs={"pain": "present", "skin": "present"})
    assert looking_back.rules() == ["soft_signs"]


def test_a_hub_whose_policy_leaves_them_out_hears_nothing_of_them(ward):
    ward.send(n.NORMAL, at=NOW - hours(8), soft_signs={"pain": "present", "skin": "present"})
    ward.send(WORSE, at=NOW)
    assert ward.rules() == []


def correct_to(ward: Ward, reading, whose, at) -> None:
    said = Correction(
        (ward.kit.kit_id, reading.reading_id), 0, whose, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN
    )
    with ward.database.connect("hearthwatch_ingest") as conn:
        correct(conn, Evaluator(), said, at)


def test_a_rise_is_from_what_was_corrected_to_be_theirs(looking_back):
    theirs = looking_back.reading(n.NORMAL, resident=n.BRAM, taken_at=NOW - hours(8))
    looking_back.deliver(theirs, at=NOW - hours(8))
    correct_to(looking_back, theirs, n.AMARA, NOW - hours(7))
    looking_back.send(WORSE, at=NOW)
    assert looking_back.rules() == ["rise"]


def test_what_is_worse_once_a_reading_was_not_theirs_is_a_rise_too(looking_back):
    looking_back.send(n.NORMAL, at=NOW - hours(8))
    looking_back.send(WORSE, at=NOW - n.minutes(20))
    better = looking_back.reading({"respiration_rate": 14, "pulse": 72}, taken_at=NOW - n.minutes(15))
    looking_back.deliver(better, at=NOW - n.minutes(15))
    looking_back.send({"temperature": 36.8}, at=NOW - n.minutes(10))
    assert looking_back.rules() == ["rise"]
    correct_to(looking_back, better, n.BRAM, NOW)
    assert looking_back.rules().count("rise") == 2
