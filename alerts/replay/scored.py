"""Scores of many residents' readings side by side, as they became known.

Guards: results are ordered by resident, then as they became known, as the live evaluator orders them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alerts import news2
from alerts.news2 import Scores
from alerts.replay import unfit
from alerts.replay.sets import MICROSECONDS, Sets
from alerts.sets.composition import Composed, columns, compose_each
from alerts.sets.timeline import Readings


@dataclass(frozen=True, slots=True, eq=False)
class ScoredSets:
    """m results: each scores the moment of `target` because `cause` arrived; both are rows of `sets`."""

    sets: Sets
    target: NDArray[np.intp]
    cause: NDArray[np.intp]
    values: NDArray[np.float64]  # m x 7
    source: NDArray[np.intp]  # m x 7: the row that gave each value, -1 unknown
    scores: Scores
    resident: NDArray[np.int64]
    moment: NDArray[np.int64]  # the moment that is scored
    at: NDArray[np.int64]  # when it was judged
    own: NDArray[np.bool_]  # the reading scores its own moment
    newest: NDArray[np.bool_]  # no later moment of the resident was known

    def __len__(self) -> int:
        return len(self.target)


def scored(sets: Sets, window_minutes: int) -> Iterator[ScoredSets]:
    """Yield the scores of whole residents, in parts that hold the same residents whatever the window."""
    readings = Readings(
        resident=sets.resident,
        effective_at=sets.effective_at,
        arrival=sets.arrival,
        values=sets.values,
        cleared=sets.cleared,
        new=np.ones(len(sets), dtype=bool),
    )
    for part in compose_each(readings, window_minutes * 60 * MICROSECONDS):
        yield _scored(sets, unfit.apart(sets, part))


def _scored(sets: Sets, part: Composed) -> ScoredSets:
    resident = sets.resident[part.target]
    moment = sets.effective_at[part.target]
    own = part.target == part.cause
    return ScoredSets(
        sets=sets,
        target=part.target,
        cause=part.cause,
        values=part.values,
        source=part.source,
        scores=news2.score(
            **columns(unfit.without_theirs(sets, part)), spo2_scale=sets.spo2_scale[part.target]
        ),
        resident=resident,
        moment=moment,
        at=sets.judged_at[part.cause],
        own=own,
        newest=moment >= _latest_known(resident, moment, own),
    )


def _latest_known(
    resident: NDArray[np.int64], moment: NDArray[np.int64], own: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the latest moment that was known of the resident once each cause had arrived.

    The first result of a cause is for its own moment.
    """
    if not len(moment):
        return moment
    segment = np.cumsum(np.concatenate([[False], resident[1:] != resident[:-1]]))
    # Places among all moments are used instead of moments: however far apart two dates are, no number grows
    # too large.
    moments, place = np.unique(moment, return_inverse=True)
    stretch = len(moments)
    # A later resident weighs more than any moment of an earlier one.
    latest = np.maximum.accumulate((segment * stretch + place)[own])
    return moments[(latest - segment[own] * stretch)[np.cumsum(own) - 1]]
