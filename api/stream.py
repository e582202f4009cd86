"""The stream that a hub's pages follow: server-sent events, resumable from the last id a page received.

Guards: nobody goes on seeing what they no longer may, because session and scope are checked again while the stream
lasts. No database connection is held while waiting. A `ping` is sent only while changes are heard, so a page that
misses two knows that it is out of date.

Events: `ready` and `resync` {revision}, `escalation` {revision, escalation_id, kind, severity, at, cause_reading_id}
with the revision as id, `ping` {at, quiet}, and `ended` {reason} before the server closes.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import psycopg
from anyio import to_thread
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from api.access import Visit, needs, visit_of
from api.database import acting
from api.fanout import Chunk, End, Follower, chunk_of, message, resync
from api.parts import Parts, parts_of
from api.problems import RefusedError
from api.queries.events import MOST_EVENTS, events_after, revision_now
from api.reach import hub_of
from delegation.rights import READ, Record

router = APIRouter(tags=["stream"])

RETRY_MILLISECONDS = 2000
_MEDIA_TYPE = EventSourceResponse.media_type
_GOODBYE_SECONDS = 1.0
# As many digits as a bigint in the database can have.
_REVISION = re.compile(r"[0-9]{1,18}")
_KEEPALIVE = format_sse_event(comment="not listening")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opened a stream, of which hub, and the hub's revision at that moment."""

    hub_id: UUID
    person_id: UUID
    session: bytes
    revision: int


def opening(hub_id: UUID, visit: Annotated[Visit, needs(READ, Record.QUEUE)]) -> Opening:
    """Check the hub in the visit's transaction, which ends before the stream begins."""
    hub_of(visit, hub_id)
    return Opening(hub_id, visit.actor.person_id, visit.session.token_hash, revision_now(visit.conn, hub_id))


@router.get(
    "/hubs/{hub_id}/events",
    response_class=Response,
    responses={200: {"content": {_MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
async def events(
    request: Request,
    opened: Annotated[Opening, Depends(opening)],
    after: Annotated[int | None, Query(ge=0, lt=10**18)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Follow the hub from the revision in Last-Event-ID, else from `after`, else from now."""
    given = int(last_event_id) if last_event_id and _REVISION.fullmatch(last_event_id) else after
    return _EventStream(parts_of(request), opened, opened.revision if given is None else given)


class _EventStream(Response):
    """One page's stream, from its first event to its last."""

    media_type = _MEDIA_TYPE

    def __init__(self, parts: Parts, opened: Opening, after: int) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._parts = parts
        self._opened = opened
        self._sent = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        follower = Follower(self._opened.hub_id, self._opened.person_id, self._opened.session)
        with self._parts.fanout.follow(follower, self._opened.revision):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            over = [
                asyncio.ensure_future(one)
                for one in (self._talk(follower, send), _gone(receive), self._look_again(follower))
            ]
            try:
                await asyncio.wait([*over, follower.ended], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in over:
                    task.cancel()
                await asyncio.gather(*over, return_exceptions=True)
            await self._say_goodbye(follower, send)

    async def _talk(self, follower: Follower, send: Send) -> None:
        clock = asyncio.get_running_loop().time
        await self._send(send, format_sse_event(retry=RETRY_MILLISECONDS))
        await self._send_all(send, await self._missed(), ready=True)
        ping_at = clock() + self._parts.pace.ping_seconds
        while True:
            await self._send_all(send, await _waiting(follower, ping_at - clock()))
            if clock() >= ping_at:
                ping_at = clock() + self._parts.pace.ping_seconds
                await self._send(send, await self._ping() if self._parts.fanout.listening else _KEEPALIVE)

    async def _ping(self) -> bytes:
        at = self._parts.clock()
        return message("ping", {"at": at, "quiet": await to_thread.run_sync(self._parts.pulse.words, at)})

    async def _missed(self) -> list[Chunk]:
        """Return what happened since the page's revision, or a resync where that is too much, unseen or of another
        database."""
        now = self._opened.revision
        if self._sent > now:
            return [resync(now)]
        found = await self._as_follower(
            partial(events_after, hub_id=self._opened.hub_id, revision=self._sent)
        )
        if len(found) == MOST_EVENTS or max((event.revision for event in found), default=self._sent) < now:
            return [resync(now)]
        return [chunk_of(event) for event in found]

    async def _send_all(self, send: Send, chunks: list[Chunk], *, ready: bool = False) -> None:
        wanted: list[bytes] = []
        for chunk in chunks:
            if chunk.anew or chunk.revision > self._sent:
                self._sent = chunk.revision
                wanted.append(chunk.data)
        if ready:
            wanted.append(message("ready", {"revision": self._sent}, self._sent))
        if wanted:
            await self._send(send, b"".join(wanted))

    async def _send(self, send: Send, data: bytes) -> None:
        async with asyncio.timeout(self._parts.pace.send_seconds):
            await send({"type": "http.response.body", "body": data, "more_body": True})

    async def _look_again(self, follower: Follower) -> None:
        """Check the session again.

        An open hub page counts as use of its session, so that it does not go blind while the queue is quiet.
        """
        while True:
            await asyncio.sleep(self._parts.pace.look_again_seconds)
            try:
                allowed = await to_thread.run_sync(self._is_still_allowed)
            except psycopg.Error:
                continue  # nothing can be sent either, and the page learns that it is out of date
            if not allowed:
                follower.end(End.SIGNED_OUT)

    def _is_still_allowed(self) -> bool:
        try:
            with self._parts.pool.connection() as conn:
                hub_of(visit_of(conn, self._opened.session, self._parts.clock(), ""), self._opened.hub_id)
        except RefusedError:
            return False
        return True

    async def _as_follower(self, query: Callable[[Any], Done]) -> Done:
        def ask() -> Done:
            with acting(self._parts.pool, self._opened.person_id) as conn:
                return query(conn)

        return await to_thread.run_sync(ask)

    async def _say_goodbye(self, follower: Follower, send: Send) -> None:
        last = b""
        if follower.ended.done():
            last = message("ended", {"reason": follower.ended.result()})
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await send({"type": "http.response.body", "body": last, "more_body": False})
        except (TimeoutError, OSError):
            return  # the client takes nothing any more, so the server closes the connection


async def _waiting(follower: Follower, seconds: float) -> list[Chunk]:
    """Return all waiting chunks once there is one; nothing if the time is over first."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            chunks = [await follower.queue.get()]
    except TimeoutError:
        return []
    while not follower.queue.empty():
        chunks.append(follower.queue.get_nowait())
    return chunks


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
