"""A replay of what is stored, from raw readings in the order they arrived, gives the scores and findings stored."""

import json
from datetime import timedelta

import pytest

from alerts.policy import SHIPPED
from alerts.replay.as_stored import Agreement, agreement
from alerts.replay.comparison import Kind
from alerts.replay.found import RULES
from alerts.replay.recorded import runs
from api.replays.stored import Span, replay_stored, said_of
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.stretch import PREGNANT, STARTS_AT, Stretch
from tests.integration.alerts.test_rules_that_look_back import POLICY, WORSE
from tests.integration.alerts.ward import NOW


@pytest.fixture
def stretch(ward) -> Stretch:
    made = Stretch(ward)
    made.run()
    return made


def replayed(ward) -> Agreement:
    with ward.database.connect("hearthwatch_ingest") as conn:
        return agreement(conn)


def test_days_with_every_fault_are_told_again_exactly_and_what_was_touched_shows(stretch, ward):
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.refitted) == ({}, {}, 0)
    assert told.scores > 300
    assert told.found > 50
    assert said_of(told).endswith("All of them are exactly as stored.")
    _everything_happened(ward)
    ward.change(
        """
        UPDATE alerts.score SET low = 0 WHERE (reading_id, cause_reading_id) IN
            (SELECT reading_id, cause_reading_id FROM alerts.score WHERE low > 0 LIMIT 1)
        """
    )
    ward.change("DELETE FROM alerts.finding WHERE rule = 'could_not_be_excluded'")
    touched = replayed(ward)
    assert touched.stored_only == {"score": 1}
    assert touched.replayed_only["score"] == 1
    assert "Only stored: 1 score." in said_of(touched)
    assert touched.replayed_only["finding could_not_be_excluded"] > 0


def _everything_happened(ward) -> None:
    """The stretch is no test of what did not happen in it."""
    rules = {rule for (rule,) in ward.rows("SELECT DISTINCT rule FROM alerts.finding")}
    assert {"score_threshold", "red_vital_sign", "worry", "could_not_be_excluded", "unrecordable"} <= rules
    assert {"rise", "trend", "drift", "soft_signs"} <= rules
    for resident in (n.AMARA, PREGNANT):
        found = ward.rows("SELECT rule FROM alerts.finding WHERE resident_id = %s", resident)
        assert ("personal_limit",) in found
    assert "soft_sign" in {
        rule for (rule,) in ward.rows("SELECT rule FROM alerts.finding WHERE resident_id = %s", PREGNANT)
    }
    [(late, again, scales, assumed, slow, refused)] = ward.rows(
        """
        SELECT (SELECT count(*) FROM ingest.reading WHERE arrived_at > taken_at + interval '6 hours'),
               (SELECT count(*) FROM alerts.score WHERE reading_id <> cause_reading_id),
               (SELECT count(DISTINCT spo2_scale) FROM alerts.score WHERE resident_id = %s),
               (SELECT count(*) FROM delegation.air_record WHERE cancelled_at IS NOT NULL),
               (SELECT count(*) FROM ingest.reading WHERE 'clock_behind' = ANY (flags)),
               (SELECT count(*) FROM ingest.quarantine)
        """,
        n.BRAM,
    )
    assert min(late, again, assumed, slow, refused) > 0
    assert scales == 2
    [(versions,)] = ward.rows(
        "SELECT count(DISTINCT policy_version) FROM alerts.escalation WHERE hub_id = %s", n.HUB
    )
    assert versions == 2


def test_what_is_stored_is_replayed_under_another_policy(stretch, ward):
    silent_about_scores = SHIPPED.model_copy(update={"version": "deaf", "medium_from": 20, "high_from": 20})
    with ward.database.connect("hearthwatch_ingest") as conn:
        done, homes = replay_stored(conn, Span(), None, silent_about_scores, 240)
        again, _ = replay_stored(conn, Span(), silent_about_scores, silent_about_scores, 240)
        half, _ = replay_stored(conn, Span(STARTS_AT + timedelta(days=2)), None, silent_about_scores, 240)
    assert set(homes) <= {str(n.ORCHARD), str(n.MEADOW)}
    threshold = RULES.index("score_threshold")
    assert done.counts.by_rule[Kind.OLD, threshold] > 0 == done.counts.by_rule[Kind.NEW, threshold]
    assert done.counts.total(Kind.MILDER) + done.counts.total(Kind.DISAPPEARS) > 0
    assert again.counts.total(Kind.OLD) == again.counts.total(Kind.NEW) == done.counts.total(Kind.NEW)
    assert again.counts.total(Kind.APPEARS) == again.counts.total(Kind.DISAPPEARS) == 0
    assert 0 < half.readings < done.readings


def test_of_the_clocks_that_fell_due_only_those_of_the_span_are_read(stretch, ward):
    with ward.database.connect("hearthwatch_ingest") as conn:
        whole = runs(conn)
        since, until = whole.at[1], whole.at[-2]
        some = runs(conn, since, until)
    assert all(whole.known), "where nothing was due, nothing is kept"
    assert 0 < len(some.at) < len(whole.at)
    assert list(some.at) == [at for at in whole.at if since <= at <= until]


def test_whoever_moved_to_another_hub_is_told_again_under_the_policy_of_the_hub_then(ward):
    rise = {"rise": {"points": 2, "within_hours": 24, "severity": "high"}}
    ward.change(POLICY, n.HUB, json.dumps(rise))
    ward.send(n.NORMAL, at=NOW - timedelta(hours=8))
    ward.send(WORSE)
    assert "rise" in ward.rules()
    ward.change("UPDATE delegation.resident SET home_id = %s WHERE resident_id = %s", n.STRANGE_HOME, n.AMARA)
    told = replayed(ward)
    assert (told.stored_only, told.replayed_only, told.found) == ({}, {}, 1)


@pytest.mark.parametrize("first", [None, "pregnant"], ids=["ceased to", "begun to"])
def test_whoever_news2_has_begun_or_ceased_to_fit_is_left_out_and_counted(ward, first):
    for at, reason in ((NOW - timedelta(hours=8), first), (NOW, None if first else "pregnant")):
        ward.change(
            "UPDATE delegation.resident SET no_score_reason = %s WHERE resident_id = %s", reason, n.AMARA
        )
        ward.send(n.NORMAL, at=at)
    told = replayed(ward)
    assert (told.is_exact, told.refitted, told.scores) == (True, 1, 0)
    assert "1 whom NEWS2 has begun or ceased to fit" in said_of(told)
