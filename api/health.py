"""Whether this process lives, whether it can answer, and whether the rest of the platform works.

Guards: readiness is about this process alone: its pools reach the database. Where ingest, the scheduler or the broker
is away, the answer is still 200 and names them; taking the pages away too would hide from the hub that no readings come
in.
"""

import json
import socket
import ssl
import urllib.request
from collections.abc import Callable
from datetime import UTC
from typing import Any, LiteralString, TypeVar

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from api.access import public
from api.database import Pool
from api.metrics import MEDIA_TYPE
from api.parts import Found, Parts, parts_of
from api.settings import Broker
from api.shares import in_words
from ingest.worker import heartbeat, leases
from ingest.worker.heartbeat import Beating

router = APIRouter(tags=["health"], dependencies=[public])

ANSWER_SECONDS = 2.0
FURTHEST_BEHIND_SECONDS = 60.0
# MQTT 3.1.1: CONNECT without a client name, and the first two bytes of any CONNACK, even "not authorised".
_CONNECT = bytes([0x10, 12]) + b"\x00\x04MQTT\x04\x02" + b"\x00\x05" + b"\x00\x00"
_CONNACK, _ACCEPTED = b"\x20\x02", b"\x00"
_ANSWERS: LiteralString = "SELECT 1"
_READINESS = {"application/json": {"schema": {"type": "object"}}}

Answer = TypeVar("Answer")


class NotReadyError(Exception):
    """Something is not ready; the message says what and why."""


@router.get("/healthz")
def alive() -> dict[str, str]:
    """This process answers."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Route people elsewhere.", "content": _READINESS}})
def ready(request: Request) -> JSONResponse:
    """200 where this process can answer, else 503; `degraded` names what else is away."""
    parts = parts_of(request)
    found = parts.readiness.now(lambda: _look(parts))
    return JSONResponse(found.says, 200 if found.is_ready else 503)


def _look(parts: Parts) -> Found:
    checks = {name: _outcome(check, parts) for name, check in _CHECKS.items()}
    away = [name for name, check in checks.items() if not check["ok"]]
    is_ready = not _GATES.intersection(away)
    answer = {"ready": is_ready, "degraded": [name for name in away if name not in _GATES], "checks": checks}
    return Found(is_ready, answer)


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Counts for Prometheus."""
    return Response(parts_of(request).counts.page(), media_type=MEDIA_TYPE)


def _outcome(check: Callable[[Parts], str], parts: Parts) -> dict[str, Any]:
    try:
        return {"ok": True, "says": check(parts)}
    except NotReadyError as error:
        return {"ok": False, "says": str(error)}


def _database(parts: Parts) -> str:
    for pool in (parts.pool, parts.door):
        check_database(pool)
    return "The database answers."


def check_database(pool: Pool) -> None:
    try:
        with pool.connection(timeout=ANSWER_SECONDS) as conn:
            conn.execute(_ANSWERS)
    except psycopg.Error:
        raise NotReadyError("The database does not answer.") from None


def _broker(parts: Parts) -> str:
    if parts.settings.broker.host is None:
        return "No broker is configured here."
    check_broker(parts.settings.broker)
    return "The broker answers."


def check_broker(broker: Broker) -> bool:
    """Return whether the broker admits a client without credentials.

    Raises NotReadyError unless an MQTT broker answers.
    """
    try:
        with socket.create_connection((broker.host or "", broker.port), ANSWER_SECONDS) as plain:
            if broker.ca_file is None:
                return _shake_hands(plain)
            secure = ssl.create_default_context(cafile=broker.ca_file)
            with secure.wrap_socket(plain, server_hostname=broker.host) as wrapped:
                return _shake_hands(wrapped)
    except OSError:
        raise NotReadyError("The broker does not answer.") from None


def _shake_hands(connection: socket.socket) -> bool:
    connection.sendall(_CONNECT)
    said = connection.recv(4)
    if said[:2] != _CONNACK:
        raise NotReadyError("What listens at the broker's port does not speak MQTT.")
    return said[3:4] == _ACCEPTED


def _ingest(parts: Parts) -> str:
    """Describe ingest by its heartbeat, which needs broker and database, and its delay where its health is watched."""
    _beats(parts, Beating.INGEST)
    who = in_words(_asked(parts, leases.roll))
    url = parts.settings.watch.ingest_url
    if url is None:
        return f"Ingest works: {who}."
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/healthz", timeout=ANSWER_SECONDS) as answer:
            said = json.load(answer)
    except (OSError, ValueError):
        raise NotReadyError("Ingest does not answer.") from None
    behind = float(said.get("behind_seconds") or 0.0)
    if not said.get("connected"):
        raise NotReadyError("Ingest is not connected to the broker.")
    if behind > FURTHEST_BEHIND_SECONDS:
        raise NotReadyError(f"Ingest is {behind:.0f} seconds behind.")
    if said.get("knows_the_wait") is False:
        raise NotReadyError(
            "Ingest works, but what it sends to itself does not come back, so clocks are judged without it:"
            " let its user at the broker write and read hearthwatch/v1/#."
        )
    return f"Ingest works, {behind:.1f} seconds behind: {who}."


def _scheduler(parts: Parts) -> str:
    return _beats(parts, Beating.SCHEDULER)


def _beats(parts: Parts, process: Beating) -> str:
    name = process.capitalize()
    quiet = _asked(parts, lambda conn: heartbeat.quiet(conn, parts.clock()))
    if process not in quiet:
        return f"{name} works."
    last, where = quiet[process].since, " on some partitions" if quiet[process].partly else ""
    if last is None:
        raise NotReadyError(f"{name} has never worked{where or ' on this database'}.")
    raise NotReadyError(f"{name} has not worked{where} since {last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC.")


def _asked(parts: Parts, question: Callable[[psycopg.Connection[Any]], Answer]) -> Answer:
    try:
        with parts.pool.connection(timeout=ANSWER_SECONDS) as conn:
            return question(conn)
    except psycopg.Error:
        raise NotReadyError("It is not known, since the database does not answer.") from None


_CHECKS: dict[str, Callable[[Parts], str]] = {
    "database": _database,
    "broker": _broker,
    "ingest": _ingest,
    "scheduler": _scheduler,
}
_GATES = frozenset(("database",))
