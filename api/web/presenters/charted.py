"""The readings and scores that charts are drawn from: three days, or as much of that as can be drawn.

Guards: within the charted time only readings held to be another's are left out. If it is less than three days, that is
said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.queries.readings import Reading
from api.queries.scores import Score
from api.web.presenters.moments import clock
from api.web.presenters.vitals import FRESH

SPAN = timedelta(hours=72)
SPAN_WORDS = "the last 72 hours"
# An instrument that measures every five minutes sends fewer than this in three days.
MOST = 1000


@dataclass(frozen=True, slots=True)
class Charted:
    """All readings after a moment, oldest first, and the name of that time; `says` tells if that is not all of SPAN."""

    readings: Sequence[Reading]
    since: datetime
    until: datetime
    during: str
    says: str | None


def charted(seen: Sequence[Reading], now: datetime) -> Charted:
    """Return all of SPAN's readings (given newest first), or the newest MOST of them."""
    if len(seen) <= MOST:
        return Charted(_counted(seen), now - SPAN, now, f"in {SPAN_WORDS}", None)
    since = seen[MOST].effective_at
    after = f"after {clock(since, now)}"
    says = (
        f"There are more than {MOST} readings of {SPAN_WORDS}. The charts show the newest {MOST}, {after};"
        " the older ones are among the readings below."
    )
    return Charted(_counted(seen[:MOST]), since, now, after, says)


def _counted(seen: Sequence[Reading]) -> list[Reading]:
    return sorted((one for one in seen if one.counts), key=lambda one: (one.effective_at, one.arrival_number))


def on_oxygen(readings: Sequence[Reading]) -> list[bool | None]:
    """Return for each reading the last entry of air or oxygen that may join it; None where there is none."""
    last: Reading | None = None
    said: list[bool | None] = []
    for one in readings:
        last = last if one.on_oxygen is None else one
        said.append(last.on_oxygen if last and one.effective_at - last.effective_at <= FRESH else None)
    return said


def sets_of(scores: Sequence[Score]) -> list[Score]:
    """Return the last score of each set, oldest first.

    A set that comes in parts is known better with each: every score's bounds lie within those before, and within the
    time in which readings may join. Any other score belongs to another set.
    """
    last: list[Score] = []
    began: list[datetime] = []
    for one in scores:
        if last and one.effective_at - began[-1] <= FRESH and _lies_within(one, last[-1]):
            last[-1] = one
        else:
            last.append(one)
            began.append(one.effective_at)
    return last


def _lies_within(one: Score, other: Score) -> bool:
    return other.low <= one.low and one.high <= other.high
