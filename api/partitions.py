"""Reads which partitions a worker is to work on.

Guards: a partition that does not exist is refused, or nobody would notice that it is worked on by nobody.
"""

from devices.topics import PARTITIONS


class NoSuchPartitionError(ValueError):
    """Not partitions; the sentence says what was expected."""


def parse_partitions(text: str) -> tuple[int, ...]:
    """Read `0-7`, `3,4` or `0-3,8`; in order, each once."""
    try:
        wanted = sorted({number for part in text.split(",") for number in _range(part)})
    except ValueError:
        raise NoSuchPartitionError(f"{text!r} is not a list of partitions, as in 0-7 or 3,4.") from None
    if not wanted or not 0 <= wanted[0] <= wanted[-1] < PARTITIONS:
        raise NoSuchPartitionError(f"{text!r}: partitions are 0 to {PARTITIONS - 1}.")
    return tuple(wanted)


def _range(part: str) -> range:
    first, dash, last = part.partition("-")
    return range(int(first), int(last if dash else first) + 1)
