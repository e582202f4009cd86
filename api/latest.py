"""The latest answer to a question anybody may ask, computed at most once a second.

Guards: asking more often costs no more. Only the very first to ask waits for the answer.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

KEPT_SECONDS = 1.0
Answer = TypeVar("Answer")


class Latest(Generic[Answer]):
    """The last answer, computed anew once it is old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._found: Answer | None = None

    def now(self, look: Callable[[], Answer]) -> Answer:
        """Return what `look` finds. While one caller looks, even in vain, the others get the last answer."""
        known = self._found
        if known is not None and (self._is_fresh() or not self._looking.acquire(blocking=False)):
            return known
        if known is None:
            self._looking.acquire()
        try:
            if self._found is None or not self._is_fresh():
                self._found = look()
                self._looked_at = self._clock()
            return self._found
        finally:
            self._looking.release()

    def _is_fresh(self) -> bool:
        return self._clock() - self._looked_at < KEPT_SECONDS
