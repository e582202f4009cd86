"""The port on which a process without pages shows its health and its counts.

Guards: it shows only numbers, answers from memory, and cannot stop the work it watches.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from api.metrics import MEDIA_TYPE

Health = Callable[[], Mapping[str, Any]]


@contextmanager
def watched(host: str, port: int, health: Health, registry: CollectorRegistry) -> Iterator[int | None]:
    """Answer /healthz, /readyz and /metrics while the block runs; yield the port, or None where it is 0.

    /healthz is 200 while the process answers. /readyz is 503 where `health` says that it is not `ready`.
    """
    if not port:
        yield None
        return
    server = ThreadingHTTPServer((host, port), _answering(health, registry))
    thread = threading.Thread(target=server.serve_forever, name="watch", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answering(health: Health, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in ("/healthz", "/readyz"):
                now = health()
                status = 503 if self.path == "/readyz" and not now.get("ready", True) else 200
                self._say(status, "application/json", json.dumps(now).encode())
            elif self.path == "/metrics":
                self._say(200, MEDIA_TYPE, generate_latest(registry))
            else:
                self._say(404, "text/plain", b"Here are /healthz, /readyz and /metrics.\n")

        def _say(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: these are asked for every few seconds."""

    return Answer
