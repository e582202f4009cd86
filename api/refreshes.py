"""Tell what a live page shows for the first time from what it only shows again.

Guards: whoever asks for the part that changes without having opened the page has a look written down at once, so has
whoever is shown somebody new, and whoever keeps asking has one each hour. A look counts here only once its answer was
sent.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

from starlette.background import BackgroundTask

_LOOK_LASTS = timedelta(hours=1)


class Refreshes:
    """What each session was shown within the hour, written down, as far as this process sent the answer."""

    def __init__(self) -> None:
        self._begun: dict[tuple[UUID, str], datetime] = {}  # in the order in which they began
        self._turn = Lock()

    def new_looks(self, session_id: UUID, subjects: Iterable[str], at: datetime) -> list[str]:
        """Return which of these subjects (`hub:<id>`, `resident:<id>`) no answer has shown within the hour."""
        return [
            one for one in dict.fromkeys(subjects) if not self._lasts(self._begun.get((session_id, one)), at)
        ]

    def sent(self, session_id: UUID, subjects: Collection[str], at: datetime) -> BackgroundTask:
        """Return what is to run after an answer with looks that were written down."""
        return BackgroundTask(self._begin, session_id, subjects, at)

    def _begin(self, session_id: UUID, subjects: Collection[str], at: datetime) -> None:
        with self._turn:
            for one in subjects:
                self._begun.pop((session_id, one), None)
                self._begun[session_id, one] = at
            while not self._lasts(self._begun[oldest := next(iter(self._begun))], at):
                del self._begun[oldest]

    @staticmethod
    def _lasts(begun: datetime | None, at: datetime) -> bool:
        """Return whether the look still lasts; a clock that was set back ends it."""
        return begun is not None and timedelta(0) <= at - begun < _LOOK_LASTS
