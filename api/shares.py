"""Says which worker of ingest's works on which partitions.

Guards: it says what the rows say, and names the partitions that are nobody's.
"""

from collections.abc import Iterable
from itertools import groupby

from devices.topics import PARTITIONS
from ingest.sharing import Roll


def shares(roll: Roll) -> list[tuple[str, str]]:
    """Each worker at work with its partitions, as in `0-7, 9`; the workers by number."""
    workers = sorted(roll.workers, key=lambda worker: (len(worker), worker))
    return [(worker, spans(roll.of(worker))) for worker in workers]


def nobodys(roll: Roll) -> str:
    """The partitions that nobody works on; empty where there are none."""
    return spans(set(range(PARTITIONS)) - roll.holders.keys())


def spans(partitions: Iterable[int]) -> str:
    """As in `0-7, 9`."""
    placed = enumerate(sorted(partitions))
    runs = [[number for _, number in run] for _, run in groupby(placed, lambda each: each[1] - each[0])]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def in_words(roll: Roll) -> str:
    """As in `worker 1 on partitions 0-7, worker 2 on partitions 8-15`."""
    said = [f"worker {worker} on partitions {held}" for worker, held in shares(roll) if held]
    free = nobodys(roll)
    return ", ".join([*said, *([f"nobody on partitions {free}"] if free else [])])
