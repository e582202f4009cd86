"""What comes late raises only what is still worth acting on; whom NEWS2 does not fit is watched without it."""

from datetime import UTC, datetime, timedelta
from typing import LiteralString

import pytest

from delegation.residents.sixteenth_birthday import begin_scores
from devices.reading import SoftSign, Worry, WorryFrom
from devices.receipt import CALL_999, NOTHING
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

YESTERDAY = NOW - timedelta(days=1)
SCORES: LiteralString = "SELECT count(*) FROM alerts.score WHERE resident_id = %s"
UNFIT: LiteralString = "UPDATE delegation.resident SET no_score_reason = %s WHERE resident_id = %s"


def test_yesterdays_grave_set_is_stored_and_scored_and_sends_nobody_running(ward):
    ward.send(n.NORMAL)
    settled = ward.send(n.GRAVE, at=NOW + n.minutes(1), taken_at=YESTERDAY)
    assert (settled.verdict.low, settled.verdict.next, settled.verdict.escalation_id) == (10, NOTHING, None)
    assert ward.rows(SCORES, n.AMARA) == [(2,)]
    assert ward.cases() == []


def test_yesterdays_somebody_unresponsive_does_not_call_999_today(ward):
    ward.send(n.NORMAL)
    settled = ward.send(n.NORMAL | {"consciousness": "U"}, at=NOW + n.minutes(1), taken_at=YESTERDAY)
    assert settled.verdict.next == NOTHING


def test_a_late_set_that_is_the_newest_there_is_raises_however_old(ward):
    settled = ward.send(n.GRAVE, taken_at=NOW - timedelta(days=5))
    assert settled.verdict.escalation_id == ward.open_case()


@pytest.mark.parametrize(("minutes_ago", "raises"), [(239, True), (240, True), (241, False)])
def test_a_late_set_fresh_enough_to_act_on_raises(ward, minutes_ago, raises):
    ward.send(n.NORMAL)
    ward.send(n.GRAVE, at=NOW, taken_at=NOW - n.minutes(minutes_ago))
    assert len(ward.cases()) == int(raises)


def test_a_late_part_that_completes_the_newest_set_raises_for_it(ward):
    without_breathing = {
        sign: value for sign, value in n.GRAVE.items() if sign not in ("respiration_rate", "spo2")
    }
    ward.send(without_breathing)
    assert ward.cases() == []
    late = ward.send(
        {"respiration_rate": 26, "spo2": 91}, at=NOW + n.minutes(5), taken_at=NOW - n.minutes(10)
    )
    assert late.verdict.low == 6, "at its own moment only these are known"
    [(_, severity, _, low, *_)] = ward.cases()
    assert (severity, low) == ("high", 10)


def test_a_clock_that_runs_ahead_orders_by_arrival_and_still_raises(ward):
    settled = ward.send(n.GRAVE, taken_at=NOW + timedelta(days=300))
    assert settled.verdict.escalation_id == ward.open_case()
    ward.send(n.NORMAL, at=NOW + n.minutes(40))
    assert ward.rows("SELECT max(last_effective_at) FROM ingest.current_vitals") == [(NOW + n.minutes(40),)]


REASONS = ["under_16", "pregnant", "spinal_cord_injury"]


@pytest.mark.parametrize("reason", REASONS)
def test_whom_news2_does_not_fit_gets_no_score_but_is_found_outside_the_limits(ward, reason):
    ward.change(UNFIT, reason, n.AMARA)
    settled = ward.send(n.GRAVE)
    assert (settled.verdict.low, settled.verdict.high) == (None, None)
    assert ward.rows(SCORES, n.AMARA) == [(0,)]
    [(_, severity, why, low, *_)] = ward.cases()
    assert (severity, low) == ("low_medium", None)
    assert why == (
        "Breathing rate 26 breaths a minute, oxygen saturation 91%, temperature 39.2 °C: outside this hub's limits. "
        "NEWS2 is not used for this resident."
    )


def test_whom_news2_does_not_fit_raises_nothing_while_within_the_limits(ward):
    ward.change(UNFIT, "pregnant", n.AMARA)
    settled = ward.send(n.NORMAL)
    assert settled.verdict.next == NOTHING
    ward.send({"temperature": 36.8}, at=NOW + n.minutes(1), scheduled_full_set=True)
    assert ward.cases() == []
    assert ward.questions() == {}


def test_what_was_asked_is_asked_no_more_once_news2_does_not_fit_them(ward):
    for resident in (n.AMARA, n.BRAM):
        ward.deliver(ward.reading({"respiration_rate": 22}, resident=resident))
        ward.change(UNFIT, "pregnant", resident)
    assert list(ward.questions()) == [n.AMARA, n.BRAM]
    ward.send({"temperature": 36.8}, at=NOW + n.minutes(10))
    assert list(ward.questions()) == [n.BRAM], "whatever comes then is judged without NEWS2"
    assert ward.tick(NOW + n.minutes(31)) == 0
    assert (ward.questions(), ward.cases(n.AMARA), ward.cases(n.BRAM)) == ({}, [], [])


def test_what_nobody_measured_before_news2_ceased_to_fit_them_was_told(ward):
    ward.send({"respiration_rate": 22})
    ward.tick(NOW + n.minutes(31))
    ward.change(UNFIT, "pregnant", n.AMARA)
    ward.send(n.NORMAL, at=NOW + n.minutes(40))
    assert ward.rules() == ["could_not_be_excluded"]


def test_whom_news2_does_not_fit_is_still_called_999_for(ward):
    ward.change(UNFIT, "under_16", n.AMARA)
    settled = ward.send(n.NORMAL | {"consciousness": "U"})
    assert settled.verdict.next == CALL_999
    assert [one[1] for one in ward.cases()] == ["high"]


def test_whom_news2_does_not_fit_is_a_concern_by_soft_sign_and_worry(ward):
    ward.change(UNFIT, "under_16", n.AMARA)
    ward.send(n.NORMAL, soft_signs={"breathing": SoftSign.PRESENT}, worry=Worry(by=WorryFrom.FAMILY))
    assert sorted(ward.rules()) == ["soft_sign", "worry"]
    assert [one[1] for one in ward.cases()] == ["concern"]


def test_news2_is_used_from_the_sixteenth_birthday_on_unless_something_else_speaks_against_it(ward):
    ward.change(UNFIT, "under_16", n.AMARA)
    ward.change(UNFIT, "pregnant", n.BRAM)
    ward.change("UPDATE delegation.resident SET born_on = '2010-06-05'")
    midnight = datetime(2026, 6, 4, 23, tzinfo=UTC)  # in London, in summer
    told = []
    for at in (midnight - n.minutes(1), midnight):
        with ward.database.connect("hearthwatch_scheduler") as conn:
            told.append(begin_scores(conn, at))
        told.append(ward.send(n.NORMAL, at=at + n.minutes(1)).verdict.high)
    assert told == [0, None, 1, 0]
    assert ward.rows("SELECT no_score_reason FROM delegation.resident WHERE resident_id = %s", n.BRAM) == [
        ("pregnant",)
    ]
    assert ward.rows("SELECT resident_id FROM delegation.audit_event WHERE action = 'resident.now_16'") == [
        (n.AMARA,)
    ]


def test_one_batch_of_residents_with_and_without_a_score_keeps_them_apart(ward):
    ward.change(UNFIT, "pregnant", n.AMARA)
    without, with_ = ward.deliver(ward.reading(n.GRAVE), ward.reading(n.GRAVE, resident=n.BRAM))
    assert without.verdict.low is None
    assert with_.verdict.low == 10
    assert (len(ward.cases(n.AMARA)), len(ward.cases(n.BRAM))) == (1, 1)


def test_each_hubs_readings_join_within_its_own_window(ward):
    own: LiteralString = """
        INSERT INTO alerts.policy (hub_id, version, in_force_from, recorded_at, body)
        SELECT %s, 'longer', '2020-01-01', '2020-01-01', body || '{"window": 120}'
        FROM alerts.policy WHERE hub_id IS NULL"""
    ward.change(own, n.HUB)
    ward.change("UPDATE delegation.home SET hub_id = %s WHERE home_id = %s", n.OTHER_HUB, n.MEADOW)
    parts = ({"respiration_rate": 26}, {"pulse": 124})
    for resident in (n.AMARA, n.CORA):
        first, second = (ward.reading(values, resident=resident) for values in parts)
        ward.deliver(first)
        late = second.model_copy(update={"taken_at": NOW + n.minutes(60)})
        ward.deliver(late)
    latest: LiteralString = (
        "SELECT low FROM alerts.score WHERE resident_id = %s ORDER BY cause_arrival DESC LIMIT 1"
    )
    assert ward.rows(latest, n.AMARA) == [(5,)]
    assert ward.rows(latest, n.CORA) == [(2,)]
