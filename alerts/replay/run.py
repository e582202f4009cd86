"""One replay of readings under two policies, whole residents at a time.

Guards: memory is bounded by what is handed in at once. Counts add up however residents are cut into blocks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from alerts.policy import Policy
from alerts.replay.cases import Cases, cases
from alerts.replay.comparison import Counts
from alerts.replay.found import found
from alerts.replay.scored import ScoredSets, scored
from alerts.replay.sets import DAY, MICROSECONDS, Sets

ANSWERED_AFTER_MINUTES = 240


@dataclass(slots=True)
class Replayed:
    """What came of a replay. Moments in microseconds since 1970."""

    counts: Counts = field(default_factory=Counts)
    readings: int = 0
    residents: int = 0
    residents_of: Counter[int] = field(default_factory=Counter)  # by home; a resident who moved is in both
    first: int | None = None
    last: int | None = None

    def join(self, other: "Replayed") -> None:
        """Add what came of other residents."""
        self.counts.join(other.counts)
        self.readings += other.readings
        self.residents += other.residents
        self.residents_of.update(other.residents_of)
        if other.first is not None and other.last is not None:
            self.note(other.first, other.last)

    def note(self, first: int, last: int) -> None:
        """Widen the span to these moments of readings."""
        self.first = first if self.first is None else min(first, self.first)
        self.last = last if self.last is None else max(last, self.last)

    @property
    def days(self) -> float:
        """Days from the first reading to the last, at least one: a rate over minutes would say nothing."""
        if self.first is None or self.last is None:
            return 0.0
        return max(1.0, (self.last - self.first) / DAY)

    @property
    def resident_days(self) -> float:
        return self.residents * self.days


def replay(
    blocks: Iterable[Sets], old: Policy, new: Policy, answered_after: int = ANSWERED_AFTER_MINUTES
) -> Replayed:
    """Count what changes from one policy to the other. Each block holds all the readings of its residents."""
    done = Replayed()
    open_for = answered_after * 60 * MICROSECONDS
    for block in blocks:
        if not len(block):
            continue
        _note(done, block)
        for before, after in under_both(block, old, new):
            done.counts.add(cases_of(before, old, open_for), cases_of(after, new, open_for), open_for)
    return done


def cases_of(results: ScoredSets, policy: Policy, open_for: int) -> Cases:
    """Return the cases that one policy makes of these scores."""
    return cases(found(results, policy), open_for)


def under_both(block: Sets, old: Policy, new: Policy) -> Iterator[tuple[ScoredSets, ScoredSets]]:
    """Yield the same residents' scores under both policies, worked out once if the windows are the same."""
    if old.window == new.window:
        yield from ((results, results) for results in scored(block, old.window))
    else:
        yield from zip(scored(block, old.window), scored(block, new.window), strict=True)


def _note(done: Replayed, block: Sets) -> None:
    done.readings += len(block)
    done.residents += len(np.unique(block.resident))
    done.residents_of.update(_homes_of_each(block))
    done.note(int(block.effective_at.min()), int(block.effective_at.max()))


def _homes_of_each(block: Sets) -> list[int]:
    """Return the home of each resident, and every home of one who moved. Rows of a resident lie side by side."""
    lives = np.column_stack((block.resident, block.home))
    begins = np.concatenate([[True], (lives[1:] != lives[:-1]).any(axis=1)])
    return np.unique(lives[begins], axis=0)[:, 1].tolist()
