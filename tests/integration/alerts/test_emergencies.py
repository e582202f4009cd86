"""What goes straight to 999 is told at once and is in the hub's queue, whatever was measured."""

import pytest

from devices.reading import decode, encode_one
from devices.receipt import Outcome
from ingest.arrival import Arrival
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW, Ward

UNFIT = "UPDATE delegation.resident SET no_score_reason = 'pregnant' WHERE resident_id = %s"


@pytest.mark.parametrize("values", [{}, n.NORMAL], ids=["nothing measured", "all of it normal"])
@pytest.mark.parametrize("fits", [True, False], ids=["scored", "not scored"])
def test_it_is_told_at_once_and_raised_as_the_gravest(ward: Ward, values: dict, fits: bool) -> None:
    if not fits:
        ward.change(UNFIT, n.AMARA)
    settled = ward.send(values, emergency_signs={"chest_pain": "present", "choking": "absent"})
    assert (settled.outcome, settled.verdict.next) == (Outcome.STORED, "call_999")
    [(state, severity, why, *_)] = ward.cases()
    assert (state, severity) == ("open", "high")
    assert why == "Chest pain. It is not known that 999 has been phoned."
    assert ward.rows("SELECT observations FROM ingest.reading")[0][0]["emergency_signs"] == {
        "chest_pain": "present",
        "choking": "absent",
    }


def test_whoever_asks_again_is_told_the_same_again(ward: Ward) -> None:
    reading = ward.reading({}, emergency_signs={"stroke_signs": "present"}, phoned_999=True)
    [first] = ward.deliver(reading)
    [again] = ward.deliver(reading)
    assert (first.verdict.next, again.verdict.next) == ("call_999", "call_999")
    assert ward.rules() == ["emergency_sign"]


def test_one_that_cannot_be_read_counts_all_the_same(ward: Ward) -> None:
    sent = encode_one(ward.reading({}, note="help")).replace(
        b'"note":"help"', b'"emergency_signs":{"chest_pain":"yes!"}'
    )
    [item] = decode(sent)
    [settled] = ward.take([Arrival(n.KIT, ward.kit.topic(), item, NOW)], NOW)
    assert settled.verdict.next == "call_999"
    [(_, severity, why, *_)] = ward.cases()
    assert severity == "high"
    assert why.startswith("An emergency called something unreadable.")


def test_all_absent_is_no_emergency(ward: Ward) -> None:
    settled = ward.send(emergency_signs={"chest_pain": "absent"})
    assert settled.verdict.next == "nothing"
    assert ward.cases() == []
