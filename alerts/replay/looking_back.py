"""Rises and trends for very many scores at once.

Invariant: what each score is held against is what was known when it became known, and says the same as
`alerts.beside` says of one score.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from alerts.beside import trend
from alerts.news2 import SIGNS
from alerts.options import Rise, Trend
from alerts.policy import Policy
from alerts.replay.scored import ScoredSets
from alerts.replay.sets import HOUR, Sets

_NONE = 255


def rises(results: ScoredSets, policy: Policy) -> NDArray[np.bool_]:
    """Which of the scores rose, as `alerts.beside.rise` has it."""
    rose = np.zeros(len(results), dtype=bool)
    options = policy.rise
    if options is None:
        return rose
    low = results.scores.low
    asking = np.flatnonzero((low >= options.points) & (low < policy.medium_from))
    rose[asking] = low[asking] >= _lowest_before(results, asking, options) + options.points
    return rose


def _lowest_before(results: ScoredSets, asking: NDArray[np.intp], options: Rise) -> NDArray[np.int64]:
    """The least upper bound within the hours before, of scores that stood by then; far too many where there is none."""
    lowest = np.full(len(asking), _NONE, dtype=np.int64)
    order = np.lexsort((np.arange(len(results)), results.moment, results.resident))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    replaced = _replaced_by(results)
    oldest = results.moment[asking] - options.within_hours * HOUR
    going = np.arange(len(asking))
    back = place[asking] - 1
    while len(going):
        inside = back >= 0
        going, back = going[inside], back[inside]
        one, now = order[back], asking[going]
        inside = (results.resident[one] == results.resident[now]) & (results.moment[one] >= oldest[going])
        going, back, one, now = going[inside], back[inside], one[inside], now[inside]
        stands = (one < now) & (replaced[one] > now) & (results.moment[one] < results.moment[now])
        lowest[going[stands]] = np.minimum(lowest[going[stands]], results.scores.high[one[stands]])
        back = back - 1
    return lowest


def _replaced_by(results: ScoredSets) -> NDArray[np.intp]:
    """For each score the next one of the same moment's reading, or one past the last."""
    order = np.argsort(results.target, kind="stable")
    same = results.target[order][1:] == results.target[order][:-1]
    replaced = np.full(len(results), len(results), dtype=np.intp)
    replaced[order[:-1][same]] = order[1:][same]
    return replaced


def trends(results: ScoredSets, policy: Policy) -> NDArray[np.int64]:
    """How many signs of each score follow a trend, as `alerts.beside.trend` has it."""
    found = np.zeros(len(results), dtype=np.int64)
    options = policy.trend
    if options is None:
        return found
    for sign, wanted in options.change.items():
        if sign not in SIGNS:
            continue
        column = SIGNS.index(sign)
        source = results.source[:, column]
        asking = np.flatnonzero((results.scores.part_low[:, column] >= 1) & (source >= 0))
        measured_now = results.sets.effective_at[source[asking]] == results.moment[asking]
        asking = asking[measured_now]
        if len(asking):
            found[asking] += _follows(results, asking, column, options, float(wanted))
    return found


def _follows(
    results: ScoredSets, asking: NDArray[np.intp], column: int, options: Trend, wanted: float
) -> NDArray[np.bool_]:
    sets = results.sets
    rows = _last_rows(results, asking, column, options)
    enough = rows[:, 0] >= 0
    rows = rows[enough]
    hours = (sets.effective_at[rows] - sets.effective_at[rows[:, :1]]) / HOUR
    follows = np.zeros(len(asking), dtype=bool)
    if len(rows):
        follows[enough] = trend.goes_so_far(trend.change(hours, sets.values[rows, column]), wanted)
    return follows


def _last_rows(
    results: ScoredSets, asking: NDArray[np.intp], column: int, options: Trend
) -> NDArray[np.intp]:
    """The last so many rows that gave the sign, oldest first; -1 where there were not as many."""
    sets = results.sets
    order, place = _in_time(results, column)
    cause = sets.arrival[results.cause[asking]]
    oldest = results.moment[asking] - options.within_hours * HOUR
    rows = np.full((len(asking), options.readings), -1, dtype=np.intp)
    missing = np.full(len(asking), options.readings)
    going = np.arange(len(asking))
    back = place(results.source[asking, column])
    while len(going):
        inside = back >= 0
        going, back = going[inside], back[inside]
        row = order[back]
        inside = (sets.resident[row] == results.resident[asking[going]]) & (
            sets.effective_at[row] >= oldest[going]
        )
        going, back, row = going[inside], back[inside], row[inside]
        known = sets.arrival[row] <= cause[going]
        missing[going[known]] -= 1
        rows[going[known], missing[going[known]]] = row[known]
        short = missing[going] > 0
        going, back = going[short], back[short] - 1
    return rows


def _in_time(
    results: ScoredSets, column: int
) -> tuple[NDArray[np.intp], Callable[[NDArray[np.intp]], NDArray[np.intp]]]:
    """The rows that give the sign by resident, moment and arrival; and where in them each of some rows is."""
    sets: Sets = results.sets
    rows = results.target[results.own]
    rows = rows[~np.isnan(sets.values[rows, column])]
    order = rows[np.lexsort((sets.arrival[rows], sets.effective_at[rows], sets.resident[rows]))]
    by_row = np.argsort(order)
    ordered = order[by_row]
    return order, lambda wanted: by_row[np.searchsorted(ordered, wanted)]
