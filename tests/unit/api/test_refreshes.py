"""A refresh belongs to the look before it for an hour, and only if that was answered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.refreshes import Refreshes

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MINE, THEIRS = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("later", "is_new"),
    [
        (timedelta(0), False),
        (timedelta(minutes=59), False),
        (timedelta(hours=1), True),
        (-timedelta(seconds=1), True),
    ],
    ids=["at once", "within the hour", "after it", "by a clock that was set back"],
)
def test_a_look_lasts_an_hour(later: timedelta, is_new: bool) -> None:
    refreshes = Refreshes()
    assert refreshes.is_new_look(MINE, "hub:1", NOW)
    answered = refreshes.sent(MINE, "hub:1", NOW)
    answered.func(*answered.args)
    assert refreshes.is_new_look(MINE, "hub:1", NOW + later) is is_new
    assert refreshes.is_new_look(MINE, "hub:2", NOW + later)
    assert refreshes.is_new_look(THEIRS, "hub:1", NOW + later)


def test_a_look_whose_answer_was_not_sent_is_none() -> None:
    refreshes = Refreshes()
    refreshes.sent(MINE, "hub:1", NOW)
    assert refreshes.is_new_look(MINE, "hub:1", NOW)
