"""Which readings make up a score: the last word on each vital sign within the window, as known at an arrival.

Invariant: a result depends only on its own resident's readings that had arrived by then, so it is the same
however the readings are cut into batches, live or in a replay, and nothing already decided is rewritten.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import SIGNS

_UNKNOWN = -1
_CONSCIOUSNESS = SIGNS.index("consciousness")


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """What to score: m results, ordered by resident, the cause's arrival, the target's effective time."""

    target: NDArray[np.intp]  # m: the row whose moment is scored
    cause: NDArray[np.intp]  # m: the row whose arrival gives the result: the target itself, or one come late
    values: NDArray[np.float64]  # m x 7, columns as news2.SIGNS, NaN unknown
    source: NDArray[np.intp]  # m x 7: the row that supplied the value, -1 unknown

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, slots=True)
class _Readings:
    """The arguments of `compose`, in the caller's order."""

    resident: NDArray[np.integer]
    effective_at: NDArray[np.int64]
    arrival: NDArray[np.int64]
    values: NDArray[np.float64]
    cleared: NDArray[np.bool_]
    new: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Timeline:
    """Readings sorted by resident, effective time, arrival; a *place* is a position in this order."""

    row: NDArray[np.intp]
    start: NDArray[np.intp]  # the first place of the same resident
    end: NDArray[np.intp]  # one past the last
    effective_at: NDArray[np.int64]
    arrival: NDArray[np.int64]
    new: NDArray[np.bool_]
    says: NDArray[np.uint8]  # a bit per sign that the reading gives or clears


@dataclass(frozen=True, slots=True)
class _Questions:
    """What is known at a place by the arrival of the reading at another."""

    target: NDArray[np.intp]
    cause: NDArray[np.intp]


def compose(
    *,
    resident: NDArray[np.integer],
    effective_at: NDArray[np.int64],
    arrival: NDArray[np.int64],
    values: NDArray[np.float64],
    cleared: NDArray[np.bool_],
    new: NDArray[np.bool_],
    window: int,
) -> Composed:
    """Compose what each new reading makes known, for n readings of any residents in any order.

    `resident` is any whole-number code; `effective_at` and `window` are microseconds; `arrival` is unique within
    a resident and says who knew what; `values` is n x 7 as news2.SIGNS (consciousness as its code, NaN where the
    reading does not say); `cleared` is n x 7, true where a sign was tried and could not be recorded, which
    forgets earlier values from that moment on. A value and a clearing of one sign at once count as the value.

    A new reading gives a result for itself, from readings no later than it in (effective time, arrival), no
    older than the window (an age of exactly the window counts), that arrived no later. If it comes late it also
    gives one for each reading that arrived before it, lies later in effective time by no more than the window,
    and for which it has the last word on at least one sign. Rows that are not new are history and give nothing.
    History must hold all the residents' readings within a window before and after the new ones; more is harmless.

    Raises ValueError, in a sentence, for arrays that do not fit together or a negative window.
    """
    readings = _Readings(resident, effective_at, arrival, values, cleared, new)
    _check(readings, window)
    timeline = _timeline(readings)
    questions = _in_order(_questions(timeline, window), timeline)
    place = _last_words(timeline, questions, window)
    row = timeline.row[place]
    given = np.where(place >= 0, values[row, np.arange(len(SIGNS))], np.nan)
    source = np.where(np.isnan(given), _UNKNOWN, row)
    return Composed(timeline.row[questions.target], timeline.row[questions.cause], given, source)


def columns(values: NDArray[np.float64]) -> dict[str, NDArray[np.generic]]:
    """Composed values (m x 7) as the arguments of news2.score, all but `spo2_scale`, which depends on authority."""
    arguments: dict[str, NDArray[np.generic]] = {sign: values[:, i] for i, sign in enumerate(SIGNS)}
    code = values[:, _CONSCIOUSNESS]
    return arguments | {"consciousness": np.where(np.isnan(code), _UNKNOWN, code).astype(np.int8)}


def _check(readings: _Readings, window: int) -> None:
    n, signs = len(readings.resident), len(SIGNS)
    shapes = {"values": (n, signs), "cleared": (n, signs)}
    for field in fields(readings):
        shape, expected = getattr(readings, field.name).shape, shapes.get(field.name, (n,))
        if shape != expected:
            raise ValueError(f"{field.name} must be of shape {expected}, not {shape}.")
    for name, array in (("effective_at", readings.effective_at), ("arrival", readings.arrival)):
        if array.dtype != np.int64:
            raise ValueError(f"{name} must be int64, not {array.dtype}.")
    if window < 0:
        raise ValueError(f"The window must not be negative, and {window} is.")


def _timeline(readings: _Readings) -> _Timeline:
    row = np.lexsort((readings.arrival, readings.effective_at, readings.resident))
    codes = readings.resident[row]
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])) if len(row) else row
    lengths = np.diff(np.append(starts, len(row)))
    spoken = ~np.isnan(readings.values) | readings.cleared
    return _Timeline(
        row=row,
        start=np.repeat(starts, lengths),
        end=np.repeat(starts + lengths, lengths),
        effective_at=readings.effective_at[row],
        arrival=readings.arrival[row],
        new=readings.new[row],
        says=np.packbits(spoken, axis=1, bitorder="little").reshape(-1)[row],
    )


def _questions(timeline: _Timeline, window: int) -> _Questions:
    own = np.flatnonzero(timeline.new)
    late = _touched_by_late(timeline, _came_late(timeline, own), window)
    return _Questions(
        target=np.concatenate([own, late.target]),
        cause=np.concatenate([own, late.cause]),
    )


def _in_order(questions: _Questions, timeline: _Timeline) -> _Questions:
    order = np.lexsort((questions.target, timeline.arrival[questions.cause], timeline.start[questions.cause]))
    return _Questions(questions.target[order], questions.cause[order])


def _came_late(timeline: _Timeline, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those with any reading of the resident later in effective time that had arrived before."""
    if not len(places):
        return places
    # Residents weigh more than arrivals, so the least of all that follows is the least of the same resident.
    arrival = timeline.arrival - timeline.arrival.min()
    if (int(arrival.max()) + 1) * len(arrival) > np.iinfo(np.int64).max:
        arrival = np.unique(arrival, return_inverse=True)[1]
    key = timeline.start * (arrival.max() + 1) + arrival
    least_after = np.minimum.accumulate(key[::-1])[::-1]
    return places[least_after[places] < key[places]]


def _touched_by_late(timeline: _Timeline, late: NDArray[np.intp], window: int) -> _Questions:
    """Step forward from every late reading at once, until others have had the last word on all it says."""
    targets, causes = [late[:0]], [late[:0]]
    cause, place, unspoken = late, late + 1, timeline.says[late]
    while len(cause):
        within = place < timeline.end[cause]
        cause, place, unspoken = cause[within], place[within], unspoken[within]
        within = timeline.effective_at[place] - timeline.effective_at[cause] <= window
        cause, place, unspoken = cause[within], place[within], unspoken[within]
        # Of equal effective times only later arrivals follow, so what is known lies later in time.
        known = timeline.arrival[place] < timeline.arrival[cause]
        unspoken = np.where(known, unspoken & ~timeline.says[place], unspoken)
        touched = known & (unspoken != 0)
        targets.append(place[touched])
        causes.append(cause[touched])
        going = unspoken != 0
        cause, place, unspoken = cause[going], place[going] + 1, unspoken[going]
    return _Questions(np.concatenate(targets), np.concatenate(causes))


def _last_words(timeline: _Timeline, questions: _Questions, window: int) -> NDArray[np.intp]:
    """m x 7: the place that last gave or cleared each sign for each question, -1 if none within the window did."""
    says = np.unpackbits(timeline.says[:, None], axis=1, count=len(SIGNS), bitorder="little")
    spoke = np.maximum.accumulate(np.where(says, np.arange(len(says))[:, None], _UNKNOWN), axis=0)
    place = spoke[questions.target]
    first = timeline.start[questions.target]
    oldest = timeline.effective_at[questions.target] - window
    arrived = timeline.arrival[questions.cause]
    place[(place < first[:, None]) | (timeline.effective_at[place] < oldest[:, None])] = _UNKNOWN
    # What was last in effective time may not have arrived yet: step back to the one before, where it has not.
    asking, sign = np.nonzero((place >= 0) & (timeline.arrival[place] > arrived[:, None]))
    while len(asking):
        later = place[asking, sign]
        earlier = spoke[later - 1, sign]
        earlier[(later == 0) | (earlier < first[asking])] = _UNKNOWN
        earlier[timeline.effective_at[earlier] < oldest[asking]] = _UNKNOWN
        place[asking, sign] = earlier
        going = (earlier >= 0) & (timeline.arrival[earlier] > arrived[asking])
        asking, sign = asking[going], sign[going]
    return place
