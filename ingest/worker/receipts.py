"""Receipts: the platform tells a kit that its readings are in the database.

Guards: a receipt is made only of what has committed, with the epoch it committed in. A kit gets at most one message per
200 ms. A receipt holds no resident, no value and no score.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from devices.topics import Leaf, parse_topic
from ingest import quarantine
from ingest.arrival import Settled

EVERY = 0.2
_MOST = 500
_Publish = Callable[[str, bytes], object]


def receipt_of(settled: Settled) -> dict[str, Any]:
    """The receipt of one arrival: a `devices.receipt.Receipt` without its absent fields."""
    reading_id = settled.arrival.item.reading_id
    receipt: dict[str, Any] = {"outcome": settled.outcome.value, "next": settled.verdict.next}
    if reading_id is not None:
        receipt["reading_id"] = reading_id
    else:
        receipt["payload_sha256"] = quarantine.digest(settled.arrival).hex()
    if settled.reason is not None:
        receipt["reason"] = str(settled.reason)
    return receipt


class ReceiptBook:
    """Receipts waiting to be sent, by kit. For one worker thread; `now` is a monotonic clock in seconds."""

    def __init__(self, publish: _Publish) -> None:
        self._publish = publish
        self._waiting: dict[str, list[tuple[UUID, dict[str, Any]]]] = {}
        self._due: list[tuple[float, str]] = []
        """When each waiting topic may be sent to; a heap, the next one first."""
        self._sent_at: dict[str, float] = {}
        self.sent = 0

    def add(self, settled: Iterable[Settled], epoch: UUID) -> None:
        """Add receipts of arrivals that committed in this epoch; the epoch may change before they are sent."""
        for one in settled:
            if one.arrival.kit_id is not None:
                self._waiting_for(one.arrival.topic).append((epoch, receipt_of(one)))

    def flush(self, now: float) -> None:
        """Send to every kit that was sent nothing within the last 200 ms."""
        while self._due and self._due[0][0] <= now:
            topic = heappop(self._due)[1]
            waiting = self._waiting.pop(topic)
            for one in _encoded(waiting):
                self._publish(_receipts_topic(topic), one)
            self._sent_at[topic] = now
            self.sent += len(waiting)

    def next_flush(self, now: float) -> float:
        """Seconds until a receipt is due; infinity if none waits."""
        return max(0.0, self._due[0][0] - now) if self._due else float("inf")

    def _waiting_for(self, topic: str) -> list[tuple[UUID, dict[str, Any]]]:
        if topic not in self._waiting:
            self._waiting[topic] = []
            heappush(self._due, (self._sent_at.get(topic, -EVERY) + EVERY, topic))
        return self._waiting[topic]


def _encoded(waiting: Sequence[tuple[UUID, dict[str, Any]]]) -> Iterator[bytes]:
    """The receipts as `devices.receipt.Receipts` messages: each of one epoch, and none too large for a kit."""
    for epoch, of_epoch in groupby(waiting, key=itemgetter(0)):
        receipts = [receipt for _, receipt in of_epoch]
        for start in range(0, len(receipts), _MOST):
            yield to_json({"version": 1, "epoch": epoch, "receipts": receipts[start : start + _MOST]})


# The same kits' topics recur.
@lru_cache(maxsize=8192)
def _receipts_topic(readings_topic: str) -> str:
    return readings_topic.removesuffix(Leaf.READINGS) + Leaf.RECEIPTS


@lru_cache(maxsize=8192)
def kit_of(topic: str) -> UUID | None:
    """The kit that a topic names; None if the topic cannot be read."""
    try:
        return parse_topic(topic).kit
    except ValueError:
        return None
