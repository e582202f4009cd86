"""Which readings make up a score: the last word on each vital sign within the window, as known at an arrival.

Invariant: a result depends only on its own resident's readings that had arrived by then, so it is the same
however the readings are cut into batches, live or in a replay, and nothing already decided is rewritten.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import SIGNS
from alerts.timeline import Readings, Timeline, blocks, by_resident, check, in_order, timeline_of

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
class _Questions:
    """What is known at a place by the arrival of the reading at another."""

    target: NDArray[np.intp]
    cause: NDArray[np.intp]


def compose(readings: Readings, window: int) -> Composed:
    """Compose what each new reading makes known; `window` in microseconds.

    A new reading gives a result for itself, from readings no later than it in (effective time, arrival), no
    older than the window (an age of exactly the window counts), that arrived no later. If it comes late it also
    gives one for each reading that arrived before it, lies later in effective time by no more than the window,
    and for which it has the last word on at least one sign. Rows that are not new are history and give nothing.
    History must hold all the residents' readings within a window before and after the new ones; more is harmless.

    Raises ValueError, in a sentence, for arrays that do not fit together or a negative window.
    """
    parts = list(compose_each(readings, window))
    if len(parts) == 1:
        return parts[0]
    return Composed(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Composed))
    )


def compose_each(readings: Readings, window: int) -> Iterator[Composed]:
    """The same in parts of some residents each, in order: for very many readings, whose scores need no room at once."""
    check(readings, window)
    order = in_order(readings)
    for residents in blocks(readings.resident[order]):
        yield _composed(readings, order[residents], window)


def _composed(readings: Readings, rows: NDArray[np.intp], window: int) -> Composed:
    """All the rows of some residents, in order."""
    values = readings.values.take(rows, axis=0)
    timeline = timeline_of(readings, rows, values)
    questions = _in_order(_questions(timeline, window), timeline)
    last = _last_words(timeline, questions, window).astype(np.intp)
    given = _after_unknown(values, np.nan).take(last * len(SIGNS) + np.arange(len(SIGNS)))
    source = _after_unknown(rows, _UNKNOWN).take(last)
    source[np.isnan(given)] = _UNKNOWN
    return Composed(rows[questions.target], rows[questions.cause], given, source)


def _after_unknown(array: NDArray[Any], unknown: float) -> NDArray[Any]:
    """One more row in front, for what nobody said."""
    more = np.empty((len(array) + 1, *array.shape[1:]), array.dtype)
    more[0], more[1:] = unknown, array
    return more


def columns(values: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Composed values (m x 7) as the arguments of news2.score, all but `spo2_scale`, which depends on authority."""
    arguments: dict[str, NDArray[Any]] = {sign: values[:, i] for i, sign in enumerate(SIGNS)}
    code = values[:, _CONSCIOUSNESS]
    return arguments | {"consciousness": np.where(np.isnan(code), _UNKNOWN, code).astype(np.int8)}


def _questions(timeline: Timeline, window: int) -> _Questions:
    own = np.flatnonzero(timeline.new)
    late = _touched_by_late(timeline, _came_late(timeline, own), window)
    return _Questions(
        target=np.concatenate([own, late.target]),
        cause=np.concatenate([own, late.cause]),
    )


def _in_order(questions: _Questions, timeline: Timeline) -> _Questions:
    """By resident and the cause's arrival; those of one cause come in the order of time already."""
    order = np.argsort(timeline.known_at[questions.cause], kind="stable")
    return _Questions(questions.target[order], questions.cause[order])


def _came_late(timeline: Timeline, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those with any reading of the resident later in effective time that had arrived before."""
    # Residents weigh more than arrivals, so the least of all that follows is the least of the same resident.
    least_after = np.minimum.accumulate(timeline.known_at[::-1])[::-1]
    return places[least_after[places] < timeline.known_at[places]]


def _touched_by_late(timeline: Timeline, late: NDArray[np.intp], window: int) -> _Questions:
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


def _last_words(timeline: Timeline, questions: _Questions, window: int) -> NDArray[np.int32]:
    """m x 7: one past the place that last gave or cleared each sign for each question, 0 if none within the window."""
    says = np.unpackbits(timeline.says[:, None], axis=1, count=len(SIGNS), bitorder="little")
    places = np.arange(1, len(says) + 1, dtype=np.int32)
    spoke = np.maximum.accumulate(says * places[:, None], axis=0)
    last = spoke.take(questions.target, axis=0)
    oldest = _oldest(timeline, window)[questions.target]
    last *= last > oldest[:, None]
    # What was last in effective time may not have arrived yet: step back to the one before, where it has not.
    latest = np.maximum.accumulate(timeline.known_at)
    some = np.flatnonzero(latest[questions.target] > timeline.known_at[questions.cause])
    arrived = timeline.arrival[questions.cause]
    asking, sign = np.nonzero(last[some])
    asking = some[asking]
    while len(asking):
        unknown = timeline.arrival[last[asking, sign] - 1] > arrived[asking]
        asking, sign = asking[unknown], sign[unknown]
        earlier = np.where(last[asking, sign] > 1, spoke[last[asking, sign] - 2, sign], 0)
        earlier *= earlier > oldest[asking]
        last[asking, sign] = earlier
        asking, sign = asking[earlier > 0], sign[earlier > 0]
    return last


def _oldest(timeline: Timeline, window: int) -> NDArray[np.intp]:
    """For each place the first of the same resident within the window before it."""
    moment = timeline.effective_at
    if not len(moment):
        return np.zeros(0, np.intp)
    # No moment less the window is before the first, nor so far back that there is no number for it.
    first = min(int(moment.min()) + window, np.iinfo(np.int64).max)
    at, since = by_resident(timeline.start, moment, np.maximum(moment, first) - window)
    return np.maximum(timeline.start, np.searchsorted(at, since))
