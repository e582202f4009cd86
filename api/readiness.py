"""What an api last found of itself and of what stands behind it, for whoever asks.

Guards: anybody may ask, and it costs no more however often they do: at most one look a second for all of them together.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEPT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: what it says, and whether requests may come here."""

    is_ready: bool
    says: dict[str, Any]


class Readiness:
    """The last answer, looked for anew once it is old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looking = threading.Lock()
        self._looked_at = float("-inf")
        self._found: Found | None = None

    def now(self, look: Callable[[], Found]) -> Found:
        """What `look` finds. While one looks, perhaps in vain, the others are told what was found last."""
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
