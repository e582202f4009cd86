"""What a set of observations can still turn out to be, for every sum of chart terms, worked out once.

Invariant: each entry holds exactly the results that completions of the set can reach, taken jointly. The
bounds of total, red score and band come from the same reachable (total, red) pairs, never one from another.
"""

from functools import cache
from itertools import product
from typing import NamedTuple

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

# A way to fill in what is missing: the points it adds, and whether one of them is a 3.
Option = tuple[int, bool]

_FREE: tuple[Option, ...] = ((0, False), (1, False), (2, False), (3, True))
_CONSCIOUSNESS: tuple[Option, ...] = ((0, False), (3, True))
_FREE_MOST = 5
_RED_MOST = 6


def _oxygen_pairs(state: Oxygen) -> tuple[tuple[Option, Option], ...]:
    """(on air, on oxygen) for each SpO2 class that remains possible: SpO2 and oxygen points together."""
    match state:
        case Oxygen.KNOWN:
            return (((0, False), (0, False)),)
        case Oxygen.ADDS_2:
            return (((0, False), (2, False)),)
        case Oxygen.ADDS_3:
            return (((0, False), (3, False)),)
        case Oxygen.ADDS_4:
            return (((0, False), (4, False)),)
        case Oxygen.ADDS_5:
            return (((0, False), (5, True)),)
        case Oxygen.SPO2_UNKNOWN:
            below_93 = tuple(((points, red), (points + 2, red)) for points, red in _FREE)
            return (*below_93, ((0, False), (3, False)), ((0, False), (4, False)), ((0, False), (5, True)))


def _sum(*choices: tuple[Option, ...]) -> tuple[Option, ...]:
    """Every (points, red) that one option of each choice can make together."""
    reached: set[Option] = {(0, False)}
    for options in choices:
        reached = {(p + q, red or also) for (p, red), (q, also) in product(reached, options)}
    return tuple(sorted(reached))


def _bands() -> NDArray[np.uint8]:
    """Chart 2 (RCP 2017) as band index by [total, red]."""
    order = {band: index for index, band in enumerate(BANDS)}
    table = np.full((2 * MOST_POINTS + 1, 2), order[Band.LOW], dtype=np.uint8)
    table[:5, 1] = order[Band.LOW_MEDIUM]
    table[5:7] = order[Band.MEDIUM]
    table[7:] = order[Band.HIGH]
    return frozen(table)


BAND_INDEX = _bands()


class Bounds(NamedTuple):
    """Tables by sum of terms: uint8 each, `deciding` a mask of the `DECIDES` bits."""

    low: NDArray[np.uint8]
    high: NDArray[np.uint8]
    red: NDArray[np.uint8]
    band_low: NDArray[np.uint8]
    band_high: NDArray[np.uint8]
    deciding: NDArray[np.uint8]


# Every base a set of observations can stand on before its unknowns are filled in: known points, known red.
_BASE_POINTS = np.arange(MOST_POINTS + 1)[:, None, None]
_BASE_RED = np.arange(2)[None, :, None]


def _reached_bands(options: tuple[Option, ...]) -> NDArray[np.uint8]:
    """Band index by [known points, known red, option]."""
    points, red = np.array(options, dtype=np.int64).T
    return BAND_INDEX[np.minimum(_BASE_POINTS + points, 2 * MOST_POINTS), _BASE_RED | red]


def _decides(rest: tuple[Option, ...], one_sign: tuple[Option, ...]) -> NDArray[np.bool_]:
    """By [known points, known red]: can this sign alone move the band, for some filling of the rest?"""
    bands = np.stack([_reached_bands(tuple((p + q, red or also) for p, red in rest)) for q, also in one_sign])
    return (bands.min(axis=0) != bands.max(axis=0)).any(axis=-1)


def _deciding(free: int, consciousness: bool, oxygen: Oxygen) -> NDArray[np.uint8]:
    pairs = _oxygen_pairs(oxygen)
    together = tuple({option for pair in pairs for option in pair})
    conscious = (_CONSCIOUSNESS,) if consciousness else ()
    signs = (_FREE,) * free + conscious
    mask = np.zeros((MOST_POINTS + 1, 2), dtype=np.uint8)
    if free:
        mask |= DECIDES_FREE * _decides(_sum(*signs[1:], together), _FREE).astype(np.uint8)
    if consciousness:
        mask |= DECIDES_CONSCIOUSNESS * _decides(_sum(*signs[:free], together), _CONSCIOUSNESS).astype(
            np.uint8
        )
    if oxygen is Oxygen.SPO2_UNKNOWN:
        for side in zip(*pairs, strict=True):
            mask |= DECIDES_SPO2 * _decides(_sum(*signs), side).astype(np.uint8)
    if oxygen is not Oxygen.KNOWN:
        for pair in pairs:
            mask |= DECIDES_OXYGEN * _decides(_sum(*signs), pair).astype(np.uint8)
    return mask


@cache
def bounds() -> Bounds:
    """The tables, read-only; built on first use in a few milliseconds and the same for every thread."""
    tables = Bounds(*(np.zeros(TERM_SPACE, dtype=np.uint8) for _ in Bounds._fields))
    points = np.arange(MOST_POINTS + 1)[:, None]
    for free, consciousness, oxygen in product(range(_FREE_MOST + 1), (False, True), Oxygen):
        signs = (_FREE,) * free + ((_CONSCIOUSNESS,) if consciousness else ())
        reached = _sum(*signs, tuple({option for pair in _oxygen_pairs(oxygen) for option in pair}))
        bands = _reached_bands(reached)
        reds = {red for _, red in reached}
        entry = {
            "low": np.repeat(points + min(p for p, _ in reached), 2, axis=1),
            "high": np.repeat(points + max(p for p, _ in reached), 2, axis=1),
            "red": np.array([[2 if len(reds) == 2 else int(reds == {True}), 1]]).repeat(
                MOST_POINTS + 1, axis=0
            ),
            "band_low": bands.min(axis=-1),
            "band_high": bands.max(axis=-1),
            "deciding": _deciding(free, consciousness, oxygen),
        }
        term = FREE_TERM * free + CONSCIOUSNESS_TERM * consciousness + (oxygen << OXYGEN_SHIFT)
        for reds_known in range(_RED_MOST + 1):
            at = term + RED_TERM * reds_known + points[:, 0]
            for name, table in zip(Bounds._fields, tables, strict=True):
                table[at] = entry[name][:, min(reds_known, 1)]
    for table in tables:
        frozen(table)
    return tables
