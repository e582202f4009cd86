"""Where nobody knows when a look would have been, a replay looks when something is due."""

from datetime import UTC, datetime, timedelta

from alerts.replay.clock import WhenDue
from alerts.replay.watched import ALWAYS, Heard, Watched

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
AFTER = 26 * HOUR


def test_a_silence_that_was_answered_is_not_said_again_sooner_because_of_the_cases_that_followed():
    watched = Watched(ALWAYS, kits=[], pauses=[], ends=[], cases=[])
    clock = WhenDue(ALWAYS, NOW + 100 * HOUR, answered_after=4 * HOUR)
    for hours, of_silence in ((0, True), (6, False), (12, False)):
        clock.told(NOW + hours * HOUR, of_silence=of_silence)
    heard = Heard(NOW - 27 * HOUR, NOW - 27 * HOUR)
    again = watched.silent_from(heard, AFTER, NOW + 12 * HOUR, NOW + 100 * HOUR, clock.cases)
    assert again == NOW + 4 * HOUR + AFTER + timedelta(microseconds=1)
