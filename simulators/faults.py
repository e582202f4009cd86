"""What goes wrong between a kit and the platform, from a seed: on the wire, in the clock, in the outbox.

Guards: no fault removes a reading from a kit's outbox; it only makes the reading's way harder.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

from devices.gateway.link import Wire
from devices.identifiers import KitId, ReadingId

OFFLINE_HOURS = 14.0  # long enough to hold a round, whatever the hour
LOST = 0.1
DOUBLED = 0.15
HELD_BACK = 0.25
POISONED = 0.03


class Fault(StrEnum):
    """One thing that goes wrong."""

    DROP = "drop"
    """Messages are lost after the broker's acknowledgement."""
    DUPLICATE = "duplicate"
    """Messages arrive twice."""
    REORDER = "reorder"
    """Messages overtake each other."""
    CLOCK_SKEW = "clock_skew"
    """Kits' clocks are minutes ahead or behind."""
    GARBAGE = "garbage"
    """Outboxes hold things that are not readings."""
    OFFLINE = "offline"
    """Kits were off the network for hours, and stay off for part of the run."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Which faults there are. Each kit has its own luck."""

    kinds: frozenset[Fault]
    seed: int

    @classmethod
    def of(cls, kinds: Iterable[Fault | str], seed: int) -> "Faults":
        """Return the faults of these names. Raise ValueError for an unknown one."""
        return cls(frozenset(map(Fault, kinds)), seed)

    def wire(self, kit: KitId) -> Wire:
        """Return what this kit's wire does to messages."""
        rng = self._rng("wire", kit)
        steps: list[Callable[[list[bytes]], list[bytes]]] = []
        if Fault.REORDER in self.kinds:
            steps.append(_Overtaking(rng))
        if Fault.DROP in self.kinds:
            steps.append(lambda sent: [one for one in sent if rng.random() >= LOST])
        if Fault.DUPLICATE in self.kinds:
            steps.append(lambda sent: [one for one in sent for _ in range(1 + (rng.random() < DOUBLED))])

        def carry(payload: bytes) -> Sequence[bytes]:
            sent = [payload]
            for step in steps:
                sent = step(sent)
            return sent

        return carry

    def clock_skew(self, kit: KitId) -> timedelta:
        """Return how far this kit's clock is ahead; behind is negative."""
        if Fault.CLOCK_SKEW not in self.kinds:
            return timedelta()
        return timedelta(seconds=self._rng("clock", kit).choice((-2400.0, -90.0, 2.0, 45.0, 1200.0)))

    def offline(self, kits: Sequence[KitId], spared: Iterable[int], seconds: float) -> dict[int, float]:
        """Return which kits, by place, begin off the network, and after how many seconds each comes back.

        It is about one kit in three, and at least one. Spared kits are taken only if there are no others.
        """
        if Fault.OFFLINE not in self.kinds:
            return {}
        rng = Random(f"{self.seed}/offline")
        places = sorted(set(range(len(kits))) - set(spared)) or list(range(len(kits)))
        chosen = rng.sample(places, max(1, len(places) // 3))
        return {place: seconds * rng.uniform(0.3, 0.7) for place in sorted(chosen)}

    def poison(self) -> "Poison | None":
        """Return what spoils outboxes, if garbage is among the faults."""
        return Poison(Random(f"{self.seed}/garbage")) if Fault.GARBAGE in self.kinds else None

    def _rng(self, what: str, kit: KitId) -> Random:
        return Random(f"{self.seed}/{what}/{kit}")


class _Overtaking:
    """Holds a message back until the next has gone. A last message is held until the kit sends it again."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._held: list[bytes] = []

    def __call__(self, sent: list[bytes]) -> list[bytes]:
        if self._held:
            sent, self._held = sent + self._held, []
        elif self._rng.random() < HELD_BACK:
            self._held, sent = sent, []
        return sent


class Poison:
    """Makes outbox items that no platform can read, no two alike."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def strikes(self) -> bool:
        """Return whether the next item is spoilt."""
        return self._rng.random() < POISONED

    def payload(self, reading_id: ReadingId) -> bytes:
        """Return the bytes that take the place of a reading."""
        named = {"version": 1, "reading_id": str(reading_id)}
        return self._rng.choice(
            (
                b"\xff\x00" + self._rng.randbytes(24),
                json.dumps(named).encode()[:-2],
                json.dumps(named | {"version": 99}).encode(),
                json.dumps(named | {"taken_at": "yesterday"}).encode(),
                json.dumps([named] * 101).encode(),
                json.dumps(f"measured by hand, {reading_id}").encode(),
            )
        )
