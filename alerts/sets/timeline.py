"""Readings of many residents, each resident's in order of time, in blocks of whole residents.

Guards: the order is by resident, effective time and arrival, whatever order the rows came in.
"""

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import SIGNS

_BITS = np.left_shift(np.uint8(1), np.arange(len(SIGNS), dtype=np.uint8))
_BLOCK = 16_384  # readings worked on at a time, so that intermediate arrays stay in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """n readings of any residents, in any order.

    If a reading both gives and clears a sign, the value counts.
    """

    resident: NDArray[np.integer]  # any whole-number code
    effective_at: NDArray[np.int64]  # microseconds
    arrival: NDArray[np.int64]  # unique within a resident: decides what was known when
    values: NDArray[
        np.float64
    ]  # n x 7 as news2.SIGNS, consciousness as its code, NaN where the reading does not say
    cleared: NDArray[np.bool_]  # n x 7: the sign could not be had, so earlier values no longer count
    new: NDArray[np.bool_]  # gives results; the others are history


@dataclass(frozen=True, slots=True)
class Timeline:
    """Readings of some residents by resident, effective time, arrival. A *place* is a position in this order."""

    start: NDArray[np.intp]  # the first place of the same resident
    end: NDArray[np.intp]  # one past the last
    effective_at: NDArray[np.int64]
    arrival: NDArray[np.int64]
    known_at: NDArray[np.int64]  # resident and arrival as one number
    new: NDArray[np.bool_]
    says: NDArray[np.uint8]  # a bit per sign that the reading gives or clears


def check(readings: Readings, window: int) -> None:
    """Raise ValueError, in a sentence, for arrays that do not fit together or a negative window."""
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


def in_order(readings: Readings) -> NDArray[np.intp]:
    """Return the order by resident, effective time, arrival.

    Three stable sorts, each of them quick where rows come nearly in order.
    """
    order = np.argsort(readings.arrival, kind="stable")
    order = order[np.argsort(readings.effective_at[order], kind="stable")]
    return order[np.argsort(_narrow(readings.resident)[order], kind="stable")]


def _narrow(codes: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the same codes in two bytes where they fit: numpy sorts these by radix, many times as fast."""
    if len(codes) <= _BLOCK or int(codes.max()) - int(codes.min()) > np.iinfo(np.uint16).max:
        return codes
    return (codes - codes.min()).astype(np.uint16)


def blocks(resident: NDArray[np.integer]) -> list[slice]:
    """Cut the rows into blocks of whole residents, small enough that the work on each stays in the cache."""
    if len(resident) <= _BLOCK:
        return [slice(0, len(resident))]
    starts = np.concatenate([[0], np.flatnonzero(resident[1:] != resident[:-1]) + 1])
    wanted = np.arange(0, len(resident), _BLOCK)
    cuts = [*np.unique(starts[np.searchsorted(starts, wanted, side="right") - 1]), len(resident)]
    return [slice(start, end) for start, end in pairwise(cuts)]


def timeline_of(readings: Readings, rows: NDArray[np.intp], values: NDArray[np.float64]) -> Timeline:
    """Return the timeline of these rows, which are in order already; `values` are those of the rows."""
    codes = readings.resident[rows]
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])) if len(rows) else rows
    lengths = np.diff(np.append(starts, len(rows)))
    spoken = ~np.isnan(values) | readings.cleared.take(rows, axis=0)
    start, arrival = np.repeat(starts, lengths), readings.arrival[rows]
    [known_at] = by_resident(start, arrival)
    return Timeline(
        start=start,
        end=np.repeat(starts + lengths, lengths),
        effective_at=readings.effective_at[rows],
        arrival=arrival,
        known_at=known_at,
        new=readings.new[rows],
        says=spoken.view(np.uint8) @ _BITS,
    )


def by_resident(start: NDArray[np.intp], *numbers: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return each number combined with its resident into one, residents weighing more.

    All the results can be compared with each other.
    """
    if not len(start):
        return list(numbers)
    least = min(int(some.min()) for some in numbers)
    stretch = max(int(some.max()) for some in numbers) - least + 1
    if stretch * len(start) > np.iinfo(np.int64).max:
        different, places = np.unique(np.concatenate(numbers), return_inverse=True)
        since, stretch = np.split(places.reshape(-1), len(numbers)), len(different)
    else:
        since = [some - least for some in numbers]
    return [start * stretch + some for some in since]
