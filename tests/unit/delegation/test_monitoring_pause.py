"""A pause of somebody's monitoring has a reason and an end, and neither begins nor ends where nobody would look."""

from datetime import UTC, datetime, timedelta

import pytest

from delegation.decisions.monitoring_pause import LONGEST, LONGEST_BEFORE, Away

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MOMENT, DAY = timedelta(seconds=1), timedelta(days=1)


def faults(**different: object) -> set[str]:
    said = {"reason": "In hospital", "starts_at": NOW, "ends_at": NOW + DAY} | different
    return set(Away(**said).faults(NOW))  # pyright: ignore[reportArgumentType]


def test_the_longest_there_may_be_is_as_good_as_a_short_one() -> None:
    assert faults() == faults(starts_at=NOW - LONGEST_BEFORE, ends_at=NOW + LONGEST) == set()


@pytest.mark.parametrize(
    ("field", "said"),
    [
        pytest.param("reason", " ", id="no reason"),
        pytest.param("reason", "x" * 101, id="a long story"),
        pytest.param("starts_at", NOW + MOMENT, id="before they have gone"),
        pytest.param(
            "starts_at", NOW - LONGEST_BEFORE - MOMENT, id="longer ago than anybody should find out"
        ),
        pytest.param("ends_at", NOW, id="over already"),
        pytest.param("ends_at", NOW + LONGEST + MOMENT, id="as good as without end"),
    ],
)
def test_what_it_may_not_be_is_said_beside_its_field(field: str, said: object) -> None:
    assert faults(**{field: said}) == {field}
