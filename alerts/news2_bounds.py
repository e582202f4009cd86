"""What a set of observations can still turn out to be, for every sum of chart terms, worked out once.

Guards: each entry holds exactly the results that completions of the set can reach, taken jointly. The bounds
of total, red score and band come from the same reachable (total, red) pairs, never one from another.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from alerts.news2_chart import (
    BANDS,
    CONSCIOUSNESS_TERM,
    DECIDES_CONSCIOUSNESS,
    DECIDES_FREE,
    DECIDES_OXYGEN,
    DECIDES_SPO2,
    FREE_TERM,
    MOST_POINTS,
    OXYGEN_SHIFT,
    RED_TERM,
    TERM_SPACE,
    Band,
    Oxygen,
    frozen,
)

# A way to fill in what is missing: the points it adds, and whether one of its parameters scores 3.
Option = tuple[int, bool]
Choice = tuple[Option, ...]
# SpO2 and oxygen points together, (on air, on oxygen), for each class of SpO2 that remains possible.
Pairs = tuple[tuple[Option, Option], ...]

_FREE: Choice = ((0, False), (1, False), (2, False), (3, True))
_CONSCIOUSNESS: Choice = ((0, False), (3, True))
_MOST_FREE = 5
_MOST_RED = 6
_OXYGEN_PAIRS: dict[Oxygen, Pairs] = {
    Oxygen.KNOWN: (((0, False), (0, False)),),
    Oxygen.ADDS_2: (((0, False), (2, False)),),
    Oxygen.ADDS_3: (((0, False), (3, False)),),
    Oxygen.ADDS_4: (((0, False), (4, False)),),
    Oxygen.ADDS_5: (((0, False), (5, True)),),
    Oxygen.SPO2_UNKNOWN: (
        ((3, True), (5, True)),
        ((2, False), (4, False)),
        ((1, False), (3, False)),
        ((0, False), (2, False)),
        ((0, False), (3, False)),
        ((0, False), (4, False)),
        ((0, False), (5, True)),
    ),
}


# Eight bytes, so that one look-up brings the whole result.
BOUNDS = np.dtype(
    [
        ("low", np.uint8),
        ("high", np.uint8),
        ("red", np.int8),  # index into news2.RED_SCORES
        ("band_low", np.int8),  # index into BANDS
        ("band_high", np.int8),
        ("deciding", np.uint8),  # mask of DECIDES bits
        ("complete", np.bool_),
        ("spare", np.uint8),
    ]
)


def _bands() -> NDArray[np.uint8]:
    """Chart 2 (RCP 2017): index into BANDS by [total, any parameter at 3]."""
    table = np.full((MOST_POINTS + 1, 2), BANDS.index(Band.LOW), dtype=np.uint8)
    table[:5, 1] = BANDS.index(Band.LOW_MEDIUM)
    table[5:7] = BANDS.index(Band.MEDIUM)
    table[7:] = BANDS.index(Band.HIGH)
    return frozen(table)


BAND_INDEX = _bands()

# Every combination of known points and known red, before unknowns are filled in.
_BASE_POINTS = frozen(np.arange(MOST_POINTS + 1)[:, None, None])
_BASE_RED = frozen(np.arange(2)[None, :, None])


def _reached_bands(reached: Choice) -> NDArray[np.uint8]:
    """Return the index into BANDS by [known points, known red, option].

    Totals above 20 belong to no set of observations and are clipped.
    """
    points, red = np.array(reached, dtype=np.int64).T
    return BAND_INDEX[np.minimum(_BASE_POINTS + points, MOST_POINTS), _BASE_RED | red]


def _sum(*choices: Choice) -> Choice:
    """Return every (points, red) that one option of each choice can make together."""
    reached = {(0, False)}
    for choice in choices:
        reached = {(p + q, red or also) for (p, red), (q, also) in product(reached, choice)}
    return tuple(reached)


def _any_of(pairs: Pairs) -> Choice:
    return tuple({option for pair in pairs for option in pair})


def _decides(rest: Choice, sign: Choice) -> NDArray[np.uint8]:
    """Return 1 or 0 by [known points, known red]: whether the sign alone can move the band, for some filling
    of the rest.
    """
    bands = np.stack([_reached_bands(tuple((p + q, red or also) for p, red in rest)) for q, also in sign])
    return (bands.min(axis=0) != bands.max(axis=0)).any(axis=-1).astype(np.uint8)


def _deciding(free: int, conscious: tuple[Choice, ...], pairs: Pairs) -> NDArray[np.uint8]:
    """Return the mask of DECIDES bits by [known points, known red]."""
    others = (_FREE,) * free + conscious
    mask = np.zeros((MOST_POINTS + 1, 2), dtype=np.uint8)
    if free:
        mask |= DECIDES_FREE * _decides(_sum(*others[1:], _any_of(pairs)), _FREE)
    if conscious:
        mask |= DECIDES_CONSCIOUSNESS * _decides(_sum(*others[:free], _any_of(pairs)), _CONSCIOUSNESS)
    if len(pairs) > 1:
        for on_one_supply in zip(*pairs, strict=True):
            mask |= DECIDES_SPO2 * _decides(_sum(*others), on_one_supply)
    for at_one_spo2 in pairs:
        mask |= DECIDES_OXYGEN * _decides(_sum(*others), at_one_spo2)
    return mask


def _entries(free: int, conscious: tuple[Choice, ...], pairs: Pairs) -> NDArray[np.void]:
    """Return what a set with these unknowns can reach, by [known points, known red]."""
    reached = _sum(*(_FREE,) * free, *conscious, _any_of(pairs))
    points = [p for p, _ in reached]
    bands = _reached_bands(reached)
    entries = np.zeros((MOST_POINTS + 1, 2), BOUNDS)
    entries["low"] = _BASE_POINTS[:, :, 0] + min(points)
    entries["high"] = _BASE_POINTS[:, :, 0] + max(points)
    entries["red"] = [2 * any(red for _, red in reached), 1]  # no unknown sign is red in every completion
    entries["band_low"] = bands.min(axis=-1)
    entries["band_high"] = bands.max(axis=-1)
    entries["deciding"] = _deciding(free, conscious, pairs)
    return entries


def _outcomes() -> NDArray[np.void]:
    """Lay out the entries by sum of terms (`alerts.news2_chart`)."""
    table = np.zeros(TERM_SPACE, BOUNDS)
    for free, conscious, oxygen in product(range(_MOST_FREE + 1), ((), (_CONSCIOUSNESS,)), Oxygen):
        unknown = FREE_TERM * free + CONSCIOUSNESS_TERM * len(conscious) + (oxygen << OXYGEN_SHIFT)
        entries = _entries(free, conscious, _OXYGEN_PAIRS[oxygen])
        entries["complete"] = unknown == 0
        for reds in range(_MOST_RED + 1):
            start = unknown + RED_TERM * reds
            table[start : start + MOST_POINTS + 1] = entries[:, min(reds, 1)]
    return frozen(table)


OUTCOMES = _outcomes()
