"""What somebody at the bedside reads when a receipt has come: whom to phone, with the number."""

import pytest

from devices.gateway.next_step import Hub, words
from devices.receipt import CALL_999, CALL_HUB, MEASURE_PREFIX, NOTHING

HUB = Hub("Riverside hub", "01632 960000")


@pytest.mark.parametrize(
    ("next_step", "said"),
    [
        (CALL_999, "Phone 999 now. Then phone the hub: Riverside hub, 01632 960000."),
        (
            CALL_HUB,
            "Phone the hub now: Riverside hub, 01632 960000."
            " If nobody answers in 5 minutes, or they get worse: phone 999.",
        ),
        (
            f"{MEASURE_PREFIX}temperature",
            "Measure this now, and send it: temperature."
            " If you cannot, phone the hub: Riverside hub, 01632 960000.",
        ),
        (
            f"{MEASURE_PREFIX}on_oxygen",
            "Check this now, and send it: air or oxygen."
            " If you cannot, phone the hub: Riverside hub, 01632 960000.",
        ),
        (
            f"{MEASURE_PREFIX}grip_strength",
            "Measure this now, and send it: grip strength."
            " If you cannot, phone the hub: Riverside hub, 01632 960000.",
        ),
        (
            NOTHING,
            "If you are worried, phone the hub: Riverside hub, 01632 960000. In an emergency phone 999.",
        ),
    ],
)
def test_each_next_step_names_the_number(next_step: str, said: str) -> None:
    assert words(next_step, HUB) == said


@pytest.mark.parametrize(
    ("hub", "said"),
    [
        (Hub(), "Phone the hub now: its number is not known on this kit."),
        (Hub("Riverside hub", None), "Phone the hub now: its number is not known on this kit."),
        (Hub(None, "01632 960000"), "Phone the hub now: 01632 960000."),
    ],
    ids=["nothing", "a name alone", "a number alone"],
)
def test_a_number_that_is_not_known_is_said_to_be_not_known(hub: Hub, said: str) -> None:
    assert words(CALL_HUB, hub).startswith(f"{said} If nobody answers")
