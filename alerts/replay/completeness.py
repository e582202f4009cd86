"""How complete the full sets were that were due in a stretch of one resident's time: of an illness, or of a day.

Guards: every stretch is of one kind, so that what is counted kind by kind adds up to all of it.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from alerts.replay.scored import ScoredSets


class Completeness(StrEnum):
    """Of the full sets due in a stretch, how many were scored with nothing missing."""

    EVERY = "every set complete"
    SOME = "some set incomplete"
    NONE = "no set complete"
    NOT_DUE = "no set due"


KINDS = tuple(Completeness)
_EVERY, _SOME, _NONE, _NOT_DUE = (np.int8(number) for number in range(len(KINDS)))


@dataclass(frozen=True, slots=True, eq=False)
class DueSets:
    """Full sets that were due, each at its own moment, scored with what had arrived when it came."""

    resident: NDArray[np.int64]
    moment: NDArray[np.int64]
    complete: NDArray[np.bool_]


def due_sets(results: ScoredSets) -> DueSets:
    """Those among these results."""
    due = results.own & results.sets.scheduled[results.cause]
    return DueSets(results.resident[due], results.moment[due], results.scores.complete[due])


def kinds(complete: NDArray[np.int64], due: NDArray[np.int64]) -> NDArray[np.int8]:
    """Index into KINDS of each stretch, by how many sets were due in it and how many of these were complete."""
    return np.select([due == 0, complete == due, complete > 0], [_NOT_DUE, _EVERY, _SOME], _NONE)
