"""A resident's own limits: they add a finding where a value lies outside, while they are in force, and nothing else."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from alerts.beside.personal_limits import outside_own_limits
from alerts.judgement import judge, judge_unscored
from alerts.policy import Severity
from alerts.sets.scoring import score_readings
from delegation.authority import PersonalLimit
from delegation.decisions.personal_limit import SIGNS
from delegation.store import authorities_of
from devices.vital_signs import QUANTITIES, VitalSign
from ingest.arrival import NewReading
from tests.unit.alerts.judged_sets import NOW, policy
from tests.unit.alerts.test_attention import moments_of, well

S = VitalSign
LONG_AGO = NOW - timedelta(days=400)


def limit(sign: str, low: int | None, high: int | None, *, revoked: timedelta | None = None) -> PersonalLimit:
    least, most = (None if end is None else Decimal(end) for end in (low, high))
    return PersonalLimit(sign, least, most, LONG_AGO, None if revoked is None else NOW + revoked)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (49, "Pulse 49 beats a minute, under their own limit of 50."),
        (50, None),
        (90, None),
        ("90.5", "Pulse 90.5 beats a minute, over their own limit of 90."),
    ],
)
def test_a_value_outside_is_a_finding_and_the_limits_themselves_are_inside(value, words):
    found = outside_own_limits({S.PULSE: Decimal(value)}, [limit("pulse", 50, 90)], [NOW], policy())
    assert [one.sentence for one in found] == ([] if words is None else [words])
    assert {one.severity for one in found} <= {Severity.LOW_MEDIUM}


def test_several_are_one_finding_and_what_was_not_measured_is_none():
    limits = [limit("spo2", 90, None), limit("pulse", None, 80), limit("systolic", 100, 150)]
    values = {S.SPO2: Decimal(89), S.PULSE: Decimal(81), S.RESPIRATION_RATE: Decimal(40)}
    [found] = outside_own_limits(values, limits, [NOW], policy(personal_limit="medium"))
    assert found.severity is Severity.MEDIUM
    assert found.sentence == (
        "Pulse 81 beats a minute, over their own limit of 80;"
        " oxygen saturation 89%, under their own limit of 90."
    )


def test_it_counts_until_it_is_revoked():
    values = {S.PULSE: Decimal(100)}
    over, lasting = (limit("pulse", None, 90, revoked=timedelta(hours=by)) for by in (-1, 1))
    to_come = PersonalLimit("pulse", None, Decimal(90), NOW + timedelta(hours=1), None)
    assert outside_own_limits(values, [over, to_come], [NOW], policy()) == []
    assert len(outside_own_limits(values, [lasting], [NOW], policy())) == 1
    either = [NOW - timedelta(hours=2), NOW]
    assert len(outside_own_limits(values, [over], either, policy())) == 1, (
        "where the clock was wrong, at either time"
    )


def test_it_speaks_at_the_readings_own_moment_whatever_the_score_and_hides_nothing_of_it():
    [scored] = moments_of([well(1)])
    under = policy()
    plain, limited = judge(scored, under, NOW), judge(scored, under, NOW, limits=[limit("pulse", None, 70)])
    assert (plain.found, [one.rule for one in limited.found]) == ([], ["personal_limit"])
    ill = well(1) | {"values": well(1)["values"] | {S.PULSE: Decimal(135)}}
    [red] = moments_of([ill])
    wide = [limit("pulse", 20, 200)]
    assert judge(red, under, NOW, limits=wide).found == judge(red, under, NOW).found != []
    late = [well(1), well(1) | {"minutes_ago": 10, "values": {S.PULSE: Decimal(75)}}]
    found = [judge(one, under, NOW, limits=[limit("pulse", None, 70)]).found for one in moments_of(late)]
    assert [len(one) for one in found] == [1, 1], "the later moment is not remarked on again"


def test_it_answers_nothing_that_was_asked():
    lone = well(1) | {"values": {S.PULSE: Decimal(75)}, "words": {}}
    [scored] = moments_of([lone])
    judged = judge(scored, policy(), NOW, limits=[limit("pulse", None, 70)])
    assert [one.rule for one in judged.found] == ["personal_limit"]
    assert not judged.answers


def test_whoever_is_given_no_score_has_limits_of_their_own_beside_the_hubs():
    reading = moments_of(
        [well(1) | {"values": {S.RESPIRATION_RATE: Decimal(30), S.DIASTOLIC: Decimal(95)}}]
    ).rows[0]
    limits = [limit("diastolic", None, 90), limit("respiration_rate", 5, 60)]
    judged = judge_unscored(reading, policy(), NOW, limits=limits)
    assert sorted(one.rule for one in judged.found) == ["outside_limits", "personal_limit"]


@pytest.mark.parametrize(
    ("measured", "found"),
    [
        (
            {S.SPO2: Decimal(97)},
            [
                "Systolic blood pressure 101 mmHg, which its instrument measured at another time,"
                " under their own limit of 110."
            ],
        ),
        ({S.SYSTOLIC: Decimal(120)}, []),
    ],
    ids=["nothing newer", "measured since"],
)
def test_what_an_instrument_remembers_is_held_against_them_where_nothing_newer_is_known(measured, found):
    memory = {"remembered:systolic": "101", "remembered:diastolic": "60"}
    row = moments_of([well(1) | {"values": measured, "words": {}}]).rows[0]
    assert isinstance(row, NewReading)
    cause = row._replace(flags=tuple(memory), unusable=memory)
    [scored] = score_readings([cause], [], {}, timedelta(hours=12))
    own = [limit("systolic", 110, None), limit("diastolic", 50, 90)]
    for judged in (
        judge(scored, policy(), NOW, limits=own),
        judge_unscored(cause, policy(limits={}), NOW, limits=own),
    ):
        assert [one.sentence for one in judged.found if one.rule == "personal_limit"] == found


def test_limits_come_with_whatever_else_was_decided():
    who = UUID(int=41)
    rows = [
        (who, "limit", LONG_AGO, None, None, None, "pulse 50 90.5"),
        (who, "limit", LONG_AGO, NOW, None, None, "spo2 - 98"),
        (who, "limit", LONG_AGO, None, None, None, "systolic 100"),
    ]
    assert authorities_of([who], rows)[who].limits == [
        PersonalLimit("pulse", Decimal(50), Decimal("90.5"), LONG_AGO, None),
        PersonalLimit("spo2", None, Decimal(98), LONG_AGO, NOW),
        PersonalLimit("systolic", Decimal(100), None, LONG_AGO, None),
    ]


def test_delegation_and_devices_know_the_same_signs():
    assert tuple(map(str, QUANTITIES)) == SIGNS
