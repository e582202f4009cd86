"""Tell the refreshes of a live page from a new look at it.

Guards: whoever asks for the part that changes without having opened the page has a look written down at once, and
whoever keeps asking has one each hour. A look counts here only once its answer was sent.
"""

from datetime import datetime, timedelta
from uuid import UUID

from starlette.background import BackgroundTask

_LOOK_LASTS = timedelta(hours=1)


class Refreshes:
    """Which sessions had a look at a place written down within the hour, as far as this process sent the answer."""

    def __init__(self) -> None:
        self._begun: dict[tuple[UUID, str], datetime] = {}

    def is_new_look(self, session_id: UUID, place: str, at: datetime) -> bool:
        """Return whether no look of the session at this place was sent within the hour."""
        begun = self._begun.get((session_id, place))
        return begun is None or not _lasts(begun, at)

    def sent(self, session_id: UUID, place: str, at: datetime) -> BackgroundTask:
        """Return what is to run after an answer with a look that was written down."""
        return BackgroundTask(self._begin, session_id, place, at)

    def _begin(self, session_id: UUID, place: str, at: datetime) -> None:
        lasting = {look: begun for look, begun in self._begun.items() if _lasts(begun, at)}
        self._begun = {**lasting, (session_id, place): at}


def _lasts(begun: datetime, at: datetime) -> bool:
    """Return whether the look still lasts; a clock that was set back ends it."""
    return timedelta(0) <= at - begun < _LOOK_LASTS
