"""Score one file from beginning to end, in bounded memory.

Guards: every row comes out, in its order. The number of cells counted as unknown is reported.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from api.score_files import columns, sinks, sources


@dataclass(slots=True)
class Tally:
    """Rows scored, those of them that do not fit the columns, and unreadable cells by column."""

    rows: int = 0
    misfits: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)


def score_file(source: Path | None, into: Path | None, tell: Callable[[Tally, float | None], None]) -> Tally:
    """Score `source` (standard input where None) into `into` (standard output where None), CSV or Parquet.

    After each batch `tell` is called with the share done, 0 to 1, or None where unknown. Raises FileError.
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
