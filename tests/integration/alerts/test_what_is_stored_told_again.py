"""A replay of what is stored, from raw readings in the order they arrived, gives the scores and findings stored."""

import pytest

from alerts.replay.as_stored import Agreement, agreement
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.stretch import PREGNANT, Stretch


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
    assert (told.stored_only, told.replayed_only) == ({}, {})
    assert told.scores > 300
    assert told.found > 50
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
    assert touched.replayed_only["finding could_not_be_excluded"] > 0


def _everything_happened(ward) -> None:
    """The stretch is no test of what did not happen in it."""
    rules = {rule for (rule,) in ward.rows("SELECT DISTINCT rule FROM alerts.finding")}
    assert {"score_threshold", "red_vital_sign", "worry", "could_not_be_excluded", "unrecordable"} <= rules
    assert {"rise", "trend", "soft_signs"} <= rules
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
