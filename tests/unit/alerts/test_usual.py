"""What is usual for somebody: of enough values, over long enough, and never of the last hours."""

import numpy as np
import pytest

from alerts.beside.usual import DAY, HOUR, Usual, usual
from alerts.options import Stretch
from alerts.policy import SHIPPED
from tests.unit.alerts.judged_sets import policy
from tests.unit.alerts.test_drift import DRIFT, OPTIONS

NOW = 1000 * DAY
STRETCH = Stretch(days=14, but_hours=24, readings=5, since_days=7)


def told(*values: tuple[float, float], stretch: Stretch = STRETCH) -> Usual | None:
    """Of (hours ago, value), the longest ago first."""
    at = np.array([NOW - int(ago * HOUR) for ago, _ in values], dtype=np.int64)
    return usual(at, np.array([value for _, value in values]), NOW, stretch)


WELL = tuple((168 - 24 * day, value) for day, value in enumerate((61, 60, 64, 66, 62)))


def test_it_is_the_middle_three_fifths_with_how_many_they_are_and_since_when():
    assert told(*WELL) == Usual(60, 64, 5, NOW - 7 * DAY, NOW - 3 * DAY, enough=True)


def test_the_last_hours_and_what_is_too_long_ago_tell_nothing_of_it():
    assert told((14 * 24 + 1, 150), *WELL, (24, 150), (3, 150), (0, 150)) == told(*WELL)
    assert told((24, 150), (0, 150)) is None


@pytest.mark.parametrize("those", [WELL[1:], ((167, 61), *WELL[1:])], ids=["too few", "too short a time"])
def test_of_less_it_says_that_it_is_not_enough(those):
    found = told(*those)
    assert found is not None
    assert not found.enough


def test_pages_and_the_rule_that_looks_for_a_drift_tell_it_of_the_same_stretch():
    assert DRIFT.usual == Stretch(
        OPTIONS["usual_days"],
        OPTIONS["within_hours"],
        OPTIONS["usual_readings"],
        OPTIONS["usual_since_days"],
    )
    assert policy().usual == SHIPPED.usual == Stretch(days=90, but_hours=72, readings=20, since_days=7)
