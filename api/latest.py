"""The latest answer to a question anybody may ask, computed at most once a second.

Guards: asking more often costs no more. No answer is older than a few seconds, however long a new one takes to find.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

KEPT_SECONDS = 1.0
OLDEST_SECONDS = 5.0
Answer = TypeVar("Answer")


class Latest(Generic[Answer]):
    """The last answer, computed anew once it is old."""

    def __init__(
        self, unknown: Answer, clock: Callable[[], float] = time.monotonic, *, patience: float = 2.0
    ) -> None:
        """`unknown`: the answer while none can be had. `patience`: the seconds to wait for one."""
        self._unknown = unknown
        self._clock = clock
        self._patience = patience
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._found = unknown

    def now(self, look: Callable[[], Answer]) -> Answer:
        """Return what `look` finds. While one caller looks, the others get the last answer; if too old, they wait."""
        age = self._age()
        if age < KEPT_SECONDS:
            return self._found
        if not self._looking.acquire(timeout=0 if age < OLDEST_SECONDS else self._patience):
            return self._found if age < OLDEST_SECONDS else self._unknown
        try:
            if self._age() >= KEPT_SECONDS:
                self._found = look()
                self._looked_at = self._clock()
            return self._found
        finally:
            self._looking.release()

    def _age(self) -> float:
        return self._clock() - self._looked_at
