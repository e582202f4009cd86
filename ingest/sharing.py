"""Who is to work on which partition: a fair share for each worker, reached by the fewest moves.

Invariant: pure, and the same for every worker that reads the same rows, so that workers need not speak to each other.
What one worker gives up on the way to it makes no other give up more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from devices.topics import PARTITIONS


@dataclass(frozen=True, slots=True)
class Roll:
    """Who is at work now, and who of them holds which partition; what nobody at work holds is free."""

    workers: frozenset[str]
    holders: Mapping[int, str]

    def of(self, worker: str) -> frozenset[int]:
        """The partitions this worker holds."""
        return frozenset(partition for partition, holder in self.holders.items() if holder == worker)


def share_out(roll: Roll) -> dict[int, str]:
    """The worker that each partition is to have. Nobody gives up one unless they hold more than a fair share."""
    if not roll.workers:
        return {}
    shares = _shares(roll)
    kept = {
        partition: worker
        for worker, share in shares.items()
        for partition in islice(sorted(roll.of(worker)), share)
    }
    free = [partition for partition in range(PARTITIONS) if partition not in kept]
    wanting = [worker for worker, share in shares.items() for _ in range(share - len(roll.of(worker)))]
    return kept | dict(zip(free, wanting, strict=True))


def _shares(roll: Roll) -> dict[str, int]:
    """How many each is to hold: all alike, and what is left over goes to those who hold more than that already.

    To more than that, not to the most: whoever gives up one stays among them until it holds its share, or the others
    would be told another share in the middle.
    """
    least, over = divmod(PARTITIONS, len(roll.workers))
    ordered = sorted(roll.workers, key=lambda worker: (len(roll.of(worker)) <= least, worker))
    return {worker: least + (place < over) for place, worker in enumerate(ordered)}


@dataclass(frozen=True, slots=True)
class Step:
    """What one worker is to do now."""

    take: frozenset[int]
    """Nobody holds them."""
    give_up: frozenset[int]
    expect: frozenset[int]
    """They are to be its own, when those who hold them have given them up."""


def next_step(roll: Roll, worker: str) -> Step:
    """From what this worker holds towards its fair share."""
    wanted = frozenset(partition for partition, who in share_out(roll).items() if who == worker)
    missing = wanted - roll.of(worker)
    take = missing - roll.holders.keys()
    return Step(take, roll.of(worker) - wanted, missing - take)
