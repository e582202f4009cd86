"""A replay of what is stored, from raw readings in the order they arrived, gives the scores and findings stored."""

import json
from datetime import timedelta
from typing import LiteralString

import pytest

from alerts.evaluator import Evaluator
from alerts.policy import SHIPPED
from alerts.replay.as_stored import Agreement, agreement
from alerts.replay.comparison import Kind
from alerts.replay.found import RULES
from api.replays.stored import Span, replay_stored, said_of
from delegation.decisions import air_record
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.decisions import CORRECTED, ON_SCALE_2, PREGNANT
from tests.integration.alerts.stretch import STARTS_AT, Stretch
from tests.integration.alerts.test_authority import CHECKED, NO_WORD_OF_OXYGEN
from tests.integration.alerts.test_rules_that_look_back import POLICY, WORSE
from tests.integration.alerts.test_withdrawals import LATER, corrected
from tests.integration.alerts.ward import NOW

DAYS = 30
SOONER: LiteralString = """
INSERT INTO alerts.policy (hub_id, version, body, in_force_from, recorded_at)
SELECT %s, 'sooner', body || '{"silent_after_hours": 12}', %s, %s FROM alerts.policy WHERE hub_id IS NULL
"""
OLD, NEW = Kind.OLD, Kind.NEW


def replayed(ward) -> Agreement:
    with ward.database.connect("hearthwatch_ingest") as conn:
        return agreement(conn)


@pytest.mark.timeout(900)
@pytest.mark.touched_by_hand
def test_a_month_with_every_fault_is_told_again_exactly_and_under_another_policy(ward):
    Stretch(ward, DAYS).run()
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.refitted) == ({}, {}, 1)
    assert told.corrected == len(CORRECTED)
    _much_was_corrected(ward)
    assert told.scores > 1500
    assert told.found > 500
    assert said_of(told).endswith("All of them are exactly as stored.")
    _everything_happened(ward)
    _under_another_policy(ward)
    _what_was_touched_shows(ward)


def _everything_happened(ward) -> None:
    """The stretch is no test of what did not happen in it."""
    rules = {rule for (rule,) in ward.rows("SELECT DISTINCT rule FROM alerts.finding")}
    assert {"score_threshold", "red_vital_sign", "worry", "could_not_be_excluded", "unrecordable"} <= rules
    assert {"rise", "trend", "drift", "soft_signs"} <= rules
    assert {"silence", "kit_silence", "phone_call"} <= rules
    for resident in (n.AMARA, PREGNANT):
        found = ward.rows("SELECT rule FROM alerts.finding WHERE resident_id = %s", resident)
        assert ("personal_limit",) in found
    assert "soft_sign" in {
        rule for (rule,) in ward.rows("SELECT rule FROM alerts.finding WHERE resident_id = %s", PREGNANT)
    }
    [(late, again, scales, assumed, slow, refused, closed)] = ward.rows(
        """
        SELECT (SELECT count(*) FROM ingest.reading WHERE arrived_at > taken_at + interval '6 hours'),
               (SELECT count(*) FROM alerts.score WHERE reading_id <> cause_reading_id),
               (SELECT count(DISTINCT spo2_scale) FROM alerts.score WHERE resident_id = %s),
               (SELECT count(*) FROM delegation.air_record WHERE cancelled_at IS NOT NULL),
               (SELECT count(*) FROM ingest.reading WHERE 'clock_behind' = ANY (flags)),
               (SELECT count(*) FROM ingest.quarantine),
               (SELECT count(*) FROM alerts.escalation WHERE state = 'closed')
        """,
        ON_SCALE_2,
    )
    assert min(late, again, assumed, slow, refused, closed) > 0
    assert scales == 2
    [(versions,)] = ward.rows(
        "SELECT count(DISTINCT policy_version) FROM alerts.escalation WHERE hub_id = %s", n.HUB
    )
    assert versions == 3


def _much_was_corrected(ward) -> None:
    [counts] = ward.rows(
        """
        SELECT (SELECT count(*) FROM ingest.reading_correction WHERE resident_id IS NULL),
               (SELECT count(*) FROM ingest.reading_correction WHERE resident_id = stored_for),
               (SELECT count(*) FROM alerts.score JOIN ingest.reading_correction ON cause_arrival = gone_number
                AND score.resident_id = held_for),
               (SELECT count(*) FROM alerts.finding JOIN ingest.reading_correction ON found_at = corrected_at
                AND finding.resident_id = reading_correction.resident_id AND rule <> 'not_theirs')
        """
    )
    assert min(counts) > 0, "of nobody's, taken back, scored anew where it went, found where it came"


def _under_another_policy(ward) -> None:
    deaf = SHIPPED.model_copy(
        update={"version": "deaf", "medium_from": 20, "high_from": 20, "silent_after_hours": 200}
    )
    with ward.database.connect("hearthwatch_ingest") as conn:
        done, homes = replay_stored(conn, Span(), None, deaf, 240)
        again, _ = replay_stored(conn, Span(), deaf, deaf, 240)
        half, _ = replay_stored(conn, Span(STARTS_AT + timedelta(days=2)), None, deaf, 240)
    assert set(homes) <= {str(n.ORCHARD), str(n.MEADOW)}
    old, new = (dict(zip(RULES, done.counts.by_rule[kind].tolist(), strict=True)) for kind in (OLD, NEW))
    assert old["score_threshold"] > 0 == new["score_threshold"]
    assert old["silence"] > 0 == new["silence"]
    assert old["phone_call"] + new["phone_call"] > 0
    assert done.counts.total(Kind.MILDER) + done.counts.total(Kind.DISAPPEARS) > 0
    assert again.counts.total(OLD) == again.counts.total(NEW) == done.counts.total(NEW)
    assert again.counts.total(Kind.APPEARS) == again.counts.total(Kind.DISAPPEARS) == 0
    assert 0 < half.readings < done.readings


def _what_was_touched_shows(ward) -> None:
    ward.change(
        """
        UPDATE alerts.score SET low = 0 WHERE (resident_id, reading_id, cause_arrival) IN
            (SELECT resident_id, reading_id, cause_arrival FROM alerts.score
             WHERE low > 0 AND resident_id = %s LIMIT 1)
        """,
        n.AMARA,
    )
    ward.change("DELETE FROM alerts.finding WHERE rule IN ('could_not_be_excluded', 'silence')")
    touched = replayed(ward)
    assert touched.stored_only == {"score": 1}
    assert touched.replayed_only["score"] == 1
    assert "Only stored: 1 score." in said_of(touched)
    assert touched.replayed_only["finding could_not_be_excluded"] > 0
    assert touched.replayed_only["finding silence"] > 0


def test_whoever_moved_to_another_hub_is_told_again_under_the_policy_of_the_hub_then(ward):
    rise = {"rise": {"points": 2, "within_hours": 24, "severity": "high"}}
    ward.change(POLICY, n.HUB, json.dumps(rise))
    ward.send(n.NORMAL, at=NOW - timedelta(hours=8))
    ward.send(WORSE)
    assert "rise" in ward.rules()
    ward.change("UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s", n.STRANGE_HOME, n.AMARA)
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.found) == ({}, {}, 1)


@pytest.mark.parametrize(
    "reasons",
    [[None, "pregnant"], ["pregnant", None], [None, "pregnant", None], ["pregnant", None, "pregnant"]],
    ids=["ceased to", "begun to", "ceased to for a while", "begun to for a while"],
)
def test_whoever_news2_has_begun_or_ceased_to_fit_is_told_again_by_what_was_scored(ward, reasons):
    for place, reason in enumerate(reasons):
        ward.change(
            "UPDATE delegation.resident SET no_score_reason = %s WHERE resident_id = %s", reason, n.AMARA
        )
        ward.send(n.GRAVE, at=NOW + timedelta(hours=8 * place))
    assert {"outside_limits", "score_threshold"} <= set(ward.rules())
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only) == ({}, {})
    assert (told.refitted, told.scores, told.found) == (1, reasons.count(None), len(reasons))
    assert "of 1 residents whom NEWS2 has begun or ceased to fit" in said_of(told)


@pytest.mark.touched_by_hand
def test_a_score_that_was_lost_is_not_taken_for_one_that_was_never_to_be(ward):
    ward.send(n.NORMAL, at=NOW - timedelta(hours=8))
    ward.send(n.NORMAL)
    ward.change("DELETE FROM alerts.score WHERE effective_at < %s", NOW)
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.refitted) == ({}, {"score": 1}, 0)


def test_a_trial_tells_a_silence_from_the_moment_at_which_a_hub_waits_less_long(ward):
    hours = timedelta(hours=1)
    ward.send(n.NORMAL)
    begins = NOW + 10 * hours
    ward.change(SOONER, n.HUB, begins, begins)
    ward.send(n.NORMAL, at=NOW + 20 * hours)
    with ward.database.connect("hearthwatch_ingest") as conn:
        done, _ = replay_stored(conn, Span(NOW), None, SHIPPED, 240)
    silences = done.counts.by_rule[:, RULES.index("silence")]
    assert (silences[OLD], silences[NEW]) == (1, 0)


def test_a_trial_asks_nothing_because_of_a_reading_that_was_not_theirs(ward):
    wrong = ward.reading({"respiration_rate": 22})
    ward.deliver(wrong)
    corrected(ward, wrong, None)
    ward.send(n.NORMAL, at=NOW + timedelta(hours=2))
    with ward.database.connect("hearthwatch_ingest") as conn:
        done, _ = replay_stored(conn, Span(), None, SHIPPED, 240)
    assert done.counts.by_rule[:, RULES.index("could_not_be_excluded")].sum() == 0
    assert done.counts.total(OLD) == done.counts.total(NEW) == 0
    assert done.readings == 1


def _hidden_by_a_reading_of_somebody_else(ward):
    ward.send({"respiration_rate": 22, "spo2": 93, "on_oxygen": False})
    wrong = ward.reading({"spo2": 98, "respiration_rate": 16}, taken_at=NOW + n.minutes(5))
    ward.deliver(wrong)
    ward.send({"pulse": 112, "temperature": 38.5}, at=NOW + n.minutes(10))
    return wrong


@pytest.mark.parametrize(("before", "after"), [(None, "pregnant"), ("pregnant", None)])
def test_what_was_corrected_before_news2_ceased_to_fit_or_began_to_is_judged_as_it_was_then(
    ward, before, after
):
    wrong = _hidden_by_a_reading_of_somebody_else(ward)
    for reason in (before, after):
        ward.change(
            "UPDATE delegation.resident SET no_score_reason = %s WHERE resident_id = %s", reason, n.AMARA
        )
        if reason == before:
            corrected(ward, wrong, None)
    ward.send(n.GRAVE, at=NOW + timedelta(hours=8))
    again = ward.rows("SELECT FROM alerts.score WHERE scored_at = %s", LATER)
    assert bool(again) is (before is None)


def test_what_could_not_be_judged_anew_was_judged_when_it_came(ward, monkeypatch):
    wrong = _hidden_by_a_reading_of_somebody_else(ward)
    with monkeypatch.context() as broken:
        broken.setattr(Evaluator, "withdraw", _raise)
        corrected(ward, wrong, None)
    ward.send(n.GRAVE, at=NOW + timedelta(hours=1))
    told = replayed(ward)
    assert {"unscored", "score_threshold"} <= set(ward.rules())
    assert (told.corrected, told.scores) == (1, 4)


def test_what_could_not_be_judged_is_taken_over_with_what_goes_to_999(ward, monkeypatch):
    ward.send(n.NORMAL, at=NOW - timedelta(hours=1))
    with monkeypatch.context() as broken:
        broken.setattr(Evaluator, "evaluate", _raise)
        ward.send(n.NORMAL | {"consciousness": "U"})
    ward.send(n.GRAVE, at=NOW + timedelta(hours=1))
    assert {"unscored", "unresponsive", "score_threshold"} == set(ward.rules())
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.scores) == ({}, {}, 2)
    with ward.database.connect("hearthwatch_ingest") as conn:
        done, _ = replay_stored(conn, Span(), None, SHIPPED, 30)
    assert done.counts.total(OLD) == 2, "what was taken over is a case as it was"


def _raise(*_: object) -> None:
    raise ValueError("a rule that fails")


def test_what_an_instrument_remembered_is_asked_for_and_told_again(ward):
    remembered = {"spo2": 84, "pulse": 70}
    ward.send({"temperature": 36.9})
    ward.send(remembered, at=NOW + n.minutes(1), quality={"from_storage": True})
    ward.change("UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s", n.BRAM)
    ward.send(remembered, resident=n.BRAM, at=NOW + n.minutes(2), quality={"from_storage": True})
    ward.tick(NOW + n.minutes(40))
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only) == ({}, {})
    assert ward.rules() == ["could_not_be_excluded"]
    assert ward.rules(n.BRAM) == ["outside_limits"]


def test_air_recorded_after_oxygen_was_said_by_a_clock_that_is_fast_is_told_again_as_it_stood(ward):
    ward.send({"on_oxygen": True}, taken_at=NOW + n.minutes(3))
    ward.act(air_record.record, n.AMARA, CHECKED, NOW + n.minutes(1), by=n.MANAGER)
    assert ward.send(NO_WORD_OF_OXYGEN, at=NOW + n.minutes(50)).verdict.assumed_air
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.scores) == ({}, {}, 2)
