"""Replays one file from beginning to end, in bounded memory.

Guards: each row of the file is replayed or counted as left out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alerts.policy import Policy
from alerts.replay.run import Replayed, replay
from alerts.replay.sets import Sets
from api.replays import columns
from api.replays.columns import Reader
from api.replays.partitions import HELD_BYTES, Partitions, partitions
from api.score_files import sources

Tell = Callable[[str, float | None], None]


def silent(_what: str, _part: float | None) -> None:
    """Tells nobody."""


@contextmanager
def read_file(
    source: Path | None, tell: Tell = silent, most_held: int = HELD_BYTES
) -> Iterator[tuple[Reader, Partitions]]:
    """All readings of a file (standard input where None), by resident. Raises FileError."""
    reader = Reader()
    with partitions(most_held) as gathered:
        with sources.opened(source) as given:
            columns.check(given.schema)
            for batch in given.batches:
                gathered.add(reader.read(batch))
                tell(f"Read {reader.rows:,} rows", given.part())
        yield reader, gathered


def replay_file(
    source: Path | None, old: Policy, new: Policy, answered_after: int, tell: Tell = silent
) -> tuple[Reader, Replayed]:
    """What changes from one policy to the other over the readings of a file. Raises FileError."""
    with read_file(source, tell) as (reader, gathered):
        return reader, replay(sets(reader, gathered, tell), old, new, answered_after)


def sets(reader: Reader, gathered: Partitions, tell: Tell = silent) -> Iterator[Sets]:
    """The readings as a replay takes them, some residents at a time."""
    done = 0
    for rows in gathered.blocks():
        yield columns.sets_of(rows)
        done += len(rows)
        tell(f"Replayed {done:,} readings", done / max(1, reader.rows - reader.left_out))
