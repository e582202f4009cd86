"""Scale 2 and assumed air are what somebody decided for the time of the reading, and are shown as such."""

from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import pytest

from delegation.decisions import air_record
from devices import registry
from devices.reading import NotObtained
from devices.receipt import Status
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

AUTHORISE: LiteralString = """
INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, ends_at, revoked_at, recorded_by, recorded_at)
VALUES (%s, 'Dr Synthetic', 'GMC', '1234567', 'Confirmed hypercapnic respiratory failure', %s, %s, %s, %s, %s, %s,
    '2020-01-01')
"""
RECORD_AIR: LiteralString = """
INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at) VALUES (%s, %s, %s)
"""
AIR_RECORDS: LiteralString = (
    "SELECT resident_id, cancelled_at FROM delegation.air_record ORDER BY resident_id"
)
SCORES: LiteralString = """
SELECT spo2_scale, low, red_score FROM alerts.score WHERE resident_id = %s ORDER BY cause_arrival, effective_at
"""
ASSUMED: LiteralString = """
SELECT assumed_air FROM alerts.score WHERE resident_id = %s ORDER BY cause_arrival, effective_at
"""
NINETY = n.NORMAL | {"spo2": 90}
NO_WORD_OF_OXYGEN = {sign: value for sign, value in n.NORMAL.items() if sign != "on_oxygen"}
CHECKED = air_record.Check(checked=True, doubt=None, over=None)
MONTH = timedelta(days=30)
WEEK_AGO = NOW - timedelta(days=7)


def authorise(ward, *, starts=NOW - 6 * MONTH, review=NOW + MONTH, ends=None, revoked=None) -> None:
    ward.change(AUTHORISE, n.AMARA, starts, starts, review, ends, revoked, n.CLINICIAN)


def test_without_an_authorisation_ninety_percent_is_red(ward):
    ward.send(NINETY)
    assert ward.rows(SCORES, n.AMARA) == [(1, 3, "yes")]
    assert len(ward.cases()) == 1


def test_with_one_in_force_the_same_reading_is_normal(ward):
    authorise(ward)
    ward.send(NINETY)
    assert ward.rows(SCORES, n.AMARA) == [(2, 0, "no")]
    assert ward.cases() == []


def test_it_is_for_that_resident_alone(ward):
    authorise(ward)
    ward.send(NINETY, resident=n.BRAM)
    assert ward.rows(SCORES, n.BRAM) == [(1, 3, "yes")]


def test_an_overdue_review_changes_no_scale(ward):
    authorise(ward, review=NOW - 3 * MONTH)
    ward.send(NINETY)
    assert ward.rows(SCORES, n.AMARA) == [(2, 0, "no")]


@pytest.mark.parametrize(
    "ending", [{"ends": WEEK_AGO}, {"revoked": WEEK_AGO}, {"starts": NOW + n.minutes(1)}]
)
def test_one_that_ended_or_has_not_begun_is_none(ward, ending):
    authorise(ward, **ending)
    ward.send(NINETY)
    assert ward.rows(SCORES, n.AMARA) == [(1, 3, "yes")]


def test_what_counts_is_the_time_of_the_reading_and_not_of_its_arrival(ward):
    authorise(ward, revoked=NOW - n.minutes(10))
    ward.send(NINETY, taken_at=NOW - n.minutes(20))
    ward.send(NINETY, at=NOW + n.minutes(1))
    assert [scale for scale, _, _ in ward.rows(SCORES, n.AMARA)] == [2, 1]


def test_on_scale_2_too_much_oxygen_is_what_scores(ward):
    authorise(ward)
    ward.send(n.NORMAL | {"spo2": 97, "on_oxygen": True})
    assert ward.rows(SCORES, n.AMARA) == [(2, 5, "yes")]
    [(_, severity, why, *_)] = ward.cases()
    assert severity == "medium"
    assert why == "NEWS2 is 5: Oxygen saturation 97% (scale 2), on oxygen."


def test_without_a_record_nobody_assumes_air(ward):
    settled = ward.send(NO_WORD_OF_OXYGEN)
    assert (settled.verdict.low, settled.verdict.high, settled.verdict.deciding) == (0, 2, ())
    assert ward.rows(ASSUMED, n.AMARA) == [(False,)]


def test_on_a_record_air_is_assumed_and_the_score_says_so(ward):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, WEEK_AGO)
    first = ward.send(NO_WORD_OF_OXYGEN)
    assert (first.verdict.low, first.verdict.high, first.verdict.assumed_air) == (0, 0, True)
    assert ward.rows(ASSUMED, n.AMARA) == [(True,)]


def test_a_score_that_raises_a_case_says_that_air_was_assumed(ward):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, WEEK_AGO)
    grave = ward.reading(
        {sign: value for sign, value in n.GRAVE.items() if sign != "on_oxygen"}, taken_at=NOW
    )
    [first] = ward.deliver(grave)
    [again] = ward.deliver(grave, at=NOW + n.minutes(1))
    assert (first.verdict.assumed_air, again.verdict.assumed_air) == (True, True)
    [(_, _, why, *_)] = ward.cases()
    assert f"NEWS2 is {first.verdict.low}, air assumed: " in why


def test_what_was_said_of_oxygen_is_not_called_assumed(ward):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, WEEK_AGO)
    ward.send(n.NORMAL)
    assert ward.rows(ASSUMED, n.AMARA) == [(False,)]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"values": {"on_oxygen": True}}, id="oxygen in use"),
        pytest.param({"values": {"on_oxygen": "two litres"}}, id="something nobody can read"),
        pytest.param(
            {"values": NO_WORD_OF_OXYGEN, "not_obtained": {"on_oxygen": NotObtained.REFUSED}},
            id="not to be had",
        ),
    ],
)
def test_any_word_of_oxygen_ends_the_record_for_good(ward, said):
    for resident in (n.AMARA, n.BRAM):
        ward.change(RECORD_AIR, resident, n.MANAGER, WEEK_AGO)
    ward.send(**said)
    ward.send({"on_oxygen": False}, at=NOW + n.minutes(60))
    ward.send(NO_WORD_OF_OXYGEN, at=NOW + n.minutes(120))
    assert ward.rows(ASSUMED, n.AMARA) == [(False,)] * 3
    assert ward.rows(AIR_RECORDS) == [(n.AMARA, NOW), (n.BRAM, None)]
    assert ward.rows("SELECT actor, action, subject, resident_id FROM delegation.audit_event") == [
        ("process:ingest", "air_record.cancelled", f"resident:{n.AMARA}", n.AMARA)
    ]


def test_a_record_made_anew_counts_again(ward):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, WEEK_AGO)
    ward.send({"on_oxygen": True})
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, NOW + n.minutes(30))
    ward.send(NO_WORD_OF_OXYGEN, at=NOW + n.minutes(90))
    assert ward.rows(ASSUMED, n.AMARA)[-1] == (True,)


def test_one_that_was_withdrawn_counts_no_more_and_oxygen_that_is_seen_later_does_not_end_it_once_more(ward):
    def say(at: datetime) -> UUID:
        return ward.act(air_record.record, n.AMARA, CHECKED, at, by=n.MANAGER)

    first = say(NOW)
    ward.send(NO_WORD_OF_OXYGEN, at=NOW + n.minutes(1))
    ward.act(air_record.withdraw, n.AMARA, first, NOW + n.minutes(60))
    ward.send(NO_WORD_OF_OXYGEN, at=NOW + n.minutes(61))
    ward.send({"on_oxygen": True}, at=NOW + n.minutes(120))
    say(NOW + n.minutes(180))
    ward.send(NO_WORD_OF_OXYGEN, at=NOW + n.minutes(181))
    assert ward.rows(ASSUMED, n.AMARA) == [(True,), (False,), (False,), (True,)]
    assert ward.rows("SELECT action FROM delegation.audit_event ORDER BY audit_id") == [
        ("air_record.recorded",),
        ("air_record.withdrawn",),
        ("air_record.recorded",),
    ]


@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize("oxygen_first", [True, False])
def test_oxygen_counts_from_its_arrival_together_or_one_by_one(ward, in_one_batch, oxygen_first):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, WEEK_AGO)
    oxygen = ward.reading({"on_oxygen": True}, taken_at=NOW - n.minutes(120))
    silent = ward.reading(NO_WORD_OF_OXYGEN, taken_at=NOW)
    order = (oxygen, silent) if oxygen_first else (silent, oxygen)
    for batch in [order] if in_one_batch else [(one,) for one in order]:
        ward.deliver(*batch, at=NOW)
    [(assumed,)] = ward.rows("SELECT assumed_air FROM alerts.score WHERE effective_at = %s", NOW)
    assert assumed is not oxygen_first
    assert ward.rows(AIR_RECORDS) == [(n.AMARA, NOW - n.minutes(120))]


def tells_its_clock(ward, slow_by: timedelta) -> None:
    """Twice, a minute apart, as a kit does."""
    with ward.database.connect("hearthwatch_ingest") as conn:
        for at in (NOW - n.minutes(1), NOW):
            registry.note_status(conn, n.KIT, Status(online=True, clock=at - slow_by), at)


@pytest.mark.parametrize(
    ("hours_ago", "scale"),
    [
        pytest.param(4, 1, id="before the kit's time"),
        pytest.param(1, 1, id="between the kit's time and the hub's"),
        pytest.param(None, 2, id="never"),
    ],
)
def test_by_a_slow_clock_scale_2_is_used_only_if_it_is_in_force_by_the_hubs_too(ward, hours_ago, scale):
    tells_its_clock(ward, timedelta(hours=3))
    authorise(ward, revoked=None if hours_ago is None else NOW - timedelta(hours=hours_ago))
    ward.send(NINETY, at=NOW, taken_at=NOW - timedelta(hours=3))
    assert ward.rows(SCORES, n.AMARA) == [(2, 0, "no") if scale == 2 else (1, 3, "yes")]
    assert bool(ward.cases()) is (scale == 1)


def test_oxygen_that_a_slow_clock_says_is_in_use_ends_a_record_made_since_by_that_clock(ward):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, NOW - timedelta(hours=1))
    tells_its_clock(ward, timedelta(hours=3))
    ward.send({"on_oxygen": True}, at=NOW, taken_at=NOW - timedelta(hours=3))
    second = n.Kit(n.SECOND_KIT, 2)
    later = NOW + n.minutes(60)
    ward.take([second.arrival(second.reading(n.AMARA, NO_WORD_OF_OXYGEN, taken_at=later), later)], later)
    assert ward.rows(ASSUMED, n.AMARA)[-1] == (False,)
    assert ward.rows(AIR_RECORDS) == [(n.AMARA, NOW)]


def test_air_recorded_after_a_slow_clocks_time_is_not_assumed_of_that_time(ward):
    ward.change(RECORD_AIR, n.AMARA, n.MANAGER, NOW - timedelta(hours=1))
    tells_its_clock(ward, timedelta(hours=3))
    ward.send(NO_WORD_OF_OXYGEN, at=NOW, taken_at=NOW - timedelta(hours=3))
    assert ward.rows(ASSUMED, n.AMARA) == [(False,)]


@pytest.mark.parametrize(
    "clock_is_set", [False, True], ids=["of another kit", "of the same, whose clock was set"]
)
def test_a_slow_clock_decides_no_more_when_its_moment_is_scored_anew(ward, clock_is_set):
    tells_its_clock(ward, timedelta(hours=3))
    authorise(ward, revoked=NOW - timedelta(hours=1))
    taken = NOW - timedelta(hours=3)
    ward.send(
        {sign: value for sign, value in NINETY.items() if sign != "temperature"}, at=NOW, taken_at=taken
    )
    later = NOW + n.minutes(2)
    if clock_is_set:
        with ward.database.connect("hearthwatch_ingest") as conn:
            for at in (later - n.minutes(1), later):
                registry.note_status(conn, n.KIT, Status(online=True, clock=at), at)
    kit = ward.kit if clock_is_set else n.Kit(n.SECOND_KIT, 2)
    late = kit.reading(n.AMARA, {"temperature": "36.8"}, taken_at=taken - n.minutes(5))
    ward.take([kit.arrival(late, later)], later)
    assert len(ward.rows(SCORES, n.AMARA)) == 3, "the late one's own, and that of the first moment again"
    assert {scale for scale, *_ in ward.rows(SCORES, n.AMARA)[:1] + ward.rows(SCORES, n.AMARA)[-1:]} == {1}
