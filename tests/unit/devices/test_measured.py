"""An instrument's octets and an app's decoded values in one reading: the instrument goes first, nothing is lost."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reading import ReadingPayload, content_digest, decode, encode_one, measured

from .instruments import NAN, TIME, Written, cuff, special, spot_check
from .readings import READINGS, wire

CUFF = cuff([Written(120), Written(70), Written(87)], clock=TIME, pulse=Written(64))


def read(**changes: object) -> ReadingPayload:
    [item] = decode(json.dumps(wire(**changes)).encode())
    assert isinstance(item, ReadingPayload), item
    return item


def sent(value: str, characteristic: str = "2a35", **values: object) -> ReadingPayload:
    return read(gatt={"characteristic": characteristic, "value": value}, values=values)


def test_what_the_instrument_sent_is_as_good_as_decoded_values():
    said = measured(sent(CUFF))
    assert said.values == {"systolic": Decimal(120), "diastolic": Decimal(70), "pulse": Decimal(64)}
    assert (said.unknown, said.differing, said.flags) == ({}, frozenset(), ())


def test_octets_and_their_meaning_are_kept_together():
    said = measured(sent(CUFF)).instrument
    assert said is not None
    assert (said["characteristic"], said["value"]) == ("2a35", CUFF)
    assert said["as_sent"]["systolic"] == "120 mmHg"
    assert said["device_time"] == "2026-11-22T09:30:05"


def test_a_reading_without_octets_is_as_it_was():
    reading = read(quality={"low_perfusion": True, "perfusion_index": 1.2, "demo": False})
    said = measured(reading)
    assert said.values is reading.values
    assert (said.statuses, said.instrument) == ({"low_perfusion"}, None)


def test_an_app_that_rounds_as_the_chart_does_agrees():
    kilopascal = cuff([Written(160, -1), Written(107, -1), Written(125, -1)], kilopascal=True)
    said = measured(sent(kilopascal, systolic=120, diastolic=80.0))
    assert (said.differing, said.flags) == (frozenset(), ())
    assert said.values["systolic"] == Decimal("120.009872")


@pytest.mark.parametrize("other", [130, 119.4, "120", True, None, float("nan"), float("inf"), 10**30])
def test_where_the_app_says_otherwise_the_instrument_counts_and_both_are_kept(other):
    said = measured(sent(CUFF, systolic=other, diastolic=70))
    assert said.values["systolic"] == Decimal(120)
    assert said.differing == {"systolic"}
    assert said.flags == ("gatt:differs:systolic",)
    assert said.instrument is not None
    assert said.instrument["decoded_by_app"] == {"systolic": repr(other)}


def test_a_sign_the_instrument_did_not_measure_is_the_apps_alone():
    said = measured(sent(cuff([Written(120), Written(70), Written(87)]), pulse=64, temperature=36.9))
    assert said.values["pulse"] == 64
    assert said.values["temperature"] == 36.9
    assert said.differing == frozenset()


def test_where_the_instrument_says_there_is_no_number_the_app_has_none_either():
    nothing = cuff([special(NAN), special(NAN), special(NAN)])
    said = measured(sent(nothing, systolic=120, pulse=64))
    assert said.values == {"pulse": 64}
    assert said.unknown == {"systolic": "NaN", "diastolic": "NaN"}
    assert said.differing == {"systolic"}


@pytest.mark.parametrize("octets", [CUFF[:-2], CUFF + "00", "zz"], ids=["cut short", "too long", "no octets"])
def test_octets_that_cannot_be_read_cost_no_decoded_value(octets):
    said = measured(sent(octets, systolic=120))
    assert said.values == {"systolic": 120}
    assert said.unknown.keys() >= {"diastolic"}
    assert len(said.flags) == 1


def test_what_an_app_took_for_a_blood_pressure_while_the_cuff_still_measured_is_none():
    said = measured(sent("156ff0000000003c001200", "2a36", systolic=83, pulse=60, temperature=36.9))
    assert said.values == {"temperature": 36.9}
    assert said.unknown == {"systolic": "83", "pulse": "60"}
    assert "gatt:intermediate_cuff_pressure" in said.flags


def test_what_app_and_instrument_doubt_is_doubted():
    octets = spot_check(Written(93), Written(70), sensor=1 << 5)
    reading = read(
        gatt={"characteristic": "2a5e", "value": octets}, values={}, quality={"body_movement": True}
    )
    assert measured(reading).statuses == {"low_perfusion", "body_movement"}


def test_one_notification_has_one_digest_however_it_is_spelt():
    spelt = [
        {"characteristic": "2a35", "value": CUFF},
        {"characteristic": "0x2A35", "value": CUFF.upper()},
        {"characteristic": "00002A35-0000-1000-8000-00805F9B34FB", "value": bytes.fromhex(CUFF).hex(" ")},
    ]
    assert len({content_digest(read(gatt=one)) for one in spelt}) == 1
    assert content_digest(read()) != content_digest(read(gatt=spelt[0]))


@pytest.mark.parametrize(
    "part",
    [
        "2a35",
        7,
        [],
        {"characteristic": "2a35"},
        {"value": "00"},
        {"characteristic": "2a35", "value": "0" * 1026},
    ],
    ids=["text", "number", "list", "no value", "no characteristic", "more than an attribute holds"],
)
def test_a_notification_that_is_none_is_set_aside_and_the_rest_stands(part):
    reading = read(gatt=part)
    assert reading.not_understood == {"gatt": part}
    assert (reading.gatt, reading.values["systolic"]) == (None, 120)


@given(READINGS)
def test_any_reading_is_measured_and_survives_the_wire(reading):
    said = measured(reading)
    assert not said.values.keys() & said.unknown.keys()
    [again] = decode(encode_one(reading))
    assert isinstance(again, ReadingPayload)
    assert again.gatt == reading.gatt


@given(
    characteristic=st.text(max_size=64),
    value=st.text(max_size=80),
    values=st.dictionaries(
        st.sampled_from(["systolic", "spo2", "pulse", "temperature"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    ),
)
def test_any_text_for_octets_is_measured(characteristic, value, values):
    measured(sent(value, characteristic, **values))
