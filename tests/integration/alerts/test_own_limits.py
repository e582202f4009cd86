"""A limit of a resident's own, live: what it finds stands beside NEWS2 in the hub's queue, and never in its place."""

from typing import LiteralString

import pytest

from alerts.evaluator import Evaluator
from ingest.correction import Correction, Reason, correct
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.test_authority import AUTHORISE
from tests.integration.alerts.ward import NOW, Ward

LIMIT: LiteralString = """
INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by, recorded_at)
VALUES (%s, 'pulse', 70, 'Dr Synthetic', 'GMC', '1234567', 'Heart failure', %s, %s, %s, %s, %s)
"""
REVOKED: LiteralString = """
UPDATE delegation.personal_limit SET revoked_at = %s, revoked_by = %s, revoked_because = 'Well' WHERE resident_id = %s
"""
REVOKED_SCALE: LiteralString = (
    "UPDATE delegation.spo2_scale_authorisation SET revoked_at = %s WHERE resident_id = %s"
)
OVER = "Pulse 92 beats a minute, over their own limit of 70."


@pytest.fixture
def limited(ward: Ward) -> Ward:
    ward.change(LIMIT, n.AMARA, n.LONG_AGO, n.LONG_AGO, NOW + n.minutes(90), n.CLINICIAN, n.LONG_AGO)
    return ward


def words(ward: Ward) -> list[str]:
    return [why for _, _, why, *_ in ward.cases()]


def test_a_red_sign_as_grave_is_what_the_queue_says_and_the_limit_once_that_was_not_theirs(
    limited: Ward,
) -> None:
    limited.send(n.NORMAL | {"pulse": 92})
    assert words(limited) == [OVER]
    red = limited.reading(n.NORMAL | {"pulse": 92, "spo2": 91}, taken_at=NOW + n.minutes(5))
    limited.deliver(red)
    limited.send(n.NORMAL | {"pulse": 92}, at=NOW + n.minutes(10))
    assert words(limited) == ["Oxygen saturation 91%: scores 3 by itself."]
    key = (limited.kit.kit_id, red.reading_id)
    with limited.database.connect("hearthwatch_ingest") as conn:
        said = Correction(key, 0, n.BRAM, Reason.WRONG_RESIDENT_CHOSEN, n.CLINICIAN)
        correct(conn, Evaluator(), said, NOW + n.minutes(15))
    assert words(limited) == [OVER]
    assert limited.rules()[-1] == "not_theirs"


def test_what_could_not_be_excluded_is_said_in_its_place_by_the_clock(limited: Ward) -> None:
    limited.send({"pulse": 92})
    assert words(limited) == [OVER]
    limited.tick(NOW + n.minutes(31))
    [why] = words(limited)
    assert why.startswith("NEWS2 is between 1 and ")


def test_a_late_value_is_held_against_it_once_however_many_scores_it_changes(limited: Ward) -> None:
    limited.send({sign: value for sign, value in n.NORMAL.items() if sign != "pulse"})
    limited.send({"pulse": 92}, at=NOW + n.minutes(1), taken_at=NOW - n.minutes(10))
    assert limited.rules() == ["personal_limit"]


def test_a_replay_knows_of_no_revocation_before_it_was_recorded(limited: Ward) -> None:
    limited.change(AUTHORISE, n.AMARA, *[n.LONG_AGO] * 2, NOW, None, None, n.CLINICIAN)
    limited.change("UPDATE delegation.spo2_scale_authorisation SET recorded_at = starts_at")
    for minutes in (0, 1):  # a clock that is four minutes ahead
        ahead = n.NORMAL | {"pulse": 92, "spo2": 90}
        limited.send(ahead, at=NOW + n.minutes(minutes), taken_at=NOW + n.minutes(minutes + 4))
    limited.change(REVOKED, NOW + n.minutes(2), n.CLINICIAN, n.AMARA)
    limited.change(REVOKED_SCALE, NOW + n.minutes(2), n.AMARA)
    limited.send(n.NORMAL | {"pulse": 92, "spo2": 90}, at=NOW + n.minutes(3))
    assert limited.rules() == ["personal_limit", "personal_limit", "red_vital_sign"]
