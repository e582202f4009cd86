"""Drift from residents' own usual values, for very many scores at once.

Guards: each score is compared with what was known when it became known. The result is the same as that of
`alerts.beside.drift`, which looks at one score.

No centile is worked out; values are counted instead. A value lies so far over the 80th centile of n values if
at least four fifths of them lie under it by as much.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alerts.beside.drift import NEARLY
from alerts.beside.usual import DAY, HOUR
from alerts.news2 import SIGNS
from alerts.options import Drift
from alerts.policy import Policy
from alerts.replay.looking_back import line_of
from alerts.replay.scored import ScoredSets

# How many scores are looked at together, so that the arrays made for them stay small.
_AT_ONCE = 4096
_ONE_BY_ONE = 64


def drifts(results: ScoredSets, policy: Policy) -> NDArray[np.int64]:
    """Return how many signs of each score have drifted."""
    found = np.zeros(len(results), dtype=np.int64)
    options = policy.drift
    if options is None or not len(results):
        return found
    line = line_of(results)
    for sign in sorted(options.signs):
        column = SIGNS.index(sign)
        source = results.source[:, column]
        asking = np.flatnonzero(source >= 0)
        asking = asking[results.sets.effective_at[source[asking]] == results.moment[asking]]
        beyond = _Beyond(options, *(float(by.get(sign, np.inf)) for by in (options.below, options.above)))
        for some, rows in _of_each_resident(results, line, column, asking):
            found[some] += _drifted(results, some, rows, column, beyond)
    return found


@dataclass(frozen=True, slots=True)
class _Beyond:
    """How far from their usual the values of one sign must be; infinitely far on a side that is not followed."""

    options: Drift
    below: float
    above: float


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """m scores of one resident, and the n values of a sign that they are compared with, by moment and arrival."""

    at: NDArray[np.int64]  # n
    values: NDArray[np.float64]  # n
    first: NDArray[np.intp]  # m: the place of the first value of the usual stretch
    split: NDArray[np.intp]  # m: of the first value that is compared with it
    past: NDArray[np.intp]  # m: one past the last
    now: NDArray[np.int64]  # m


def _of_each_resident(
    results: ScoredSets, line: NDArray[np.intp], column: int, asking: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the scores of each resident that ask, so many at a time, with the rows that give the sign."""
    says = line[~np.isnan(results.sets.values[line, column])]
    whose, theirs = results.resident[asking], results.sets.resident[says]
    residents = np.unique(whose)
    starts, stops = (np.searchsorted(whose, residents, side) for side in ("left", "right"))
    begins, ends = (np.searchsorted(theirs, residents, side) for side in ("left", "right"))
    for start, stop, begin, end in np.column_stack((starts, stops, begins, ends)).tolist():
        for cut in range(start, stop, _AT_ONCE):
            yield asking[cut : min(stop, cut + _AT_ONCE)], says[begin:end]


def _drifted(
    results: ScoredSets, some: NDArray[np.intp], rows: NDArray[np.intp], column: int, beyond: _Beyond
) -> NDArray[np.bool_]:
    options, sets = beyond.options, results.sets
    drifted = np.zeros(len(some), dtype=bool)
    if len(rows) < options.readings + options.usual_readings:
        return drifted
    at, arrival, now = sets.effective_at[rows], sets.arrival[rows], results.moment[some]
    asked = _Asked(
        at=at,
        values=sets.values[rows, column],
        first=np.searchsorted(at, now - options.usual_days * DAY),
        split=np.searchsorted(at, now - options.within_hours * HOUR),
        past=np.searchsorted(at, now, "right"),
        now=now,
    )
    cause = sets.arrival[results.cause[some]]
    all_known = np.maximum.accumulate(arrival)[asked.past - 1] <= cause
    whole = np.flatnonzero(all_known)
    drifted[whole] = _of_whole(_only(asked, whole), beyond)
    partly = np.flatnonzero(~all_known)
    for cut in range(0, len(partly), _ONE_BY_ONE):
        part = partly[cut : cut + _ONE_BY_ONE]
        drifted[part] = _of_known(_only(asked, part), arrival, cause[part], beyond)
    return drifted


def _only(asked: _Asked, some: NDArray[np.intp]) -> _Asked:
    return _Asked(
        asked.at, asked.values, asked.first[some], asked.split[some], asked.past[some], asked.now[some]
    )


def _of_whole(asked: _Asked, beyond: _Beyond) -> NDArray[np.bool_]:
    """Return which scores have drifted, if all values of their stretches were known."""
    lately, usual = asked.past - asked.split, asked.split - asked.first
    drifted = np.zeros(len(asked.now), dtype=bool)
    some = np.flatnonzero(_are_enough(asked.at, asked.split, lately, asked.first, usual, asked.now, beyond))
    if not len(some):
        return drifted
    asked, usual = _only(asked, some), usual[some]
    stretches = np.column_stack((asked.split, asked.past)).reshape(-1)
    ended = np.append(asked.values, 0.0)  # the last stretch may end where the values do
    lowest, highest = (way.reduceat(ended, stretches)[::2] for way in (np.minimum, np.maximum))
    counted = _Counted(asked.values, int(asked.first.min()), int(asked.split.max()))
    over = counted.within(asked, lowest - beyond.above + NEARLY, "right")
    under = counted.within(asked, highest + beyond.below - NEARLY, "left")
    drifted[some] = (5 * over >= 4 * usual) | (5 * under < usual)
    return drifted


class _Counted:
    """Counts how many of the values before each place lie at or under each of their levels."""

    def __init__(self, values: NDArray[np.float64], start: int, stop: int) -> None:
        self._start = start
        self._levels, level = np.unique(values[start:stop], return_inverse=True)
        counts = np.zeros((stop - start + 1, len(self._levels) + 1), dtype=np.int32)
        counts[np.arange(1, stop - start + 1), level.reshape(-1) + 1] = 1
        self._counts = counts.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)

    def within(
        self, asked: _Asked, limits: NDArray[np.float64], side: Literal["left", "right"]
    ) -> NDArray[np.int64]:
        """Return how many values of each usual stretch are less than a limit (`left`), or no more than it (`right`)."""
        level = np.searchsorted(self._levels, limits, side)
        until, before = (self._counts[places - self._start, level] for places in (asked.split, asked.first))
        return (until - before).astype(np.int64)


def _of_known(
    asked: _Asked, arrival: NDArray[np.int64], cause: NDArray[np.int64], beyond: _Beyond
) -> NDArray[np.bool_]:
    """Return which scores have drifted, if some value came later: each value is looked at by itself."""
    m = len(asked.now)
    sizes = asked.past - asked.first
    which = np.repeat(np.arange(m), sizes)
    place = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + asked.first[which]
    known = arrival[place] <= cause[which]
    which, place = which[known], place[known]
    values, is_usual = asked.values[place], place < asked.split[which]
    lately, usual = (np.bincount(which[rows], minlength=m) for rows in (~is_usual, is_usual))
    lowest, highest = np.full(m, np.inf), np.full(m, -np.inf)
    np.minimum.at(lowest, which[~is_usual], values[~is_usual])
    np.maximum.at(highest, which[~is_usual], values[~is_usual])
    over = is_usual & (values <= (lowest - beyond.above + NEARLY)[which])
    under = is_usual & (values < (highest + beyond.below - NEARLY)[which])
    first, split = (_first_of(which[rows], place[rows], m) for rows in (is_usual, ~is_usual))
    enough = _are_enough(asked.at, split, lately, first, usual, asked.now, beyond)
    over, under = (np.bincount(which[rows], minlength=m) for rows in (over, under))
    return enough & ((5 * over >= 4 * usual) | (5 * under < usual))


def _first_of(which: NDArray[np.intp], place: NDArray[np.intp], m: int) -> NDArray[np.intp]:
    """Return the first place of each score; 0 if it has none."""
    first = np.zeros(m, dtype=np.intp)
    first[which[::-1]] = place[::-1]
    return first


def _are_enough(
    at: NDArray[np.int64],
    split: NDArray[np.intp],
    lately: NDArray[np.intp],
    first: NDArray[np.intp],
    usual: NDArray[np.intp],
    now: NDArray[np.int64],
    beyond: _Beyond,
) -> NDArray[np.bool_]:
    """Return which scores have as many values as the policy asks for, reaching as far back."""
    options, last = beyond.options, len(at) - 1
    lasted = at[np.minimum(split, last)] <= now - options.lasting_hours * HOUR
    known_for = at[np.minimum(first, last)] <= now - options.usual_since_days * DAY
    return (lately >= options.readings) & lasted & (usual >= options.usual_readings) & known_for
