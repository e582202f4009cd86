"""Which partitions a consumer asks the broker for, hears, and has left.

Invariant: a partition is heard only when the broker has granted the last question asked about it on this connection;
one that was left is done with only when all that came before the broker's word has been acknowledged. For use under
one lock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Subscriptions:
    """Of one connection at a time. The broker answers each question by its number."""

    wanted: frozenset[int] = frozenset()
    heard: dict[int, datetime] = field(default_factory=dict)
    """Since when each is heard without a gap."""
    refused: set[int] = field(default_factory=set)
    _asked: dict[int, int] = field(default_factory=dict)
    """The number of the last question about each."""
    _questions: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _leaving: dict[int, int | None] = field(default_factory=dict)
    """How many messages must be acknowledged before each is done with; None until the broker has answered."""

    def change(self, wanted: Collection[int]) -> tuple[list[int], list[int]]:
        """Which to ask for and which to leave, so that these are heard and no other."""
        new, gone = sorted(set(wanted) - self.wanted), sorted(self.wanted - set(wanted))
        self.wanted = frozenset(wanted)
        for partition in gone:
            self.heard.pop(partition, None)
            self.refused.discard(partition)
        return new, gone

    def begin(self) -> None:
        """A new connection: nothing is heard, and what was in hand comes again or is sent again."""
        self.heard.clear()
        self.refused.clear()
        self._asked.clear()
        self._questions.clear()
        self._leaving.clear()

    def asked(self, number: int, partitions: Sequence[int]) -> None:
        """These were asked for."""
        self._questions[number] = tuple(partitions)
        self._asked.update(dict.fromkeys(partitions, number))
        for partition in partitions:
            self._leaving.pop(partition, None)

    def answered(self, number: int, granted: Sequence[bool], at: datetime) -> None:
        """The broker's word on each that was asked for, in that order."""
        for partition, is_granted in zip(self._questions.pop(number, ()), granted, strict=False):
            if self._asked.get(partition) != number or partition not in self.wanted:
                continue
            if is_granted:
                self.heard[partition] = at
                self.refused.discard(partition)
            else:
                self.refused.add(partition)

    def leaving(self, number: int, partitions: Iterable[int]) -> None:
        """The broker was asked to send nothing more of these."""
        self._questions[number] = tuple(partitions)
        self._leaving.update(dict.fromkeys(self._questions[number]))

    def left(self, number: int, delivered: int) -> None:
        """The broker's word that it does not; so many messages had been delivered until then."""
        for partition in self._questions.pop(number, ()):
            if partition in self._leaving:
                self._leaving[partition] = delivered

    def done_with(self, partition: int, acknowledged: int) -> bool:
        """Whether nothing of it is in hand any more, where so many messages have been acknowledged."""
        if partition not in self._leaving:
            return True
        until = self._leaving[partition]
        return until is not None and acknowledged >= until

    @property
    def is_settled(self) -> bool:
        """Whether all that is wanted is heard."""
        return self.heard.keys() == self.wanted

    @property
    def has_left(self) -> bool:
        """Whether the broker has said of all that was left that it sends nothing more."""
        return None not in self._leaving.values()
