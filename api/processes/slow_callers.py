"""Connections of those who send too slowly are closed, so that nobody keeps the server busy with beginnings.

Guards: a request's head is there within HEAD_SECONDS of its first byte, its body within BODY_SECONDS after that; an
answer may take as long as it likes, as a stream does.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
ALLOWED = {h11.IDLE: HEAD_SECONDS, h11.SEND_BODY: BODY_SECONDS}


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, for those who speak at all."""

    _waits_for: object = None
    _until: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Give what is being sent now its time; what goes on being sent gets no more."""
        state = self.conn.their_state
        if state is self._waits_for:
            return
        self._forget()
        self._waits_for = state
        if state in ALLOWED:
            self._until = self.loop.call_later(ALLOWED[state], self.transport.close)

    def _forget(self) -> None:
        if self._until is not None:
            self._until.cancel()
            self._until = None
