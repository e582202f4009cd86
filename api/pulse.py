"""Whether readings can come in and deadlines be kept at this moment, in a sentence for the hub's page.

Guards: a page that hears its stream is not a platform that hears its kits: what is not known is said as such.
Where ingest stops, a page says so within ten seconds of its last beat: six until it counts as quiet, at most one
until that is asked, at most three until the next ping.
"""

import threading
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import psycopg

from api.database import Pool
from ingest import heartbeat
from ingest.heartbeat import Beating

ASK_EVERY = 1.0
_LONDON = ZoneInfo("Europe/London")
_UNKNOWN = "It is not known whether readings are coming in: the database does not answer."
_SAID = {
    Beating.INGEST: "No readings are coming in{since}. Escalations may be missing: homes must phone the hub.",
    Beating.SCHEDULER: "Nobody is watching the clocks{since}: silence and unanswered questions raise nothing.",
}


class Pulse:
    """The sentence, asked of the database at most once a second for all pages together."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._words: str | None = _UNKNOWN

    def words(self, at: datetime) -> str | None:
        """What is wrong now, None where nothing is."""
        # While one page asks, perhaps in vain, the others are told what was known last.
        if time.monotonic() - self._asked_at >= ASK_EVERY and self._lock.acquire(blocking=False):
            try:
                self._words = self._ask(at)
                self._asked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._words

    def _ask(self, at: datetime) -> str | None:
        try:
            with self._pool.connection(timeout=2.0) as conn:
                quiet = heartbeat.quiet(conn, at)
        except psycopg.Error:
            return _UNKNOWN
        return " ".join(_SAID[one].format(since=_since(last)) for one, last in quiet.items()) or None


def _since(last: datetime | None) -> str:
    return f" since {last.astimezone(_LONDON):%H:%M on %d %B}" if last is not None else ""
