"""The could-not-be-excluded clock over years: what was asked, and nobody measured in time.

Invariant: as live: asking again never moves the deadline; only what decides stops the clock; what comes by the
deadline has come in time.
"""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray


def unanswered(
    resident: NDArray[np.int64],
    at: NDArray[np.int64],
    asks: NDArray[np.bool_],
    settles: NDArray[np.bool_],
    within: int,
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The places of what was last asked and not answered, and when that was due.

    m events in the order in which they became known of each resident; `at` and `within` in microseconds.
    """
    asking, settling = np.flatnonzero(asks), np.flatnonzero(settles)
    # Of each question the first answer that follows; one past the last where nothing does.
    answer = np.append(settling, len(at))[np.searchsorted(settling, asking)]
    ends = np.append(at, np.iinfo(np.int64).max)[answer]
    whose = np.append(resident, -1)
    ends = np.where(whose[answer] == resident[asking], ends, np.iinfo(np.int64).max)
    # Only a question without an answer in time can fall due: those before it in one run of questions share its clock.
    runs = _runs(resident[asking], answer, at[asking], ends, within)
    asked_at, answered_at = at[asking].tolist(), ends.tolist()
    places: list[int] = []
    due: list[int] = []
    for first, last in runs:
        start = first
        while start < last:
            deadline = asked_at[start] + within
            if answered_at[start] <= deadline:
                break
            stop = bisect_right(asked_at, deadline, start, last)
            places.append(stop - 1)
            due.append(deadline)
            start = stop
    return asking[np.array(places, dtype=np.intp)], np.array(due, dtype=np.int64)


def _runs(
    resident: NDArray[np.int64],
    answer: NDArray[np.intp],
    at: NDArray[np.int64],
    ends: NDArray[np.int64],
    within: int,
) -> list[tuple[int, int]]:
    """Questions that wait for the same answer, where the first of them waits in vain."""
    if not len(resident):
        return []
    begins = np.flatnonzero(
        np.concatenate([[True], (resident[1:] != resident[:-1]) | (answer[1:] != answer[:-1])])
    )
    stops = np.append(begins[1:], len(resident))
    vain = ends[begins] > at[begins] + within
    return list(zip(begins[vain].tolist(), stops[vain].tolist(), strict=True))
