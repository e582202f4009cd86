"""What goes straight to 999 is told at once and is in the hub's queue, whatever was measured."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from alerts.evaluator import Evaluator
from alerts.sets import scores
from devices.reading import Gatt, SoftSign, decode, encode_one
from devices.receipt import NOTHING, Outcome
from ingest import door
from ingest.arrival import Arrival
from tests.fixtures import neighbourhood as n
from tests.integration.alerts.ward import NOW, Ward
from tests.unit.devices.instruments import Written, cuff, time

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


@pytest.mark.parametrize("fits", [True, False], ids=["scored", "not scored"])
def test_whoever_asks_again_is_told_the_same_again(ward: Ward, fits: bool) -> None:
    if not fits:
        ward.change(UNFIT, n.AMARA)
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


def test_whoever_asks_again_about_somebody_unresponsive_who_is_not_scored_is_told_the_same(
    ward: Ward,
) -> None:
    ward.change(UNFIT, n.AMARA)
    reading = ward.reading({"consciousness": "U"})
    told = [settled.verdict.next for _ in range(2) for settled in ward.deliver(reading)]
    assert told == ["call_999", "call_999"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"emergency_signs": {"choking": "present"}}, "Choking. It is not known that 999 has been phoned."),
        ({"values": {"consciousness": "P"}}, "Responds only to pain: urgent whatever the score."),
    ],
    ids=["a sign", "unresponsive"],
)
def test_a_rule_that_breaks_keeps_nobody_from_999(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, said: dict, why: str
) -> None:
    monkeypatch.setattr(scores, "append", _breaks)
    reading = ward.reading(**({"values": {}} | said))
    told = [settled.verdict.next for _ in range(2) for settled in ward.deliver(reading)]
    assert told == ["call_999", "call_999"]
    assert [one[1:3] for one in ward.cases()] == [("high", why)]
    assert "unscored" in ward.rules()


def test_what_cannot_be_stored_keeps_nobody_from_999(ward: Ward) -> None:
    reading = ward.reading(
        {}, emergency_signs={"choking": "present", "not_in_the_book": "present"}, phoned_999=True
    )
    arrival = ward.kit.arrival(reading, NOW)
    with ward.database.connect("hearthwatch_ingest") as conn:
        settled = door.put_away(conn, arrival, "It could not be stored.", Evaluator(), NOW)
    assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, "call_999")
    [(_, severity, why, *_)] = ward.cases()
    assert severity == "high"
    assert why == "Choking; an emergency called something unreadable. 999 has been phoned."


@pytest.mark.parametrize(
    "whose", [n.AMARA, n.NOBODY, n.STRANGER_RESIDENT], ids=["changed", "unknown", "another's"]
)
def test_what_goes_to_quarantine_keeps_nobody_from_999(ward: Ward, whose: UUID) -> None:
    reading = ward.kit.reading(whose, {}, taken_at=NOW)
    ward.deliver(reading)
    changed = reading.model_copy(update={"emergency_signs": {"choking": SoftSign.PRESENT}})
    [settled] = ward.deliver(changed)
    assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, "call_999")
    [other] = ward.deliver(reading.model_copy(update={"emergency_signs": {"choking": SoftSign.ABSENT}}))
    assert (other.outcome, other.verdict.next) == (Outcome.QUARANTINED, "nothing")


@pytest.mark.parametrize(
    ("values", "told"),
    [(n.GRAVE, "call_hub"), (n.NORMAL, "nothing"), ({"pulse": 131}, "nothing")],
    ids=["grave", "normal", "one sign"],
)
@pytest.mark.parametrize("whose", [n.NOBODY, n.STRANGER_RESIDENT], ids=["unknown", "another's"])
def test_what_is_grave_by_itself_sends_whoever_sees_it_to_the_telephone(
    ward: Ward, whose: UUID, values: dict[str, Any], told: str
) -> None:
    [settled] = ward.deliver(ward.kit.reading(whose, values, taken_at=NOW))
    assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, told)


def sent_without_a_time(ward: Ward, *sets: dict[str, Any]) -> str:
    whole = [json.loads(encode_one(ward.reading(values))) | {"taken_at": "noon"} for values in sets]
    items = decode(json.dumps({"readings": whole}).encode())
    [settled] = ward.take([Arrival(n.KIT, ward.kit.topic(), item, NOW) for item in items], NOW)
    assert settled.outcome is Outcome.QUARANTINED
    return settled.verdict.next


def test_what_is_grave_by_itself_sends_them_to_the_telephone_where_it_cannot_be_read_as_a_reading(
    ward: Ward,
) -> None:
    three = {"respiration_rate": 30, "spo2": 85, "systolic": 80}
    assert sent_without_a_time(ward, n.NORMAL, three) == "call_hub"
    apart = [{sign: value} for sign, value in three.items()]
    assert sent_without_a_time(ward, n.NORMAL, *apart) == "nothing", "each may be somebody else's"
    impossible = {
        "respiration_rate": 300,
        "spo2": float("nan"),
        "systolic": 10**400,
        "temperature": float("inf"),
    }
    assert sent_without_a_time(ward, impossible | {"consciousness": "?"}, {"pulse": "131"}) == "nothing"


@pytest.mark.parametrize("clock", [(2015, 1, 1, 0, 0, 0), (2026, 3, 4, 9, 0, 0)], ids=["never set", "right"])
def test_what_is_grave_by_itself_sends_them_to_the_telephone_whatever_the_clocks_say(
    ward: Ward, clock: tuple[int, ...]
) -> None:
    gatt = Gatt(
        characteristic="2a35", value=cuff([Written(80), Written(40), Written(50)], clock=time(*clock))
    )
    values = {"respiration_rate": 30, "spo2": 85}
    [settled] = ward.deliver(ward.kit.reading(n.NOBODY, values, taken_at=n.LONG_AGO, gatt=gatt), at=NOW)
    assert (settled.outcome, settled.verdict.next) == (Outcome.QUARANTINED, "call_hub")


def _breaks(*_: object) -> None:
    raise ZeroDivisionError


def test_however_late_it_comes_the_hub_is_told_and_nobody_is_sent_running(ward: Ward) -> None:
    ward.send(n.NORMAL)
    early = ward.reading(n.GRAVE, emergency_signs={"chest_pain": "present"}, phoned_999=True)
    old = early.model_copy(update={"taken_at": early.taken_at - timedelta(days=1)})
    [settled] = ward.deliver(old, at=NOW)
    assert (settled.verdict.next, settled.verdict.old) == (NOTHING, False)
    assert ward.rows("SELECT rule, sentence FROM alerts.finding") == [
        ("emergency_sign", "Chest pain. 999 has been phoned.")
    ]
