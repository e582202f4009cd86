"""Counts of what a worker has done since it started. They only inform; nothing is decided by them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ingest.arrival import Settled


@dataclass(slots=True)
class Tally:
    """The counts, for metrics."""

    messages: int = 0
    batches: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    beat_at: datetime | None = None
    """When the worker last reached both the broker and the database."""

    def count(self, settled: Sequence[Settled]) -> None:
        self.batches += 1
        self.outcomes.update(one.outcome for one in settled)
