"""Hand a hub's events to everybody who follows the hub.

Guards: the database is the truth, and an event only a hint to read it. Each change is read once for all followers of a
hub, as one of them. A follower's queue is bounded, and one who falls behind is cut off, so that no page shows a gap.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from anyio import to_thread
from fastapi.sse import format_sse_event

from api import journal
from api.database import Pool, acting
from api.listening import Ear
from api.metrics import Counts
from api.queries.events import MOST_EVENTS, HubEvent, news_after, revision_now

# Room for several reads of the database, so that a burst does not cut off a healthy page.
LONGEST_QUEUE = 5 * MOST_EVENTS
_TRY_AGAIN_AFTER = 1.0
_ASKED_AS = 3
Read = TypeVar("Read")
_log = journal.of("api.fanout")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a stream sends a sign of life and rechecks that it may go on.

    A client that takes nothing for `send_seconds` is considered gone.
    """

    ping_seconds: float = 3.0
    look_again_seconds: float = 30.0
    send_seconds: float = 20.0


class End(StrEnum):
    """Why the server ends a stream."""

    SIGNED_OUT = "signed_out"
    FELL_BEHIND = "fell_behind"
    RESTARTING = "restarting"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One event as it is sent, encoded once for all followers.

    A follower skips it after a later revision, unless it tells them to start anew.
    """

    data: bytes
    revision: int
    anew: bool = False


def chunk_of(event: HubEvent) -> Chunk:
    """Return an escalation's event as a chunk."""
    return Chunk(message("escalation", asdict(event), event.revision), event.revision)


def resync(revision: int) -> Chunk:
    """Tell a page to read everything again; what it then reads is at least at this revision."""
    return Chunk(message("resync", {"revision": revision}, revision), revision, anew=True)


def message(kind: str, data: Mapping[str, Any], revision: int | None = None) -> bytes:
    """Return one event in the format of server-sent events."""
    body = json.dumps(data, default=_plain, separators=(",", ":"))
    return format_sse_event(event=kind, data_str=body, id=None if revision is None else str(revision))


@dataclass(eq=False, slots=True)
class Follower:
    """One page that follows one hub."""

    hub_id: UUID
    person_id: UUID
    session: bytes
    queue: asyncio.Queue[Chunk] = field(default_factory=lambda: asyncio.Queue(LONGEST_QUEUE))
    ended: asyncio.Future[End] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def offer(self, chunk: Chunk) -> bool:
        """Queue a chunk. Return False if the follower has fallen behind and is cut off."""
        try:
            self.queue.put_nowait(chunk)
        except asyncio.QueueFull:
            self.end(End.FELL_BEHIND)
            return False
        return True

    def end(self, why: End) -> None:
        if not self.ended.done():
            self.ended.set_result(why)


@dataclass(eq=False, slots=True)
class _Desk:
    """One hub's followers, and the revision handed out so far; None: unknown."""

    followers: set[Follower] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    revision: int | None = None
    task: asyncio.Task[None] | None = None


class Fanout:
    """All followers of one process. Everything but `end_session` belongs to the event loop's thread."""

    def __init__(self, conninfo: str, pool: Pool, counts: Counts) -> None:
        self._pool = pool
        self._counts = counts
        self._desks: dict[UUID, _Desk] = {}
        self._ear = Ear(conninfo, counts, self._changed, self._look_again)
        self._loop = asyncio.get_running_loop()
        self._listener = self._loop.create_task(self._ear.listen())
        self._closed = False

    @property
    def listening(self) -> bool:
        """Return whether changes are heard now; otherwise silence means nothing."""
        return self._ear.listening

    @contextmanager
    def follow(self, follower: Follower, revision: int) -> Iterator[None]:
        """Queue for the follower whatever happens after `revision`, which the hub has reached."""
        desk = self._desks.get(follower.hub_id)
        if desk is None:
            desk = self._desks[follower.hub_id] = _Desk(revision=revision)
            # Changes since `revision` was read may have been missed.
            desk.changed.set()
            desk.task = self._loop.create_task(self._serve(follower.hub_id, desk))
        desk.followers.add(follower)
        self._counts.streams.inc()
        if self._closed:
            follower.end(End.RESTARTING)
        try:
            yield
        finally:
            self._counts.streams.dec()
            desk.followers.discard(follower)
            if not desk.followers:
                del self._desks[follower.hub_id]
                if desk.task is not None:
                    desk.task.cancel()

    def end_session(self, session: bytes) -> None:
        """End the streams of a session; callable from any thread."""
        self._loop.call_soon_threadsafe(self._end, lambda one: one.session == session, End.SIGNED_OUT)

    def close(self) -> None:
        """End every stream and refuse new ones, because the process is stopping."""
        self._closed = True
        self._end(lambda _: True, End.RESTARTING)

    async def stop(self) -> None:
        """Stop listening."""
        self.close()
        self._listener.cancel()
        await asyncio.wait([self._listener])

    def _end(self, which: Callable[[Follower], bool], why: End) -> None:
        for follower in self._followers():
            if which(follower):
                follower.end(why)

    def _followers(self) -> list[Follower]:
        return [follower for desk in self._desks.values() for follower in desk.followers]

    def _changed(self, hub_id: UUID) -> None:
        desk = self._desks.get(hub_id)
        if desk is not None:
            desk.changed.set()

    def _look_again(self) -> None:
        """Read every hub again: notices were lost meanwhile, and the database may be another with less in it."""
        for desk in self._desks.values():
            desk.revision = None
            desk.changed.set()

    async def _serve(self, hub_id: UUID, desk: _Desk) -> None:
        while True:
            await desk.changed.wait()
            desk.changed.clear()
            try:
                await self._hand_out(hub_id, desk)
            except psycopg.Error as error:
                _log.warning("events not read", error=type(error).__name__)
                desk.changed.set()
                await asyncio.sleep(_TRY_AGAIN_AFTER)

    async def _hand_out(self, hub_id: UUID, desk: _Desk) -> None:
        if desk.revision is None:
            chunks = [resync(await self._read(desk, revision_now, hub_id) or 0)]
        else:
            now, events = await self._read(desk, news_after, hub_id, desk.revision) or (0, [])
            chunks = [chunk_of(event) for event in events]
            if len(events) == MOST_EVENTS:
                desk.changed.set()
            elif now > max((chunk.revision for chunk in chunks), default=desk.revision):
                chunks.append(resync(now))
        for chunk in chunks:
            desk.revision = chunk.revision
            for follower in list(desk.followers):
                self._offer(follower, chunk)

    async def _read(self, desk: _Desk, query: Callable[..., Read], *wanted: Any) -> Read | None:
        """As a follower who may still see the hub: one whose role has just ended sees nothing."""
        answer = None
        for follower in list(desk.followers)[:_ASKED_AS]:
            answer = await to_thread.run_sync(_as, self._pool, follower.person_id, query, *wanted)
            if answer:
                break
        return answer

    def _offer(self, follower: Follower, chunk: Chunk) -> None:
        if follower.ended.done():
            return
        self._counts.events.inc()
        if not follower.offer(chunk):
            self._counts.overflows.inc()


def _as(pool: Pool, person_id: UUID, query: Callable[..., Read], *wanted: Any) -> Read:
    with acting(pool, person_id) as conn:
        return query(conn, *wanted)


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)  # pyright: ignore[reportAttributeAccessIssue]
