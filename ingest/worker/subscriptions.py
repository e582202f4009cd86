"""The partitions a consumer subscribes to, hears, and has left.

Guards: a partition is heard only if the broker granted the last request for it on this connection. A partition is done
with only when every message delivered before the broker's answer is acknowledged. Use it under one lock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Subscriptions:
    """The subscriptions of one connection at a time. The broker answers each request by its number."""

    wanted: frozenset[int] = frozenset()
    heard: dict[int, datetime] = field(default_factory=dict)
    """Since when each partition is heard without a gap."""
    refused: set[int] = field(default_factory=set)
    _asked: dict[int, int] = field(default_factory=dict)
    """The number of the last request for each partition."""
    _questions: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _leaving: dict[int, int | None] = field(default_factory=dict)
    """How many messages must be acknowledged before each is done with; None until the broker has answered."""

    def change(self, wanted: Collection[int]) -> tuple[list[int], list[int]]:
        """Return the partitions to subscribe to and those to leave, so that exactly `wanted` are heard."""
        new, gone = sorted(set(wanted) - self.wanted), sorted(self.wanted - set(wanted))
        self.wanted = frozenset(wanted)
        for partition in gone:
            self.heard.pop(partition, None)
            self.refused.discard(partition)
        return new, gone

    def begin(self) -> None:
        """Forget everything for a new connection: what was in hand is delivered or sent again."""
        self.heard.clear()
        self.refused.clear()
        self._asked.clear()
        self._questions.clear()
        self._leaving.clear()

    def asked(self, number: int, partitions: Sequence[int]) -> None:
        """Note a subscribe request for these partitions."""
        self._questions[number] = tuple(partitions)
        self._asked.update(dict.fromkeys(partitions, number))
        for partition in partitions:
            self._leaving.pop(partition, None)

    def answered(self, number: int, granted: Sequence[bool], at: datetime) -> None:
        """Note the broker's answer for each partition of a subscribe request, in order."""
        for partition, is_granted in zip(self._questions.pop(number, ()), granted, strict=False):
            if self._asked.get(partition) != number or partition not in self.wanted:
                continue
            if is_granted:
                self.heard[partition] = at
                self.refused.discard(partition)
            else:
                self.refused.add(partition)

    def leaving(self, number: int, partitions: Iterable[int]) -> None:
        """Note an unsubscribe request for these partitions."""
        self._questions[number] = tuple(partitions)
        self._leaving.update(dict.fromkeys(self._questions[number]))

    def left(self, number: int, delivered: int) -> None:
        """Note the broker's answer to it; `delivered` counts the messages delivered until then."""
        for partition in self._questions.pop(number, ()):
            if partition in self._leaving:
                self._leaving[partition] = delivered

    def done_with(self, partition: int, acknowledged: int) -> bool:
        """Whether nothing of the partition is in hand once this many messages are acknowledged."""
        if partition not in self._leaving:
            return True
        until = self._leaving[partition]
        return until is not None and acknowledged >= until

    @property
    def is_settled(self) -> bool:
        """Whether every wanted partition is heard."""
        return self.heard.keys() == self.wanted

    @property
    def has_left(self) -> bool:
        """Whether the broker has answered every unsubscribe request."""
        return None not in self._leaving.values()
