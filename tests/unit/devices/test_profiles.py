"""Octets of Bluetooth instruments: exactly what was measured, or why it is unknown; never an exception."""

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.profiles import Characteristic, Measurement, decode, shortened
from devices.profiles.medical_numbers import medical_float, sfloat
from devices.vital_signs import VitalSign

from .instruments import (
    MINUS_INFINITY,
    NAN,
    NRES,
    PLUS_INFINITY,
    RESERVED,
    TIME,
    Written,
    continuous,
    cuff,
    special,
    spot_check,
    thermometer,
    time,
)

VECTORS = json.loads(Path(__file__).with_name("gatt_vectors.json").read_text(encoding="utf-8"))
SPECIALS = {
    "nan": (NAN, "NaN"),
    "nres": (NRES, "NRes"),
    "plus_infinity": (PLUS_INFINITY, "+INF"),
    "minus_infinity": (MINUS_INFINITY, "-INF"),
    "reserved": (RESERVED, "reserved"),
}
_sfloats = st.builds(Written, st.integers(-2045, 2045), st.integers(-8, 7))
_floats = st.builds(Written, st.integers(-(2**23) + 3, 2**23 - 3), st.integers(-128, 127))
_clocks = st.none() | st.just(TIME)
_optional = st.none() | _sfloats


def exactly(written: Written) -> Fraction:
    return written.mantissa * Fraction(10) ** written.exponent


def numbers(measurement: Measurement) -> dict[str, Fraction]:
    return {str(sign): Fraction(number) for sign, number in measurement.values.items()}


@pytest.mark.parametrize("vector", VECTORS["numbers"], ids=lambda one: f"{one['format']} {one['hex']}")
def test_numbers_that_others_have_seen(vector):
    bits = int.from_bytes(bytes.fromhex(vector["hex"]), "little")
    number = sfloat(bits) if vector["format"] == "SFLOAT" else medical_float(bits)
    assert number == Decimal(vector["value"])


@pytest.mark.parametrize(
    "vector", VECTORS["characteristics"], ids=lambda one: f"{one['characteristic']} {one['hex']}"
)
def test_notifications_that_others_have_seen(vector):
    said = decode(vector["characteristic"], vector["hex"])
    if vector["values"] is None:
        assert (said.values, said.unread != ()) == ({}, True)
        return
    assert said.values == {VitalSign(sign): Decimal(value) for sign, value in vector["values"].items()}
    assert said.told.get("device_time") == vector.get("device_time")
    if "statuses" in vector:
        assert sorted(said.statuses) == vector["statuses"]


@given(_sfloats)
def test_every_short_number_comes_back_exactly(written):
    bits = int.from_bytes(written.sfloat(), "little")
    assert Fraction(sfloat(bits)) == exactly(written)


@given(_floats)
def test_every_long_number_comes_back_exactly(written):
    bits = int.from_bytes(written.medical_float(), "little")
    assert Fraction(medical_float(bits)) == exactly(written)


def test_numbers_keep_the_decimals_they_were_written_with():
    assert str(decode("2a1c", thermometer(Written(370, -1))).values[VitalSign.TEMPERATURE]) == "37.0"
    assert str(decode("2a35", cuff([Written(12, 1), Written(70), Written(90)])).values["systolic"]) == "120"


@given(
    pressures=st.lists(_sfloats, min_size=3, max_size=3),
    clock=_clocks,
    pulse=_optional,
    user=st.none() | st.integers(0, 255),
    status=st.none() | st.integers(0, 0xFFFF),
)
def test_a_cuff_is_understood_with_any_of_its_parts(pressures, clock, pulse, user, status):
    said = decode("2a35", cuff(pressures, clock=clock, pulse=pulse, user=user, status=status))
    expected = {"systolic": exactly(pressures[0]), "diastolic": exactly(pressures[1])}
    assert numbers(said) == (expected if pulse is None else {**expected, "pulse": exactly(pulse)})
    assert said.told.get("device_time") == (clock and "2026-11-22T09:30:05")
    assert said.told.get("device_user") == user
    assert {"body_movement", "cuff_loose", "irregular_pulse", "improper_position"} >= set(said.statuses)
    assert ("irregular_pulse" in said.statuses) is bool(status and status & 4)


@given(number=_floats, clock=_clocks, site=st.none() | st.integers(0, 255))
def test_a_thermometer_is_understood_with_any_of_its_parts(number, clock, site):
    said = decode("2a1c", thermometer(number, clock=clock, site=site))
    assert numbers(said) == {"temperature": exactly(number)}
    assert ("site" in said.told) is (site is not None)


@given(
    pair=st.tuples(_sfloats, _sfloats),
    clock=_clocks,
    status=st.none() | st.integers(0, 0xFFFF),
    sensor=st.none() | st.integers(0, 0xFFFFFF),
    amplitude=_optional,
    fast=st.none() | st.tuples(_sfloats, _sfloats),
    slow=st.none() | st.tuples(_sfloats, _sfloats),
)
def test_an_oximeter_is_understood_with_any_of_its_parts(pair, clock, status, sensor, amplitude, fast, slow):
    end = {"status": status, "sensor": sensor, "amplitude": amplitude}
    expected = {"spo2": exactly(pair[0]), "pulse": exactly(pair[1])}
    once = decode("2a5e", spot_check(*pair, clock=clock, **end))
    running = decode("2a5f", continuous(*pair, fast=fast, slow=slow, **end))
    assert numbers(once) == numbers(running) == expected
    assert once.statuses == running.statuses
    assert ("non_pulsatile" in once.statuses) is bool(sensor and sensor & 0x80)
    assert ("pulse_amplitude_index" in running.told) is (amplitude is not None)
    assert ("fast_spo2" in running.told, "slow_pulse" in running.told) == (fast is not None, slow is not None)


@pytest.mark.parametrize(("name", "bits", "shown"), [(name, *rest) for name, rest in SPECIALS.items()])
def test_what_is_no_number_is_unknown_and_says_which(name, bits, shown):
    none, some = special(bits), Written(70)
    for characteristic, value, sign in [
        ("2a35", cuff([none, some, some], pulse=some), "systolic"),
        ("2a35", cuff([some, none, some], pulse=some, kilopascal=True), "diastolic"),
        ("2a35", cuff([some, some, some], pulse=none), "pulse"),
        ("2a1c", thermometer(none, fahrenheit=True), "temperature"),
        ("2a5e", spot_check(none, some), "spo2"),
        ("2a5f", continuous(some, none), "pulse"),
    ]:
        said = decode(characteristic, value)
        assert sign not in said.values
        assert said.no_number == {sign: shown}
        assert said.flags == (f"gatt:{name}:{sign}",)
        assert said.told["as_sent"][sign] == shown


def test_only_the_patterns_themselves_are_special():
    assert sfloat(0xF7FF) == Decimal("204.7")
    assert sfloat(0x1800) == -20480
    assert medical_float(0xFF7FFFFF) == Decimal("838860.7")


def test_kilopascal_is_converted_exactly_and_kept():
    said = decode("2a35", cuff([Written(189, -1), Written(107, -1), Written(125, -1)], kilopascal=True))
    assert said.values == {
        VitalSign.SYSTOLIC: Decimal("141.7616613"),
        VitalSign.DIASTOLIC: Decimal("80.2566019"),
    }
    assert said.told["as_sent"] == {"systolic": "18.9 kPa", "diastolic": "10.7 kPa"}
    assert said.told["mean_arterial_pressure"] == "12.5 kPa"


@pytest.mark.parametrize("decimals", [1, 2])
def test_fahrenheit_falls_on_the_same_side_of_every_line_of_the_chart(decimals):
    scale = 10**decimals
    for mantissa in range(85 * scale, 112 * scale):
        said = decode("2a1c", thermometer(Written(mantissa, -decimals), fahrenheit=True))
        exact = (Fraction(mantissa, scale) - 32) * 5 / 9
        half_up = Fraction((exact * 10 + Fraction(1, 2)).__floor__(), 10)
        [found] = said.values.values()
        assert Fraction(found.quantize(Decimal("0.1"), ROUND_HALF_UP)) == half_up
        assert abs(Fraction(found) - exact) < Fraction(1, 10**6)
    assert decode("2a1c", "01da0300ff").told["as_sent"] == {"temperature": "98.6 [degF]"}


WHOLE = [
    ("2a35", cuff([Written(120)] * 3, clock=TIME, pulse=Written(60), user=1, status=0)),
    ("2a1c", thermometer(Written(367, -1), clock=TIME, site=3)),
    ("2a5e", spot_check(Written(97), Written(70), clock=TIME, status=0, sensor=0, amplitude=Written(5))),
    ("2a5f", continuous(Written(97), Written(70), fast=(Written(97), Written(70)), sensor=0)),
]


@pytest.mark.parametrize(("characteristic", "whole"), WHOLE, ids=[one[0] for one in WHOLE])
def test_a_value_cut_short_or_too_long_is_unknown_as_a_whole(characteristic, whole):
    signs = set(decode(characteristic, whole).values)
    for octets in range(1, len(whole) // 2):
        said = decode(characteristic, whole[: 2 * octets])
        assert (said.values, set(said.unread), said.flags) == ({}, signs, ("gatt:truncated",))
    assert set(decode(characteristic, "").unread) <= signs
    said = decode(characteristic, whole + "00")
    assert (said.values, set(said.unread), said.flags) == ({}, signs, ("gatt:too_long",))


@pytest.mark.parametrize("value", ["156ff0000000003c001200", "00780050005d00", "", "zz"])
def test_the_pressure_of_a_cuff_still_measuring_is_never_a_blood_pressure(value):
    said = decode("0x2A36", value)
    assert (said.values, said.unread, said.no_number) == ({}, (), {})
    assert said.flags == ("gatt:intermediate_cuff_pressure",)
    assert set(said.never) == {VitalSign.SYSTOLIC, VitalSign.DIASTOLIC, VitalSign.PULSE}


def test_a_clock_that_was_never_set_gives_no_time():
    said = decode("2a5e", spot_check(Written(98), Written(64), clock=TIME, clock_not_set=True))
    assert said.told["device_clock_not_set"] is True
    assert "device_time" not in said.told
    assert numbers(said) == {"spo2": 98, "pulse": 64}


def test_an_impossible_clock_is_kept_as_it_stands_and_costs_nothing():
    said = decode("2a1c", thermometer(Written(367, -1), clock=time(65535, 99, 0, 255, 61, 60)))
    assert said.told["device_time"] == "65535-99-00T255:61:60"
    assert said.values == {VitalSign.TEMPERATURE: Decimal("36.7")}


@pytest.mark.parametrize(
    ("status", "sensor", "meaning"),
    [
        (1 << 10, 0, "demo"),
        (1 << 11, 0, "testing"),
        (1 << 13, 0, "unavailable"),
        (1 << 15, 0, "invalid"),
        (1 << 9, 0, "from_storage"),
        (1 << 14, 0, "questionable"),
        (0, 1 << 11, "sensor_off"),
        (0, 1 << 15, "sensor_off"),
        (0, 1 << 13, "sensor_displaced"),
        (0, 1 << 7, "non_pulsatile"),
        (0, 1 << 5, "low_perfusion"),
        (0, 1 << 4, "poor_signal"),
        (0, 1 << 6, "erratic"),
        (0, 1 << 1, "malfunction"),
    ],
)
def test_what_an_oximeter_says_of_itself_has_a_word(status, sensor, meaning):
    said = decode("2a5e", spot_check(Written(97), Written(70), status=status, sensor=sensor))
    assert said.statuses == {meaning}
    assert numbers(said) == {"spo2": 97, "pulse": 70}


def test_bits_that_only_tell_of_routine_doubt_nothing():
    routine = 1 << 5 | 1 << 7 | 1 << 8
    said = decode("2a5e", spot_check(Written(97), Written(70), status=routine, sensor=1 | 1 << 9))
    assert said.statuses == frozenset()


@pytest.mark.parametrize(
    "written", ["2a35", "0x2A35", "2A35", " 00002A35-0000-1000-8000-00805F9B34FB ", "00002a35"]
)
def test_a_characteristic_has_many_spellings_and_one_name(written):
    assert shortened(written) == Characteristic.BLOOD_PRESSURE


@pytest.mark.parametrize("characteristic", ["2a37", "2a9d", "", "6e400003-b5a3-f393-e0a9-e50e24dcca9e"])
def test_a_characteristic_nobody_knows_holds_nothing(characteristic):
    assert decode(characteristic, "0055") == Measurement(flags=("gatt:unknown_characteristic",))


_names = st.sampled_from(list(Characteristic))


@given(characteristic=_names | st.text(max_size=40), value=st.text(max_size=60))
def test_any_text_is_answered(characteristic, value):
    decode(characteristic, value)


@given(characteristic=_names, octets=st.binary(max_size=40))
def test_any_octets_are_answered_with_numbers_or_a_reason(characteristic, octets):
    said = decode(characteristic, octets.hex())
    assert said.values or said.no_number or said.flags
    assert not said.values.keys() & said.no_number.keys()
    assert all(number.is_finite() for number in said.values.values())
    assert json.loads(json.dumps(dict(said.told))) == said.told
