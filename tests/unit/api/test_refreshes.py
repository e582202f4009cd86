"""A refresh belongs to the look before it for an hour, and only if that was answered."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api.refreshes import Refreshes

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MINE, THEIRS = UUID(int=1), UUID(int=2)


def send(refreshes: Refreshes, subjects: list[str], at: datetime) -> None:
    answered = refreshes.sent(MINE, subjects, at)
    answered.func(*answered.args)


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
    assert refreshes.new_looks(MINE, ["hub:1"], NOW) == ["hub:1"]
    send(refreshes, ["hub:1"], NOW)
    assert refreshes.new_looks(MINE, ["hub:1"], NOW + later) == (["hub:1"] if is_new else [])
    assert refreshes.new_looks(MINE, ["hub:2"], NOW + later) == ["hub:2"]
    assert refreshes.new_looks(THEIRS, ["hub:1"], NOW + later) == ["hub:1"]


def test_whoever_is_shown_later_is_new_and_nobody_is_new_twice() -> None:
    refreshes = Refreshes()
    send(refreshes, ["hub:1", "resident:1"], NOW)
    shown = ["resident:1", "resident:2", "resident:2"]
    assert refreshes.new_looks(MINE, shown, NOW) == ["resident:2"]


def test_a_look_that_was_written_down_again_lasts_from_then() -> None:
    refreshes = Refreshes()
    begun = [NOW, NOW + timedelta(minutes=50), NOW + timedelta(minutes=70)]
    send(refreshes, ["hub:1", "resident:1"], begun[0])
    send(refreshes, ["hub:1"], begun[1])
    send(refreshes, ["resident:2"], begun[2])
    assert refreshes.new_looks(MINE, ["hub:1", "resident:1"], begun[2]) == ["resident:1"]


def test_a_look_whose_answer_was_not_sent_is_none() -> None:
    refreshes = Refreshes()
    refreshes.sent(MINE, ["hub:1"], NOW)
    assert refreshes.new_looks(MINE, ["hub:1"], NOW) == ["hub:1"]
