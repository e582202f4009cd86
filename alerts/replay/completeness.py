"""How complete the full sets were that were due in a stretch of a resident's time: an illness or a day.

Guards: every stretch is of exactly one kind, so counts by kind add up to the whole.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alerts.replay.scored import ScoredSets


class Completeness(StrEnum):
    """How many of the full sets due in a stretch were scored with nothing missing."""

    EVERY = "every set complete"
    SOME = "some set incomplete"
    NONE = "no set complete"
    NOT_DUE = "no set due"


KINDS = tuple(Completeness)
_EVERY, _SOME, _NONE, _NOT_DUE = (np.int8(number) for number in range(len(KINDS)))


@dataclass(frozen=True, slots=True, eq=False)
class DueSets:
    """Full sets that were due, each scored at its own moment with what had arrived when it came."""

    resident: NDArray[np.int64]
    moment: NDArray[np.int64]
    complete: NDArray[np.bool_]


def due_sets(results: ScoredSets) -> DueSets:
    """Return the full sets that were due among these results."""
    due = results.own & results.sets.scheduled[results.cause]
    return DueSets(results.resident[due], results.moment[due], results.scores.complete[due])


def kinds(complete: NDArray[np.int64], due: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return the index into KINDS of each stretch, from how many sets were due in it and how many were complete."""
    return np.select([due == 0, complete == due, complete > 0], [_NOT_DUE, _EVERY, _SOME], _NONE)
