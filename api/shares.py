"""Which ingest worker works on which partitions, in words.

Guards: partitions that nobody works on are named.
"""

from collections.abc import Iterable
from itertools import groupby

from devices.topics import PARTITIONS
from ingest.worker.sharing import Roll


def shares(roll: Roll) -> list[tuple[str, str]]:
    """Return each running worker with its partitions, as in `0-7, 9`, in order of the workers' numbers."""
    workers = sorted(roll.workers, key=lambda worker: (len(worker), worker))
    return [(worker, spans(roll.of(worker))) for worker in workers]


def nobodys(roll: Roll) -> str:
    """Return the partitions that nobody works on; an empty string where there are none."""
    return spans(set(range(PARTITIONS)) - roll.holders.keys())


def spans(partitions: Iterable[int]) -> str:
    """Return numbers as in `0-7, 9`."""
    placed = enumerate(sorted(partitions))
    runs = [[number for _, number in run] for _, run in groupby(placed, lambda each: each[1] - each[0])]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def in_words(roll: Roll) -> str:
    """Return all shares, as in `worker 1 on partitions 0-7, worker 2 on partitions 8-15`."""
    said = [f"worker {worker} on partitions {held}" for worker, held in shares(roll) if held]
    free = nobodys(roll)
    return ", ".join([*said, *([f"nobody on partitions {free}"] if free else [])])
