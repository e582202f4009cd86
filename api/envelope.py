"""What is put around every request: an id, a line in the journal, security headers, and a check of where a
change came from.

Guards: a change asked for by another site is refused before any route sees it; no error leaves without having
been turned into a problem; pages with people on them are never cached.
"""

import secrets
import time
from http import HTTPMethod, HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import journal
from api.metrics import Counts
from api.problems import Problem, RefusedError, answer, problem_of

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000"
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = frozenset(HTTPMethod)
LARGEST_BODY = 1_000_000
_TOO_LARGE = f"This is larger than the {LARGEST_BODY} bytes that are taken at once."
_OTHER_SITE = "This was sent from another site, so it was not done."
_log = journal.of("api.http")


class Envelope:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp, counts: Counts, *, https: bool) -> None:
        self._app = app
        self._counts = counts
        self._headers = SECURITY_HEADERS | ({"Strict-Transport-Security": HSTS} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # Answered, counted and written down as the whole would be; the server leaves its body out.
            scope = {**scope, "method": "GET"}
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await _Exchange(self, scope, request_id).run(receive, send)

    async def call(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def seal(self, message: Message, request_id: str) -> None:
        headers = MutableHeaders(raw=message["headers"])
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-Id"] = request_id

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _template(scope)
        # Anybody may make up methods, and each that is named is counted for as long as the process lives.
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._counts.requests.labels(route, method, status).inc()
        self._counts.seconds.labels(route, method).observe(seconds)
        _log.info(
            "answered", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1)
        )


class _Exchange:
    """One request and the beginning of its answer."""

    def __init__(self, envelope: Envelope, scope: Scope, request_id: str) -> None:
        self._envelope = envelope
        self._scope = scope
        self._request_id = request_id
        self._began = time.monotonic()
        self._answered = False

    async def run(self, receive: Receive, send: Send) -> None:
        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._answered = True
                self._envelope.seal(message, self._request_id)
                self._envelope.note(self._scope, message["status"], time.monotonic() - self._began)
            await send(message)

        refusal = refused_unseen(self._scope)
        if refusal is not None:
            problem = Problem(*refusal, self._request_id)
            await answer(Request(self._scope), problem)(self._scope, receive, sealed)
            return
        try:
            await self._envelope.call(self._scope, _at_most(LARGEST_BODY, receive), sealed)
        except Exception as error:
            error = journal.innermost(error)
            _log.error("failed", error=type(error).__name__, places=journal.places(error))
            if self._answered:
                raise ConnectionAbortedError("The answer broke off.") from None
            problem = problem_of(error, self._request_id)
            await answer(Request(self._scope), problem)(self._scope, receive, sealed)


def refused_unseen(scope: Scope) -> tuple[HTTPStatus, str] | None:
    """What no route needs to look at."""
    if is_from_another_site(scope):
        return HTTPStatus.FORBIDDEN, _OTHER_SITE
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE
    return None


def _at_most(most: int, receive: Receive) -> Receive:
    """A body that does not say how long it is ends where it grows too long."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
        return message

    return counted


def is_from_another_site(scope: Scope) -> bool:
    """Whether a browser says that another site asks for a change; a program says nothing, and has no cookies."""
    if scope["method"] in _HARMLESS:
        return False
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _template(scope: Scope) -> str:
    route: Any = scope.get("route")
    return getattr(route, "path", None) or "(none)"
