"""Vital signs and scores in words: what is missing is said, and a bare number means that nothing is."""

from decimal import Decimal

import pytest

from api.web.presenters import signs
from devices.profiles import Status


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(7, 7, "7"), (5, 9, "5 to 9"), (0, 17, "0 to 17"), (None, None, "No score")],
)
def test_bounds_that_do_not_meet_are_never_a_bare_number(
    low: int | None, high: int | None, words: str
) -> None:
    assert signs.bounds(low, high) == words


def test_assumed_air_is_said_with_the_score() -> None:
    assert signs.bounds(5, 5, assumed_air=True) == "5, air assumed"


@pytest.mark.parametrize(
    ("sign", "value", "words"),
    [
        ("temperature", Decimal("38.04"), "38.0 °C"),
        ("temperature", "38.05", "38.1 °C"),
        ("spo2", Decimal("93"), "93%"),
        ("pulse", 71.5, "72 beats a minute"),
        ("on_oxygen", True, "On oxygen"),
        ("on_oxygen", False, "Breathing air"),
        ("consciousness", "C", "New confusion"),
        ("respiration_rate", Decimal(0), "0 breaths a minute"),
        ("pulse", None, "unknown"),
    ],
)
def test_a_value_is_shown_as_the_chart_rounds_it(sign: str, value: object, words: str) -> None:
    assert signs.with_unit(sign, value) == words


def test_the_same_band_is_said_once_and_two_as_a_range() -> None:
    assert signs.band("medium", "medium") == "Medium"
    assert signs.band("low_medium", "high") == "Low-medium to high"


def test_what_is_asked_for_reads_as_a_sentence() -> None:
    assert signs.asked(["pulse", "on_oxygen", "respiration_rate"]) == (
        "breathing rate, whether they are on oxygen and pulse"
    )


def test_not_sure_about_oxygen_reads_as_it_was_said() -> None:
    assert (
        signs.flag("unusable:on_oxygen", {"on_oxygen": "not_sure"}) == "Not sure whether they are on oxygen"
    )


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("unusable:pulse", "Pulse could not be used (sent as NaN)"),
        ("confirm:spo2", "Oxygen saturation is surprising: repeat it"),
        ("device:low_perfusion", "Device: weak blood flow at the finger"),
        ("clock_ahead", "The kit's clock is fast: taken earlier than it says"),
        ("device_clock_lost", "The device's own clock was not set: its values are taken as measured now"),
        ("clock_lost", "The kit's clock was not set: the time shown comes from when it arrived"),
        ("clock_behind", "The kit's clock is slow: taken later than it says"),
        ("something_new", "Something new"),
    ],
)
def test_what_is_odd_about_a_reading_is_said_in_words(flag: str, words: str) -> None:
    assert signs.flag(flag, {"pulse": "NaN"}) == words


@pytest.mark.parametrize("status", Status)
def test_whatever_an_instrument_says_of_itself_is_said_in_words(status: Status) -> None:
    words = signs.flag(f"device:{status}", {})
    assert words.startswith("Device: ")
    assert "_" not in words


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("gatt:nan:systolic", "Systolic blood pressure: the device had no number"),
        ("gatt:differs:spo2", "Oxygen saturation: the app sent another value than the device"),
        ("gatt:truncated", "What the device sent was cut short and could not be read"),
        (
            "gatt:intermediate_cuff_pressure",
            "Pressure in the cuff while it was still measuring: not a blood pressure",
        ),
    ],
)
def test_what_a_device_sent_and_could_not_be_used_is_said_in_words(flag: str, words: str) -> None:
    assert signs.flag(flag, {}) == words


def test_octets_nobody_could_read_are_not_repeated() -> None:
    assert signs.flag("unusable:pulse", {"pulse": "unreadable"}) == "Pulse could not be used"
