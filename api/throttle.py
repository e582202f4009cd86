"""Slows down whoever guesses at one account's password.

Guards: guessing gets slower with every failure, while nobody can lock somebody else out: the longest wait is
a minute, and success forgets it.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5
LONGEST = timedelta(seconds=60)
FORGOTTEN_AFTER = timedelta(minutes=15)
MOST_ACCOUNTS = 10_000


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: datetime

    def wait(self) -> timedelta:
        over = self.count - FREE_TRIES
        return min(timedelta(seconds=2.0 ** min(over, 10)), LONGEST) if over >= 0 else timedelta()


class Throttle:
    """The failures of each account name, in this process's memory."""

    def __init__(self) -> None:
        self._failures: dict[str, _Failures] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._failures)

    def wait(self, username: str, at: datetime) -> timedelta:
        """How long this account must wait before another try is looked at; zero if not at all."""
        with self._lock:
            failures = self._failures.get(username)
        if failures is None or at - failures.last > FORGOTTEN_AFTER:
            return timedelta()
        return max(failures.last + failures.wait() - at, timedelta())

    def failed(self, username: str, at: datetime) -> None:
        with self._lock:
            before = self._failures.pop(username, None)
            fresh = before is None or at - before.last > FORGOTTEN_AFTER
            self._failures[username] = _Failures(1 if fresh or before is None else before.count + 1, at)
            while len(self._failures) > MOST_ACCOUNTS:
                self._failures.pop(next(iter(self._failures)))

    def succeeded(self, username: str) -> None:
        with self._lock:
            self._failures.pop(username, None)
