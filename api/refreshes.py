"""Tell the refreshes of a live page from a new look at it.

Guards: somebody who keeps asking for the part that changes is written down again each hour, and whoever asks for it
without having opened the page is written down at once.
"""

from datetime import datetime, timedelta
from uuid import UUID

_LOOK_LASTS = timedelta(hours=1)


class Refreshes:
    """Which sessions of this process have had a look at a place written down within the hour."""

    def __init__(self) -> None:
        self._begun: dict[tuple[UUID, str], datetime] = {}

    def begin(self, session_id: UUID, place: str, at: datetime) -> bool:
        """Return whether a look begins with this, because none of the session's has begun within the hour."""
        lasting = {look: begun for look, begun in self._begun.items() if at - begun < _LOOK_LASTS}
        is_new = (session_id, place) not in lasting
        self._begun = {(session_id, place): at, **lasting}
        return is_new
