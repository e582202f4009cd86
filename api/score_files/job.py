"""Scores one file from beginning to end, in bounded memory.

Guards: every row that came goes out, in its order; how many cells were counted as unknown is said.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from api.score_files import columns, sinks, sources


@dataclass(slots=True)
class Tally:
    """Rows scored; those among them that fit no columns; other cells counted as unknown, by column, though something
    was written in them.
    """

    rows: int = 0
    misfits: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)


def score_file(source: Path | None, into: Path | None, tell: Callable[[Tally, float | None], None]) -> Tally:
    """Score `source` (standard input where None) into `into` (standard output where None).

    CSV or Parquet; `tell` hears after each batch how far it is, 0 to 1, None where that is not known. Raises
    FileError.
    """
    tally = Tally()
    with sources.opened(source) as given:
        schema = columns.schema(given.schema)
        with sinks.opened(into, schema) as sink:
            for batch in given.batches:
                rows, unreadable = columns.scored(batch, schema)
                sink.write(rows)
                tally.rows += len(rows)
                tally.misfits += len(batch.misfits)
                tally.unreadable.update({name: count for name, count in unreadable.items() if count})
                tell(tally, given.part())
    return tally
