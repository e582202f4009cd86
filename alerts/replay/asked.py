"""The could-not-be-excluded clock over years of readings: which questions nobody answered in time.

Guards: as live, asking again never moves the deadline, only an answer stops the clock, and an answer at the
deadline is in time.
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
    """Return the places of the questions that nobody answered in time, and when each was due.

    The input is m events in the order in which they became known of each resident; `at` and `within` in
    microseconds. For a question that was asked again, the place is that of the last time before it was due.
    """
    asking, settling = np.flatnonzero(asks), np.flatnonzero(settles)
    # The first answer after each question; one past the last event where none follows.
    answer = np.append(settling, len(at))[np.searchsorted(settling, asking)]
    ends = np.append(at, np.iinfo(np.int64).max)[answer]
    whose = np.append(resident, -1)
    ends = np.where(whose[answer] == resident[asking], ends, np.iinfo(np.int64).max)
    # Questions that wait for the same answer share a clock. Only a run whose first question gets no answer in
    # time matters.
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
    """Return the runs of questions that wait for the same answer, if it comes too late for the first of them."""
    if not len(resident):
        return []
    begins = np.flatnonzero(
        np.concatenate([[True], (resident[1:] != resident[:-1]) | (answer[1:] != answer[:-1])])
    )
    stops = np.append(begins[1:], len(resident))
    vain = ends[begins] > at[begins] + within
    return list(zip(begins[vain].tolist(), stops[vain].tolist(), strict=True))
