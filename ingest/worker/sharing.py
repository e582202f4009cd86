"""Shares the partitions out among workers: a fair share each, reached with the fewest moves.

Guards: the result depends only on the rows read, so workers agree without speaking to each other. While one worker
gives up partitions, no other is asked to give up more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from devices.topics import PARTITIONS


@dataclass(frozen=True, slots=True)
class Roll:
    """The workers at work and the partitions they hold; a partition that none of them holds is free."""

    workers: frozenset[str]
    holders: Mapping[int, str]

    def of(self, worker: str) -> frozenset[int]:
        """The partitions this worker holds."""
        return frozenset(partition for partition, holder in self.holders.items() if holder == worker)


def share_out(roll: Roll) -> dict[int, str]:
    """The worker each partition is to have. Only a worker with more than a fair share gives one up."""
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
    """How many partitions each worker is to hold: equal shares, and the remainder to workers that hold more already.

    It does not go to those that hold the most: a worker that gives partitions up would change rank halfway, and the
    others would be told another share.
    """
    least, over = divmod(PARTITIONS, len(roll.workers))
    ordered = sorted(roll.workers, key=lambda worker: (len(roll.of(worker)) <= least, worker))
    return {worker: least + (place < over) for place, worker in enumerate(ordered)}


@dataclass(frozen=True, slots=True)
class Step:
    """What one worker is to do now."""

    take: frozenset[int]
    """Held by nobody."""
    give_up: frozenset[int]
    expect: frozenset[int]
    """Held by others, who are to give them up to this worker."""


def next_step(roll: Roll, worker: str) -> Step:
    """The step from what this worker holds towards its fair share."""
    wanted = frozenset(partition for partition, who in share_out(roll).items() if who == worker)
    missing = wanted - roll.of(worker)
    take = missing - roll.holders.keys()
    return Step(take, roll.of(worker) - wanted, missing - take)
