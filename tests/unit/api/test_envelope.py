"""Whatever a stranger sends, what is counted about requests stays a page that can be read."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.envelope import Envelope
from api.metrics import Counts


async def nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 405, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def empty() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def nowhere(message: Message) -> None:
    """An answer that nobody reads."""


def counted(*methods: str) -> set[tuple[str, float]]:
    """What is counted of such requests: the methods, and how often."""
    counts = Counts()
    envelope = Envelope(nothing_there, counts, https=False)

    async def ask() -> None:
        for method in methods:
            scope: Scope = {"type": "http", "method": method, "path": "/", "headers": []}
            await envelope(scope, empty, nowhere)

    # In a thread of its own: a browser's tests may have left a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, ask()).result()
    [requests] = counts.requests.collect()
    return {(one.labels["method"], one.value) for one in requests.samples if one.name.endswith("_total")}


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_method_that_there_is_is_counted_by_its_name(method: str) -> None:
    assert counted(method, method) == {(method, 2.0)}


def test_methods_that_a_stranger_makes_up_are_counted_together() -> None:
    assert counted("GET", *(f"BREW{number}" for number in range(50))) == {("GET", 1.0), ("other", 50.0)}
