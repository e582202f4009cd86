"""Bad input: one bad part never costs the rest, one bad item never costs its neighbours, nothing raises."""

import hashlib
import json
import math
from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.reading import (
    MAX_BYTES,
    ReadingPayload,
    Refusal,
    Unreadable,
    Urgent,
    content_digest,
    decode,
    encode_one,
)
from devices.reading.urgent import MOST_SETS
from devices.vital_signs import Consciousness
from tests.unit.devices.instruments import Written, cuff

from .readings import ID, TAKEN_AT, wire

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def decoded(document: object) -> ReadingPayload | Unreadable:
    (item,) = decode(json.dumps(document).encode())
    return item


def refused(document: object) -> Unreadable:
    item = decoded(document)
    assert isinstance(item, Unreadable), item
    assert item.detail.endswith(".")
    return item


def of_emergency(document: object) -> Urgent:
    """What a refused item says of an emergency, without what was measured."""
    return replace(refused(document).urgent, sets=())


def read(document: object) -> ReadingPayload:
    item = decoded(document)
    assert isinstance(item, ReadingPayload), item
    return item


def check_answers(payload: bytes) -> None:
    answers = decode(payload)
    assert answers
    for item in answers:
        if isinstance(item, ReadingPayload):
            assert len(content_digest(item)) == 32
            assert decode(encode_one(item))
        else:
            assert item.sha256 == hashlib.sha256(item.raw).digest()


@given(st.binary())
def test_any_bytes_are_answered(payload):
    check_answers(payload)


@given(_json)
def test_any_json_is_answered(document):
    check_answers(json.dumps(document).encode())


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(list(ReadingPayload.model_fields)), _json, max_size=4))
def test_any_reading_with_any_parts_is_answered(parts):
    check_answers(json.dumps(wire(**parts)).encode())


@given(st.binary(min_size=1, max_size=3), st.integers(0, 200))
def test_a_damaged_reading_is_answered(damage, where):
    sound = json.dumps(wire()).encode()
    check_answers(sound[:where] + damage + sound[where + 1 :])


@pytest.mark.parametrize(
    "payload",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"version":1,"values":' + b"[" * 150 + b"]" * 150 + b"}",
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"",
        b"1" * 200_000,
        b"-" + b"9" * 10_000,
        b'"\\ud800"',
        b"\xef\xbb\xbf[]",
        b"NaN",
        b"[]",
        b"nullnull",
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_hostile_payloads_are_answered(payload):
    check_answers(payload)
    assert all(isinstance(item, Unreadable) for item in decode(payload))


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5000, '"high"', "[1]", '"\\ud800"']
)
def test_one_unusable_value_does_not_cost_the_reading(value):
    text = json.dumps(wire(values={"systolic": 120, "temperature": 0})).replace('e": 0}', f'e": {value}}}')
    (reading,) = decode(text.encode())
    assert isinstance(reading, ReadingPayload)
    assert reading.values["systolic"] == 120
    assert "temperature" in reading.values


def test_nan_and_infinity_arrive_as_themselves():
    values = read(wire(values={"spo2": math.nan, "pulse": -math.inf})).values
    assert math.isnan(values["spo2"])
    assert values["pulse"] == -math.inf


@pytest.mark.parametrize(
    ("changes", "aside"),
    [
        ({"taken_by": "bob"}, {"taken_by": "bob"}),
        ({"device": {"kind": "tricorder", "serial": "9"}}, {"device.kind": "tricorder"}),
        ({"device": "tricorder"}, {"device": "tricorder"}),
        ({"values": [1, 2]}, {"values": [1, 2]}),
        ({"not_obtained": {"spo2": "refused", "pulse": "cold"}}, {"not_obtained.pulse": "cold"}),
        ({"soft_signs": {"pain": "some", "skin": "absent"}}, {"soft_signs.pain": "some"}),
        ({"worry": {"by": "cat"}}, {"worry": {"by": "cat"}}),
        ({"note": "x" * 2001}, {"note": "x" * 2001}),
        ({"auscultation": {"site": "left"}}, {"auscultation": {"site": "left"}}),
        ({"scheduled_full_set": "perhaps"}, {"scheduled_full_set": "perhaps"}),
        ({"quality": {"signal": {"deep": 1}}}, {"quality.signal": {"deep": 1}}),
    ],
)
def test_a_part_that_makes_no_sense_is_set_aside_and_the_rest_stands(changes, aside):
    reading = read(wire(**changes))
    assert reading.not_understood == aside
    if "values" not in changes:
        assert reading.values == {"systolic": 120, "diastolic": 70, "pulse": 64}
    assert decode(encode_one(reading)) == [reading], "and it survives being sent on"


def test_what_is_sound_in_a_damaged_part_stays():
    reading = read(
        wire(not_obtained={"spo2": "refused", "pulse": "cold"}, device={"kind": "x", "serial": "9"})
    )
    assert reading.not_obtained == {"spo2": "refused"}
    assert reading.device.serial == "9"
    assert reading.device.kind is None


@pytest.mark.parametrize("field", ["reading_id", "outbox_epoch", "seq", "resident"])
@pytest.mark.parametrize("bad", [..., None, "", "not-an-id", -1, {}, [], 1.5, 2**70])
def test_a_reading_without_its_ids_is_refused(field, bad):
    item = refused(wire(**{field: bad}))
    assert item.reason is Refusal.MISSING_IDS
    assert field in item.detail
    assert item.reading_id == (None if field == "reading_id" else ID)


@pytest.mark.parametrize(
    "bad",
    [
        ...,
        None,
        "",
        "yesterday",
        "2026-11-22",
        "2026-11-22T09:30:00",
        "2026-13-22T09:30:00Z",
        1795339800,
        "1795339800",
        1795339800000,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        {},
    ],
)
def test_a_reading_without_a_readable_time_is_refused(bad):
    assert refused(wire(taken_at=bad)).reason is Refusal.UNREADABLE_TIME


@pytest.mark.parametrize("taken_at", ["1901-01-01T00:00:00Z", "2150-01-01T00:00:00+05:30", TAKEN_AT])
def test_an_ancient_time_or_one_ahead_is_readable(taken_at):
    assert read(wire(taken_at=taken_at)).taken_at.tzinfo is not None


@pytest.mark.parametrize("version", [..., None, 0, 2, "1", 1.5, True])
def test_an_unknown_version_is_refused_by_its_id(version):
    item = refused(wire(version=version))
    assert item.reason is Refusal.UNKNOWN_VERSION
    assert item.reading_id == ID


@pytest.mark.parametrize("document", [1, "text", None, True, [[]], [[wire()]], [7]])
def test_what_is_no_object_is_no_reading(document):
    assert refused(document).reason is Refusal.NOT_A_READING


@pytest.mark.parametrize(
    ("said", "signs"),
    [
        ({"chest_pain": "present", "choking": "absent"}, ("chest_pain",)),
        ({"made_up": "present"}, ("made_up",)),
        ({"chest_pain": "Present"}, ("something_unreadable",)),
        ({"chest_pain": True, "choking": "present"}, ("choking", "something_unreadable")),
        (["chest_pain"], ("something_unreadable",)),
        ("chest_pain", ("something_unreadable",)),
        ({"chest_pain": "absent"}, ()),
        ({}, ()),
        (..., ()),
    ],
)
def test_a_refused_item_says_of_an_emergency_what_it_would_otherwise(said, signs):
    for amiss in ({"taken_at": "noon"}, {"resident": 1}, {"seq": -1}, {"version": 9}):
        assert of_emergency(wire(emergency_signs=said, phoned_999=True, **amiss)) == Urgent(
            signs, None, phoned_999=bool(signs)
        )


@pytest.mark.parametrize("letter", Consciousness)
def test_a_refused_item_says_how_conscious_somebody_is(letter):
    assert of_emergency(wire(taken_at="noon", values={"consciousness": letter})) == Urgent((), letter)


@pytest.mark.parametrize(
    "whole",
    [lambda one: [*[wire()] * 100, one], lambda one: [[one]], lambda one: {"reading": one}],
    ids=["too many", "an array in an array", "wrapped"],
)
def test_what_is_refused_whole_says_of_an_emergency_what_each_part_of_it_does(whole):
    one = wire(emergency_signs={"choking": "present"}, values={"consciousness": "P"}, phoned_999=True)
    assert of_emergency(whole(one)) == Urgent(("choking",), Consciousness.PAIN, phoned_999=True)
    other = wire(emergency_signs={"chest_pain": "present"}, values={"consciousness": "U"})
    assert of_emergency(whole([one, other])) == Urgent(
        ("chest_pain", "choking"), Consciousness.UNRESPONSIVE
    ), "somebody has not phoned"


CUFF = {"characteristic": "2a35", "value": cuff([Written(70), Written(40), Written(50)])}


@pytest.mark.parametrize(
    ("said", "sets"),
    [
        (
            {"values": {"pulse": 131, "spo2": None, "consciousness": "C", "made_up": 1}},
            [{"pulse": 131, "consciousness": "C"}],
        ),
        ({"values": {"pulse": [131], "spo2": {"value": 85}, "on_oxygen": True}}, [{"on_oxygen": True}]),
        (
            {"values": {"systolic": 120, "pulse": 131}, "gatt": CUFF},
            [{"systolic": 70, "diastolic": 40, "pulse": 131}],
        ),
        ({"values": ..., "gatt": CUFF}, [{"systolic": 70, "diastolic": 40}]),
        ({"values": {"pulse": 131}, "gatt": CUFF | {"value": 7}}, [{"pulse": 131}]),
        ({"values": {"pulse": 131}, "gatt": CUFF | {"value": "0"}}, [{"pulse": 131}]),
        ({"values": {"pulse": 131}, "gatt": "2a35"}, [{"pulse": 131}]),
        ({"values": "none"}, []),
        ({"values": {}}, []),
    ],
)
def test_a_refused_item_says_what_of_it_was_measured(said, sets):
    assert [dict(one) for one in refused(wire(taken_at="noon", **said)).urgent.sets] == sets


def test_what_is_refused_whole_says_what_was_measured_of_each_and_of_no_more_than_can_be_looked_at():
    many = [wire(values={"pulse": 60 + number % 60}) for number in range(MOST_SETS + 100)]
    sets = refused(many).urgent.sets
    assert len(sets) == MOST_SETS
    assert len({one["pulse"] for one in sets}) == 60


def test_one_bad_item_rejects_none_of_the_others():
    array = [
        wire(reading_id=str(uuid4())),
        7,
        wire(taken_at="?"),
        {"version": 9},
        wire(reading_id=str(uuid4())),
    ]
    items = decode(json.dumps(array).encode())
    assert [isinstance(item, ReadingPayload) for item in items] == [True, False, False, False, True]
    assert [item.reason for item in items if isinstance(item, Unreadable)] == [
        Refusal.NOT_A_READING,
        Refusal.UNREADABLE_TIME,
        Refusal.UNKNOWN_VERSION,
    ]


def test_an_array_beyond_its_limits_is_refused_whole():
    full = [wire(reading_id=str(uuid4())) for _ in range(100)]
    assert all(isinstance(item, ReadingPayload) for item in decode(json.dumps(full).encode()))
    assert refused([*full, wire()]).reason is Refusal.TOO_MANY


def test_a_payload_beyond_its_size_is_refused_by_its_digest():
    payload = json.dumps(wire(note="x" * MAX_BYTES, values={"consciousness": "U"})).encode()
    (item,) = decode(payload)
    assert isinstance(item, Unreadable)
    assert item.reason is Refusal.TOO_LARGE
    assert item.sha256 == hashlib.sha256(payload).digest()
    assert item.raw == payload
    assert item.urgent.consciousness is Consciousness.UNRESPONSIVE


def test_of_a_key_given_twice_the_last_counts():
    (reading,) = decode(json.dumps(wire()).replace('"seq": 7', '"seq": 7, "seq": 8').encode())
    assert isinstance(reading, ReadingPayload)
    assert reading.seq == 8


def test_characters_that_no_database_holds_are_replaced():
    text = json.dumps(wire(note="a?b", values={"pulse": 60, "x?y": "?"})).replace("?", "\\u0000")
    (reading,) = decode(text.encode())
    assert isinstance(reading, ReadingPayload)
    assert reading.note == "a\ufffdb"
    assert reading.values == {"pulse": 60, "x\ufffdy": "\ufffd"}
    (reading,) = decode(json.dumps(wire(note="?")).replace("?", "\\ud83d").encode())
    assert isinstance(reading, ReadingPayload)
    assert "\ud83d" not in (reading.note or "")
