"""One thread that drives the links of one kit, or of hundreds.

Guards: a failing link cannot stop the thread, and delays the others by at most one failing connection attempt per turn.
A turn costs only what the links with something to do cost, however many others there are.
"""

import heapq
import logging
import selectors
import socket
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count

from devices.gateway.link import Link

log = logging.getLogger(__name__)

_LONGEST_SLEEP = 1.0
_CONNECT_FOR = 0.1
"""Seconds of one turn that may go into connecting."""


class GatewayLoop:
    """Runs links until stopped. Links may be added while it runs."""

    def __init__(self, links: Iterable[Link] = (), clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._now = 0.0
        self._links: list[Link] = []
        self._changed: deque[Link] = deque()
        self._schedule: list[tuple[float, int, Link]] = []
        self._entries = count()
        self._selector = selectors.DefaultSelector()
        self._bell_in, self._bell_out = socket.socketpair()
        self._bell_in.settimeout(0)
        self._bell_out.settimeout(0)
        self._selector.register(self._bell_out, selectors.EVENT_READ)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway", daemon=True)
        for link in links:
            self.add(link)

    def add(self, link: Link) -> None:
        """Drive this link too. May be called from any thread."""

        def changed() -> None:
            self._changed.append(link)
            self.wake()

        def nudge() -> None:
            link.gateway.nudge()
            changed()

        link.on_change = changed
        link.gateway.outbox.on_put = nudge
        self._links.append(link)
        changed()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, within: float = 5.0) -> None:
        """Say goodbye on every link, close it and end the thread. Unsent readings stay in the outboxes."""
        self._stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(within)
        if self._thread.is_alive():
            raise TimeoutError(f"The gateway did not stop within {within} seconds.")

    def wake(self) -> None:
        """Make the thread look again now. May be called from any thread."""
        with suppress(BlockingIOError, OSError):  # full: the thread is awake already; closed: it has stopped
            self._bell_in.send(b"!")

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._turn()
            self._part()
        finally:
            self._selector.close()
            self._bell_in.close()
            self._bell_out.close()

    def _turn(self) -> None:
        now = self._clock()
        self._notice_clock(now)
        due = self._schedule[0][0] if self._schedule else now + _LONGEST_SLEEP
        self._attend(min(_LONGEST_SLEEP, max(0.0, due - now)))
        while self._changed:
            self._plan(self._changed.popleft())
        now = self._clock()
        connecting = True
        for link in self._due(now):
            if not link.wants_connection:
                self._guarded(link, link.tick, now)
            elif connecting:
                connecting = self._guarded(link, link.connect, now) and self._clock() - now < _CONNECT_FOR
            else:
                self._plan(link)

    def _notice_clock(self, now: float) -> None:
        """Plan all links again if the clock was set back: they would wait until it catches up."""
        if now < self._now - 1:
            self._schedule.clear()
            for link in self._links:
                link.clock_set_back(now)
                link.scheduled = float("inf")
                self._plan(link)
        self._now = now

    def _due(self, now: float) -> list[Link]:
        """Take the links that are due off the schedule, each once."""
        due: list[Link] = []
        while self._schedule and self._schedule[0][0] <= now:
            planned, _, link = heapq.heappop(self._schedule)
            if planned == link.scheduled:  # otherwise an earlier entry was handled already
                link.scheduled = float("inf")
                due.append(link)
        return due

    def _plan(self, link: Link) -> None:
        """Schedule the link for when it asks, unless an earlier time is planned."""
        if (wake_at := link.wake_at) < link.scheduled:
            link.scheduled = wake_at
            heapq.heappush(self._schedule, (wake_at, next(self._entries), link))

    def _attend(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            link = key.data
            if link is None:
                with suppress(BlockingIOError):
                    self._bell_out.recv(4096)
                continue
            now = self._clock()
            if events & selectors.EVENT_READ:
                self._guarded(link, link.read, now)
            if events & selectors.EVENT_WRITE:
                self._guarded(link, link.write, now)

    def _guarded(self, link: Link, act: Callable[[float], object], now: float) -> bool:
        """Call `act` and return whether it went well."""
        went_well = False
        try:
            went_well = bool(act(now))
        except sqlite3.Error as error:
            log.error("The outbox could not be used: %s. The line is dropped and tried again.", error)  # noqa: TRY400
            self._give_up(link)
        except Exception:
            log.exception("A line failed; it is dropped and tried again.")
            self._give_up(link)
        self._watch(link)
        self._plan(link)
        return went_well

    def _give_up(self, link: Link) -> None:
        with suppress(Exception):
            link.close()

    def _watch(self, link: Link) -> None:
        """Have the selector watch the link's socket for what the link wants now."""
        sock = link.socket
        if sock is None:
            if link.watched:
                self._selector.unregister(link.watched[0])
                link.watched = None
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if link.wants_write else 0)
        if link.watched == (sock, events):
            return
        if link.watched and link.watched[0] is not sock:
            self._selector.unregister(link.watched[0])
            link.watched = None
        if link.watched:
            self._selector.modify(sock, events, link)
        else:
            self._selector.register(sock, events, link)
        link.watched = (sock, events)

    def _part(self) -> None:
        deadline = time.monotonic() + 2
        for link in self._links:
            self._guarded(link, link.farewell, self._clock())
        while any(link.wants_write for link in self._links) and time.monotonic() < deadline:
            self._attend(0.05)
        for link in self._links:
            self._guarded(link, lambda _now, link=link: link.close(), self._clock())
