"""Replay one file from beginning to end, in bounded memory.

Guards: each row of the file is replayed or counted as left out.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from alerts.policy import Policy
from alerts.replay.run import Replayed, replay
from alerts.replay.sets import Sets
from api.replays import columns
from api.replays.columns import Reader
from api.replays.decided import Decided, Decision, of_residents
from api.replays.partitions import HELD_BYTES, Partitions, partitions, read_part
from api.score_files import sources

_MOST_WORKERS = 8
Tell = Callable[[str, float | None], None]


def silent(_what: str, _part: float | None) -> None:
    """Ignore progress."""


@contextmanager
def read_file(
    source: Path | None, tell: Tell = silent, most_held: int = HELD_BYTES
) -> Iterator[tuple[Reader, Partitions]]:
    """Gather all readings of a file (standard input where None) by resident. Raises FileError."""
    reader = Reader()
    with partitions(most_held) as gathered:
        with sources.opened(source) as given:
            columns.check(given.schema)
            for batch in given.batches:
                gathered.add(reader.read(batch.rows))
                tell(f"Read {reader.rows:,} rows", given.part())
        yield reader, gathered


def replay_file(
    source: Path | None,
    old: Policy,
    new: Policy,
    answered_after: int,
    tell: Tell = silent,
    most_held: int = HELD_BYTES,
    decisions: Sequence[Decision] = (),
) -> tuple[Reader, Replayed]:
    """Return what changes from one policy to the other over the readings of a file. Raises FileError."""
    with read_file(source, tell, most_held) as (reader, gathered):
        decided, reader.decided_of_nobody = of_residents(decisions, reader.residents.names)
        files = gathered.files()
        if files:
            return reader, _side_by_side(files, _Trial(old, new, answered_after, decided), tell)
        blocks = map(decided.in_force, sets(reader, gathered, tell))
        return reader, replay(blocks, old, new, answered_after)


@dataclass(frozen=True, slots=True)
class _Trial:
    old: Policy
    new: Policy
    answered_after: int
    decided: Decided

    def of_part(self, file: Path) -> Replayed:
        readings = self.decided.in_force(columns.sets_of(read_part(file)))
        return replay([readings], self.old, self.new, self.answered_after)


def _side_by_side(files: Sequence[Path], trial: _Trial, tell: Tell) -> Replayed:
    """Replay parts in parallel, one per processor, because residents do not depend on each other."""
    done = Replayed()
    # Each worker is a fresh process: Arrow has threads, which a forked copy would lack.
    with ProcessPoolExecutor(min(_MOST_WORKERS, os.cpu_count() or 1), get_context("spawn")) as pool:
        for number, part in enumerate(pool.map(trial.of_part, files), 1):
            done.join(part)
            tell(f"Replayed {done.readings:,} readings", number / len(files))
    return done


def sets(reader: Reader, gathered: Partitions, tell: Tell = silent) -> Iterator[Sets]:
    """Yield the readings as a replay takes them, some residents at a time."""
    done = 0
    for rows in gathered.blocks():
        yield columns.sets_of(rows)
        done += len(rows)
        tell(f"Replayed {done:,} readings", done / max(1, reader.rows - reader.left_out))
