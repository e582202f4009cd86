"""Hear the database say that a hub's queue changed, over the process's one LISTEN connection.

Guards: a lost connection is noticed within seconds and tried again with growing pauses. After that everybody is told to
look again, because notifications sent meanwhile are lost.
"""

import asyncio
from collections.abc import Callable
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts.cases.store import CHANNEL
from api import journal
from api.metrics import Counts

_LISTEN: LiteralString = "LISTEN " + CHANNEL
_STILL_THERE: LiteralString = "SELECT 1"
_LOOK_EVERY = 10.0
_ANSWER_WITHIN = 5.0
_SHORTEST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0
_log = journal.of("api.listening")


class Ear:
    """Calls `changed(hub)` for every notification, and `heard_again` whenever it begins to listen."""

    def __init__(
        self,
        conninfo: str,
        counts: Counts,
        changed: Callable[[UUID], None],
        heard_again: Callable[[], None],
    ) -> None:
        self._conninfo = conninfo
        self._counts = counts
        self._changed = changed
        self._heard_again = heard_again
        self.listening = False

    async def listen(self) -> None:
        """Listen until cancelled."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                await self._hear()
            except (psycopg.Error, OSError, TimeoutError) as error:
                _log.warning("not listening", error=type(error).__name__, seconds=pause)
            pause = _SHORTEST_PAUSE if self.listening else min(pause * 2, _LONGEST_PAUSE)
            self._set(listening=False)
            await asyncio.sleep(pause)

    async def _hear(self) -> None:
        conn = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        try:
            await conn.execute(_LISTEN)
            self._set(listening=True)
            self._heard_again()
            while True:
                async for notice in conn.notifies(timeout=_LOOK_EVERY):
                    self._notice(notice.payload)
                await asyncio.wait_for(conn.execute(_STILL_THERE), _ANSWER_WITHIN)
        finally:
            # `close` alone would wait for a database that does not answer.
            await conn.close()

    def _notice(self, payload: str) -> None:
        try:
            self._changed(UUID(payload))
        except ValueError:
            _log.warning("a notification could not be read")

    def _set(self, *, listening: bool) -> None:
        self.listening = listening
        self._counts.listening.set(listening)
