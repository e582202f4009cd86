"""When the scheduler looks at its clocks in a replay: as it is on record, or whenever something falls due.

Guards: under the policies that ran, looks and readings come in the order that is on record. Under other
policies nobody knows when a look would have come. Each clock is then seen the moment it is due, for every
policy alike.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from alerts.replay.watched import ALWAYS, NEVER, Span
from ingest.arrival import NewReading

_MICROSECOND = timedelta(microseconds=1)
Due = Callable[[datetime], datetime | None]
"""The next moment, up to one, at which anything is due."""


class Clock(Protocol):
    """Tells a replay when the scheduler looks.

    `since`: when it begins to run. `cases`: when a case of the resident was open.
    """

    since: datetime
    cases: Sequence[Span]

    def next(self, reading: NewReading | None, judged_at: datetime, due: Due, /) -> datetime | None:
        """Return the next look before a reading became known, or None if there is no more.

        The reading is judged at `judged_at`; it is None at the end of the history.
        """
        ...

    def told(self, at: datetime, *, of_silence: bool) -> None:
        """Note that something was found."""
        ...


class AsRecorded:
    """The looks that are on record, each with how much was known of the resident, and the cases as they were."""

    def __init__(self, runs: Iterable[tuple[datetime, int]], cases: Sequence[Span]) -> None:
        self._runs = deque(runs)
        self.since = ALWAYS
        # A case opens just after the look that raised it, so that it does not hold back that look, however
        # soon it closed.
        self.cases: Sequence[Span] = [
            one._replace(since=one.since + _MICROSECOND, until=max(one.until, one.since + _MICROSECOND))
            for one in cases
        ]

    def next(self, reading: NewReading | None, _judged_at: datetime, _due: Due, /) -> datetime | None:
        if self._runs and (reading is None or self._runs[0][1] < reading.arrival_number):
            return self._runs.popleft()[0]
        return None

    def told(self, at: datetime, *, of_silence: bool) -> None:
        pass


class WhenDue:
    """A look whenever something is due, at a hub that closes every case so long after it was raised."""

    def __init__(self, since: datetime, until: datetime, answered_after: timedelta) -> None:
        self.since = since
        self._until = until
        self._answered_after = answered_after
        self._cases: list[Span] = []
        self.cases: Sequence[Span] = self._cases

    def next(self, reading: NewReading | None, judged_at: datetime, due: Due, /) -> datetime | None:
        # A reading that comes at the very moment comes in time.
        return due(self._until if reading is None else judged_at - _MICROSECOND)

    def told(self, at: datetime, *, of_silence: bool) -> None:
        if not self._cases or at >= self._cases[-1].until:
            self._cases.append(Span(at, min(at + self._answered_after, NEVER), of_silence))
