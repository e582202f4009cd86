"""What a worker has done since it started.

Guards: nothing is decided by it: it is read when somebody asks how the worker does.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.arrival import Settled


@dataclass(slots=True)
class Tally:
    """For its metrics."""

    messages: int = 0
    batches: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    beat_at: datetime | None = None
    """When it last could do its work: both the broker and the database were there."""

    def count(self, settled: Sequence[Settled]) -> None:
        self.batches += 1
        self.outcomes.update(one.outcome for one in settled)
