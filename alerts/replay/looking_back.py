"""Rises and trends for very many scores at once.

Guards: each score is compared with what was known when it became known. The result is the same as that of
`alerts.beside`, which looks at one score.
"""

import numpy as np
from numpy.typing import NDArray

from alerts.beside import trend
from alerts.news2 import SIGNS
from alerts.options import Rise, Trend
from alerts.policy import Policy
from alerts.replay.scored import ScoredSets
from alerts.replay.sets import HOUR

_NONE = 255


def rises(results: ScoredSets, policy: Policy) -> NDArray[np.bool_]:
    """Return which of the scores rose, as `alerts.beside.rise`."""
    rose = np.zeros(len(results), dtype=bool)
    options = policy.rise
    if options is None:
        return rose
    low = results.scores.low
    asking = np.flatnonzero((low >= options.points) & (low < policy.medium_from))
    rose[asking] = low[asking] >= _lowest_before(results, asking, options) + options.points
    return rose


def _lowest_before(results: ScoredSets, asking: NDArray[np.intp], options: Rise) -> NDArray[np.int64]:
    """Return the least upper bound of the scores that stood in the hours before; 255 where there was none."""
    lowest = np.full(len(asking), _NONE, dtype=np.int64)
    order, place = _by_moment(results)
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


def _by_moment(results: ScoredSets) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the order of the scores by resident and moment, and the place of each in it."""
    order = np.arange(len(results))
    same = results.resident[1:] == results.resident[:-1]
    if not np.any(same & (results.moment[1:] < results.moment[:-1])):
        return order, order  # nothing came late
    order = np.lexsort((order, results.moment, results.resident))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return order, place


def _replaced_by(results: ScoredSets) -> NDArray[np.intp]:
    """Return, for each score, the next score of the same moment, or one past the last."""
    if results.own.all():
        return np.full(len(results), len(results), dtype=np.intp)
    order = np.argsort(results.target, kind="stable")
    same = results.target[order][1:] == results.target[order][:-1]
    replaced = np.full(len(results), len(results), dtype=np.intp)
    replaced[order[:-1][same]] = order[1:][same]
    return replaced


def trends(results: ScoredSets, policy: Policy) -> NDArray[np.int64]:
    """Return how many signs of each score follow a trend, as `alerts.beside.trend`."""
    found = np.zeros(len(results), dtype=np.int64)
    options = policy.trend
    if options is None or not len(results):
        return found
    readings = _Readings(results)
    for sign, wanted in options.change.items():
        column = SIGNS.index(sign)
        source = results.source[:, column]
        asking = np.flatnonzero((results.scores.part_low[:, column] >= 1) & (source >= 0))
        asking = asking[results.sets.effective_at[source[asking]] == results.moment[asking]]
        if len(asking):
            found[asking] += _follows(results, readings, asking, column, options, float(wanted))
    return found


def line_of(results: ScoredSets) -> NDArray[np.intp]:
    """Return the rows of these residents' readings by resident, moment and arrival."""
    sets, rows = results.sets, results.target[results.own]
    return rows[np.lexsort((sets.arrival[rows], sets.effective_at[rows], sets.resident[rows]))]


class _Readings:
    """The readings of these residents by resident, moment and arrival."""

    def __init__(self, results: ScoredSets) -> None:
        self.rows = line_of(results)
        self._first = int(self.rows.min())
        self._place = np.zeros(int(self.rows.max()) - self._first + 1, dtype=np.intp)
        self._place[self.rows - self._first] = np.arange(len(self.rows))

    def place(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the places of some rows in that order."""
        return self._place[rows - self._first]


def _follows(
    results: ScoredSets,
    readings: _Readings,
    asking: NDArray[np.intp],
    column: int,
    options: Trend,
    wanted: float,
) -> NDArray[np.bool_]:
    sets = results.sets
    rows = _last_rows(results, readings, asking, column, options)
    enough = rows[:, 0] >= 0
    rows = rows[enough]
    hours = (sets.effective_at[rows] - sets.effective_at[rows[:, :1]]) / HOUR
    follows = np.zeros(len(asking), dtype=bool)
    if len(rows):
        follows[enough] = trend.goes_so_far(trend.change(hours, sets.values[rows, column]), wanted)
    return follows


def _last_rows(
    results: ScoredSets, readings: _Readings, asking: NDArray[np.intp], column: int, options: Trend
) -> NDArray[np.intp]:
    """Return the last rows that gave the sign, oldest first, with -1 in front where there are too few."""
    sets = results.sets
    says = readings.rows[~np.isnan(sets.values[readings.rows, column])]
    before = np.cumsum(~np.isnan(sets.values[readings.rows, column])) - 1
    cause = sets.arrival[results.cause[asking]]
    oldest = results.moment[asking] - options.within_hours * HOUR
    rows = np.full((len(asking), options.readings), -1, dtype=np.intp)
    missing = np.full(len(asking), options.readings)
    going = np.arange(len(asking))
    back = before[readings.place(results.source[asking, column])]
    while len(going):
        inside = back >= 0
        going, back = going[inside], back[inside]
        row = says[back]
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
