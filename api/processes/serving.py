"""Serve the api until told to stop.

Guards: stopping is prompt. Streams would keep the server waiting for ever, so they are ended first, and each page is
told to come back. Small answers are sent without delay.
"""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.identity.sealing import sealer_of
from api.parts import Parts
from api.processes.slow_callers import ImpatientProtocol
from api.settings import DatabaseRole, Http, Settings, SettingsError

_LAST_REQUESTS_SECONDS = 10
_BACKLOG = 2048


class Server(uvicorn.Server):
    """A server that ends its streams before it waits for its requests."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                http=ImpatientProtocol,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                # Only `api.identity.addresses` decides, by a setting, whether to believe what a request says of its
                # origin.
                proxy_headers=False,
                timeout_graceful_shutdown=_LAST_REQUESTS_SECONDS,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        parts: Parts | None = getattr(self._app.state, "parts", None)
        if parts is not None:
            parts.fanout.close()
        await super().shutdown(sockets)


def serve(settings: Settings, stopping: threading.Event) -> None:
    """Serve until a signal sets `stopping`. Raises SettingsError where it cannot begin.

    The server passes the signal that stopped it on to `stopping`.
    """
    for role in (DatabaseRole.API, DatabaseRole.INGEST):
        settings.conninfo(role)
    sealer_of(settings)
    with listening(settings.http) as listener:
        server = Server(create_app(settings), settings.http.host, settings.http.port)
        # A signal may have come during the preparation.
        server.should_exit = stopping.is_set()
        server.run(sockets=[listener])


def listening(http: Http) -> socket.socket:
    """Return a listening socket for browsers. Raises SettingsError where that is impossible."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        listener = socket.create_server((http.host, http.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"Port {http.port} at {http.host} cannot be used ({error.strerror}):"
            " set HEARTHWATCH_HTTP_PORT to another, or stop what uses it."
        ) from None
    # Connections inherit TCP_NODELAY. asyncio sets it only where the socket names its protocol, and this one does not.
    # Without it an answer in two pieces takes 40 ms longer: one side waits to fill a packet, the other to acknowledge.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
