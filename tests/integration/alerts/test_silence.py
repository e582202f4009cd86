"""A resident of whom nothing arrives is noticed by the hub's clock, whatever a device's clock says."""

from datetime import timedelta
from typing import LiteralString

import pytest

from alerts.cases import desk
from alerts.cases.escalation import Disposition
from alerts.evaluator import Evaluator
from alerts.policy import Severity
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW

HOURS = timedelta(hours=1)
QUIET = NOW + 26 * HOURS + timedelta(seconds=1)
PAUSE: LiteralString = """
INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at)
VALUES (%s, 'In hospital', %s, %s, %s, %s)
"""
END: LiteralString = """
INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
VALUES (%s, %s, 'moved_away', %s, %s)
"""
OWN_POLICY: LiteralString = """
INSERT INTO alerts.policy (hub_id, version, in_force_from, body)
SELECT %s, 'unhurried', '2020-01-01', body || '{"silent_after_hours": 50}' FROM alerts.policy WHERE hub_id IS NULL
"""


def close_all(ward, at) -> None:
    case = ward.open_case()
    ward.act(desk.claim, case, at)
    ward.act(desk.close, case, Disposition.ADVICE_GIVEN, "Telephoned the home.", at)


def test_silence_is_counted_from_the_last_arrival(ward):
    ward.send(n.NORMAL)
    assert ward.tick(NOW + 26 * HOURS) == 0
    assert ward.tick(QUIET) == 1
    [(state, severity, why, *_, raised_at, deadline_at)] = ward.cases()
    assert (state, severity) == ("open", "silent")
    assert why == "Nothing has arrived about this resident since 04 March at 09:00."
    assert deadline_at - raised_at == 4 * HOURS


def test_it_is_said_once(ward):
    ward.send(n.NORMAL)
    assert [ward.tick(QUIET), ward.tick(QUIET + 8 * HOURS)] == [1, 0]
    assert ward.events() == ["raised"]


def test_an_old_reading_that_arrives_now_breaks_the_silence(ward):
    ward.send(n.NORMAL)
    ward.send(n.NORMAL, at=NOW + 25 * HOURS, taken_at=NOW - 70 * HOURS)
    assert ward.tick(QUIET) == 0


def test_a_clock_that_runs_ahead_does_not_hide_silence(ward):
    ward.send(n.NORMAL, taken_at=NOW + 1000 * HOURS)
    assert ward.tick(QUIET) == 1


def test_a_resident_whose_watching_is_paused_is_not_called_silent_until_the_pause_is_over(ward):
    ward.send(n.NORMAL)
    ward.change(PAUSE, n.AMARA, NOW, NOW + 40 * HOURS, n.MANAGER, NOW)
    assert ward.tick(QUIET) == 0
    assert ward.tick(NOW + 41 * HOURS) == 1


def test_a_pause_that_is_recorded_late_explains_no_silence_of_before(ward):
    ward.send(n.NORMAL)
    assert ward.tick(QUIET) == 1
    ward.change(PAUSE, n.AMARA, NOW, NOW + 40 * HOURS, n.MANAGER, QUIET + HOURS)
    assert ward.tick(QUIET + 2 * HOURS) == 0


def test_nobody_is_called_silent_whose_care_has_ended(ward):
    ward.send(n.NORMAL)
    ward.change(END, n.AMARA, NOW, n.MANAGER, NOW + HOURS)
    assert ward.tick(QUIET) == 0


def test_a_kit_that_is_lent_to_the_home_later_makes_nobody_silent_whose_care_has_ended(ward):
    ward.change(
        "UPDATE delegation.resident SET lives_here_from = %s WHERE resident_id = %s", n.LONG_AGO, n.AMARA
    )
    ward.change("UPDATE devices.kit_loan SET lent_at = %s", NOW)
    ward.change(END, n.AMARA, NOW - 60 * HOURS, n.MANAGER, NOW - 50 * HOURS)
    assert ward.tick(QUIET) == 0, "of whom nothing is known, or nothing any more"
    ward.change("UPDATE delegation.end_of_care SET withdrawn_at = %s, withdrawn_by = %s", NOW, n.MANAGER)
    assert ward.tick(QUIET) == 1


def test_a_reading_that_comes_after_the_end_of_care_was_recorded_says_that_care_goes_on(ward):
    ward.change(END, n.AMARA, NOW - HOURS, n.MANAGER, NOW - HOURS)
    ward.send(n.NORMAL)
    assert ward.tick(QUIET) == 1


def test_a_call_about_something_else_does_not_stand_for_an_arrival(ward):
    ward.send(n.NORMAL)
    ward.act(desk.raise_by_hand, n.AMARA, Severity.CONCERN, "A fall, no harm done.", NOW + HOURS)
    close_all(ward, NOW + HOURS)
    assert ward.tick(QUIET) == 1


def test_while_another_case_is_open_the_silence_waits_for_it_to_be_closed(ward):
    ward.send(n.GRAVE)
    assert ward.tick(QUIET) == 0
    close_all(ward, QUIET)
    assert ward.tick(QUIET) == 1


def test_a_silence_that_was_answered_is_said_again_if_it_lasts_as_long_once_more(ward):
    ward.send(n.NORMAL)
    ward.tick(QUIET)
    close_all(ward, QUIET)
    assert ward.tick(QUIET + 25 * HOURS) == 0
    assert ward.tick(QUIET + 27 * HOURS) == 1


def test_a_hub_waits_as_long_as_its_own_policy_says(ward):
    ward.send(n.NORMAL)
    ward.change(OWN_POLICY, n.HUB)
    assert ward.tick(QUIET) == 0
    assert ward.tick(NOW + 51 * HOURS) == 1


def test_somebody_who_was_never_heard_is_silent_where_there_is_a_kit_to_hear_them_by(ward):
    ward.change("UPDATE delegation.resident SET lives_here_from = %s WHERE resident_id = %s", NOW, n.AMARA)
    assert ward.tick(NOW + 26 * HOURS) == 0
    ward.change("UPDATE devices.kit_loan SET returned_at = now() WHERE kit_id = %s", n.KIT)
    assert ward.tick(QUIET) == 0, "the capture form of a home watches nobody"
    ward.change("UPDATE devices.kit_loan SET returned_at = NULL WHERE kit_id = %s", n.KIT)
    assert [ward.tick(QUIET), ward.tick(QUIET)] == [1, 0]
    [(state, severity, why, *_)] = ward.cases()
    assert (state, severity) == ("open", "silent")
    assert why == "Nothing has ever arrived about this resident, watched since 04 March at 09:00."


def test_a_question_and_a_silence_that_are_due_together_are_told_in_one_go(ward):
    ward.send({"respiration_rate": 22})
    ward.send(n.NORMAL, resident=n.BRAM)
    assert ward.tick(QUIET) == 3
    assert ward.cases(n.AMARA)[0][1] == "low_medium", "of one resident the graver leads"
    assert ward.cases(n.BRAM)[0][1] == "silent"


@pytest.mark.parametrize(
    "nothing",
    [
        {"values": {"pulse": "NaN", "spo2": 400}},
        {"values": {"pulse": 72}, "quality": {"sensor_off": True}},
        {"values": {}, "not_obtained": {"pulse": "refused", "temperature": "equipment"}},
    ],
    ids=["unusable", "sensor off", "not obtained"],
)
def test_a_reading_that_says_nothing_of_the_resident_does_not_break_the_silence(ward, nothing):
    ward.send(n.NORMAL)
    ward.send(at=NOW + 25 * HOURS, **nothing)
    assert ward.tick(QUIET) == 1
    [(_, severity, why, *_)] = ward.cases()
    assert severity == "silent"
    assert why == "Nothing that can be used has arrived about this resident since 04 March at 09:00."


def test_of_whom_only_the_unusable_ever_came_is_silent(ward):
    ward.change("UPDATE delegation.resident SET lives_here_from = %s WHERE resident_id = %s", NOW, n.AMARA)
    ward.send({"pulse": "NaN"}, at=NOW + HOURS)
    assert ward.tick(QUIET) == 1
    [(_, _, why, *_)] = ward.cases()
    assert why == (
        "Nothing that can be used has ever arrived about this resident, watched since 04 March at 09:00."
    )


def test_a_reading_that_was_somebody_elses_never_broke_the_silence(ward):
    ward.send(n.NORMAL)
    anothers = ward.reading(n.NORMAL, taken_at=NOW + 25 * HOURS)
    ward.deliver(anothers)
    said = Correction((n.KIT, anothers.reading_id), 0, n.BRAM, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN)
    with ward.database.connect("hearthwatch_ingest") as conn:
        correct(conn, Evaluator(), said, NOW + 25 * HOURS)
    assert ward.tick(QUIET) == 1
    assert ward.cases(n.AMARA)[0][1] == "silent"


def test_a_soft_sign_is_news_of_somebody_of_whom_nothing_was_measured(ward):
    ward.send(n.NORMAL)
    ward.send({}, at=NOW + 25 * HOURS, soft_signs={"mobility": "absent"})
    assert ward.tick(QUIET) == 0
