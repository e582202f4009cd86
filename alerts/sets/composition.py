"""Which readings make up a score: the last word on each vital sign within the window, as known at an arrival.

A reading has the last word on a sign if no later one of the resident gives or clears that sign.

Guards: a result depends only on the resident's own readings that had arrived by then. So it does not depend
on how readings are cut into batches, live or in a replay. Later readings never change an earlier result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import SIGNS
from alerts.sets.timeline import Readings, Timeline, blocks, by_resident, check, in_order, timeline_of

_UNKNOWN = -1
_CONSCIOUSNESS = SIGNS.index("consciousness")


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """What to score: m results, ordered by resident, the cause's arrival, the target's effective time."""

    target: NDArray[np.intp]  # m: the row whose moment is scored
    cause: NDArray[np.intp]  # m: the row whose arrival gives the result: the target itself, or a late reading
    values: NDArray[np.float64]  # m x 7, columns as news2.SIGNS, NaN unknown
    source: NDArray[np.intp]  # m x 7: the row that supplied the value, -1 unknown

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, slots=True)
class _Questions:
    """m questions: what was known of the moment of `target` when `cause` arrived."""

    target: NDArray[np.intp]
    cause: NDArray[np.intp]


def compose(readings: Readings, window: int) -> Composed:
    """Compose what each new reading makes known; `window` in microseconds.

    A new reading gives a result for its own moment. It rests on readings that arrived no later, are no later
    in effective time, and are no older than the window; an age of exactly the window counts.

    A late reading also gives a result for some readings that arrived before it. They are later in effective
    time by no more than the window, and the late reading has the last word on at least one of their signs.

    Rows that are not new are history and give no result. They must include all the residents' readings within
    a window before and after the new ones; more do no harm.

    Raise ValueError, in a sentence, for arrays that do not fit together or a negative window.
    """
    parts = list(compose_each(readings, window))
    if len(parts) == 1:
        return parts[0]
    return Composed(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Composed))
    )


def compose_each(readings: Readings, window: int) -> Iterator[Composed]:
    """Yield the results of `compose` in parts of whole residents, in order, so that memory stays bounded."""
    check(readings, window)
    order = in_order(readings)
    for residents in blocks(readings.resident[order]):
        yield _composed(readings, order[residents], window)


def _composed(readings: Readings, rows: NDArray[np.intp], window: int) -> Composed:
    """Compose the rows of some whole residents; the rows are in order."""
    values = readings.values.take(rows, axis=0)
    timeline = timeline_of(readings, rows, values)
    questions = _in_order(_questions(timeline, window), timeline)
    last = _last_words(timeline, questions, window).astype(np.intp)
    given = _after_unknown(values, np.nan).take(last * len(SIGNS) + np.arange(len(SIGNS)))
    source = _after_unknown(rows, _UNKNOWN).take(last)
    source[np.isnan(given)] = _UNKNOWN
    return Composed(rows[questions.target], rows[questions.cause], given, source)


def _after_unknown(array: NDArray[Any], unknown: float) -> NDArray[Any]:
    """Return the array with a row for unknown in front, so that index 0 means that nobody said."""
    more = np.empty((len(array) + 1, *array.shape[1:]), array.dtype)
    more[0], more[1:] = unknown, array
    return more


def columns(values: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return composed values (m x 7) as arguments of news2.score, except `spo2_scale`, which depends on authority."""
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
    """Order by resident and the cause's arrival; the questions of one cause are in order of time already."""
    order = np.argsort(timeline.known_at[questions.cause], kind="stable")
    return _Questions(questions.target[order], questions.cause[order])


def _came_late(timeline: Timeline, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the places where a reading of the resident with a later effective time had arrived before."""
    # known_at puts residents before arrivals, so the least of all that follows is of the same resident.
    least_after = np.minimum.accumulate(timeline.known_at[::-1])[::-1]
    return places[least_after[places] < timeline.known_at[places]]


def _touched_by_late(timeline: Timeline, late: NDArray[np.intp], window: int) -> _Questions:
    """Step forward from every late reading at once, until others have the last word on all it says."""
    targets, causes = [late[:0]], [late[:0]]
    cause, place, unspoken = late, late + 1, timeline.says[late]
    while len(cause):
        within = place < timeline.end[cause]
        cause, place, unspoken = cause[within], place[within], unspoken[within]
        within = timeline.effective_at[place] - timeline.effective_at[cause] <= window
        cause, place, unspoken = cause[within], place[within], unspoken[within]
        # At equal effective times later arrivals come later, so a known reading here has a later effective
        # time.
        known = timeline.arrival[place] < timeline.arrival[cause]
        unspoken = np.where(known, unspoken & ~timeline.says[place], unspoken)
        touched = known & (unspoken != 0)
        targets.append(place[touched])
        causes.append(cause[touched])
        going = unspoken != 0
        cause, place, unspoken = cause[going], place[going] + 1, unspoken[going]
    return _Questions(np.concatenate(targets), np.concatenate(causes))


def _last_words(timeline: Timeline, questions: _Questions, window: int) -> NDArray[np.int32]:
    """Return, m x 7, one past the place that last gave or cleared each sign; 0 if none did within the window."""
    says = np.unpackbits(timeline.says[:, None], axis=1, count=len(SIGNS), bitorder="little")
    places = np.arange(1, len(says) + 1, dtype=np.int32)
    spoke = np.maximum.accumulate(says * places[:, None], axis=0)
    last = spoke.take(questions.target, axis=0)
    oldest = _oldest(timeline, window)[questions.target]
    last *= last > oldest[:, None]
    # The latest reading by effective time may not have arrived yet: step back until one had.
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
    """Return, for each place, the first place of the same resident within the window before it."""
    moment = timeline.effective_at
    if not len(moment):
        return np.zeros(0, np.intp)
    # Clipped: a moment less the window is then neither before the first moment nor below the range of int64.
    first = min(int(moment.min()) + window, np.iinfo(np.int64).max)
    at, since = by_resident(timeline.start, moment, np.maximum(moment, first) - window)
    return np.maximum(timeline.start, np.searchsorted(at, since))
