"""Serves the api until told to stop.

Guards: stopping is prompt. Streams would keep the server waiting for ever, so they are ended first, and each
page is told to come back.
"""

import socket

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.parts import Parts
from api.settings import Settings

_LAST_REQUESTS_SECONDS = 10


class Server(uvicorn.Server):
    """A server that ends its streams before it waits for its requests."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        parts: Parts | None = getattr(self._app.state, "parts", None)
        if parts is not None:
            parts.fanout.close()
        await super().shutdown(sockets)


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    Server(create_app(settings), settings.http.host, settings.http.port).run()
