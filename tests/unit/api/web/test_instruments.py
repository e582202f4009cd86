"""What a Bluetooth instrument sent, in words: converted values, other words of the app's, an old clock."""

import pytest

from api.web.presenters.history import reading_row
from api.web.presenters.instruments import remarks
from tests.unit.api.web.rows import NOW, reading

CUFF = {"characteristic": "2a35", "value": "01a0f06bf07df0", "as_sent": {"systolic": "16.0 kPa"}}


@pytest.mark.parametrize(
    ("told", "flags", "words"),
    [
        (None, [], []),
        ({"as_sent": {"systolic": "120 mmHg", "pulse": "NaN"}}, [], []),
        (CUFF, [], ["Systolic blood pressure sent as 16.0 kPa"]),
        ({"as_sent": {"temperature": "98.6 [degF]"}}, [], ["Temperature sent as 98.6 °F"]),
        ({"decoded_by_app": {"spo2": "98"}}, [], ["Oxygen saturation according to the app: 98"]),
        ({"device_time": "2026-03-01T08:15:00"}, [], []),
        (
            {"device_time": "2026-03-01T08:15:00"},
            ["device_time_differs", "remembered:systolic"],
            ["The device's own clock said 08:15 on 1 March 2026"],
        ),
        (
            {"device_time": "2015-01-01T00:00:00"},
            ["device_clock_lost", "confirm:systolic"],
            ["The device's own clock said 00:00 on 1 January 2015"],
        ),
        ({"device_time": "0000-04-17T20:41:59"}, ["device:from_storage", "remembered:systolic"], []),
    ],
)
def test_what_was_sent_otherwise_than_it_is_shown_is_said(told, flags, words) -> None:
    assert remarks(told, flags) == words


def test_a_reading_says_what_its_instrument_sent() -> None:
    row = reading_row(reading(observations={"gatt": CUFF}), NOW)
    assert row.remarks == ("Systolic blood pressure sent as 16.0 kPa",)


def test_a_value_that_a_device_remembers_is_shown_and_said_not_to_count() -> None:
    one = reading(flags=["device:from_storage", "remembered:spo2"], unusable={"remembered:spo2": "84"})
    assert reading_row(one, NOW).remarks == (
        "Device: from its memory, not scored",
        "Oxygen saturation 84%, measured before and not counted: measure it now",
    )
