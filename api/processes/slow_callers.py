"""Close connections that send too slowly, so that unfinished requests cannot keep the server busy.

Guards: a request's head arrives within HEAD_SECONDS of its first byte, its body within BODY_SECONDS after that. An
answer may take any time, as a stream does.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
BODY_SECONDS = 60.0
ALLOWED = {h11.IDLE: HEAD_SECONDS, h11.SEND_BODY: BODY_SECONDS}


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol with time limits for sending."""

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
        """Start the time limit for the part now being sent; more of the same part does not extend it."""
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
