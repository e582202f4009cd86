"""The NEWS2 chart as data, and as one lookup table per vital sign.

Guards: every threshold of the scoring is written in this file, once, as it is printed. No threshold is a
branch in code.

Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, charts 1 and 4.

A table maps a *code* (the rounded value, or the code of unknown) to a *term*. The terms of a set are added
up, and the sum holds all that the result depends on. Each fact has bits of its own, which addition cannot
overflow:

    bits 0-4    points of what is known (0..20)
    bits 5-7    how many known parameters score 3 (0..6)
    bits 8-10   how many unknown parameters can score 0, 1, 2 or 3 freely (0..5)
    bit  11     consciousness is unknown (0 or 3)
    bits 12-14  what an unknown oxygen entry can do (`Oxygen`)
"""

from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Band(StrEnum):
    """The clinical risk of chart 2 (RCP 2017), least first; 0 and 1-4 are both low."""

    LOW = "low"
    LOW_MEDIUM = "low_medium"
    MEDIUM = "medium"
    HIGH = "high"


class Oxygen(IntEnum):
    """What an unknown oxygen entry can add, in points for SpO2 and oxygen together."""

    KNOWN = 0
    ADDS_2 = 1  # scale 1, or scale 2 up to 92 %: 0 or 2
    ADDS_3 = 2  # scale 2, 93-94 %: 0 on air, 1 + 2 on oxygen
    ADDS_4 = 3  # scale 2, 95-96 %: 0 on air, 2 + 2 on oxygen
    ADDS_5 = 4  # scale 2, 97 % and over: 0 on air, 3 + 2 on oxygen
    SPO2_UNKNOWN = 5  # scale 2 with neither known


BANDS = tuple(Band)
OXYGEN_POINTS = 2
RED_POINTS = 3
MOST_POINTS = 20

POINTS_BITS = 0x1F
RED_TERM = 1 << 5
FREE_TERM = 1 << 8
CONSCIOUSNESS_TERM = 1 << 11
OXYGEN_SHIFT = 12
TERM_SPACE = 1 << 15

# Alert; (new) confusion; responds to voice; responds to pain; unresponsive. The code is the position.
CONSCIOUSNESS_CODES = {"A": 0, "C": 1, "V": 2, "P": 3, "U": 4}

# Chart 1: the points from this value up to the next one. Temperature is in tenths of a degree Celsius.
RESPIRATION_RATE = ((0, 3), (9, 1), (12, 0), (21, 2), (25, 3))
SPO2_SCALE_1 = ((0, 3), (92, 2), (94, 1), (96, 0))
SPO2_SCALE_2_ON_AIR = ((0, 3), (84, 2), (86, 1), (88, 0))
SPO2_SCALE_2_ON_OXYGEN = ((0, 3), (84, 2), (86, 1), (88, 0), (93, 1), (95, 2), (97, 3))
SPO2_SCALES = (
    (1, SPO2_SCALE_1, SPO2_SCALE_1),
    (2, SPO2_SCALE_2_ON_AIR, SPO2_SCALE_2_ON_OXYGEN),
)
SYSTOLIC = ((0, 3), (91, 2), (101, 1), (111, 0), (220, 3))
PULSE = ((0, 3), (41, 1), (51, 0), (91, 1), (111, 2), (131, 3))
TEMPERATURE_TENTHS = ((0, 3), (351, 1), (361, 0), (381, 1), (391, 2))
CONSCIOUSNESS = ((0, 0), (1, 3))

# The code of "not known": the last entry of a table.
UNKNOWN_WHOLE = 255
UNKNOWN_TENTHS = 511
UNKNOWN_SPO2 = 127
UNKNOWN_CONSCIOUSNESS = 7
OXYGEN_UNKNOWN = 2  # 0 is breathing air, 1 is on oxygen
OXYGEN_KINDS = 3
SPO2_CODES = UNKNOWN_SPO2 + 1

# Which kind of missing sign decides. Free signs are interchangeable: if one decides, every missing one does.
DECIDES_FREE, DECIDES_CONSCIOUSNESS, DECIDES_SPO2, DECIDES_OXYGEN = 1, 2, 4, 8

Steps = tuple[tuple[int, int], ...]


# One parameter at one code: its fewest and most points and, if it is unknown, its kind of sign. A record of
# four bytes, so that one look-up brings all three.
PART = np.dtype([("least", np.uint8), ("most", np.uint8), ("decides", np.uint8), ("spare", np.uint8)])


class Part(NamedTuple):
    """One parameter, by code."""

    column: str  # of COLUMNS, whose codes index the table
    table: NDArray[np.void]  # of PART


def frozen(table: NDArray[Any]) -> NDArray[Any]:
    """Mark a table read-only, as all threads share it."""
    table.setflags(write=False)
    return table


def _terms(steps: Steps, unknown: int, unknown_term: int) -> NDArray[np.int64]:
    starts, points = np.array(steps).T
    terms = points[np.searchsorted(starts, np.arange(unknown + 1), side="right") - 1]
    terms = terms + RED_TERM * (terms == RED_POINTS)
    terms[unknown] = unknown_term
    return terms


def _oxygenation() -> NDArray[np.int64]:
    """Return SpO2 and oxygen as one term, because on scale 2 neither can be scored without the other.

    Index: ((scale - 1) * OXYGEN_KINDS + oxygen) * SPO2_CODES + SpO2.
    """
    terms = np.zeros((2, OXYGEN_KINDS, SPO2_CODES), dtype=np.int64)
    for scale, on_air, on_oxygen in SPO2_SCALES:
        air = _terms(on_air, UNKNOWN_SPO2, FREE_TERM)
        oxygen = _terms(on_oxygen, UNKNOWN_SPO2, FREE_TERM) + OXYGEN_POINTS
        adds = (oxygen & POINTS_BITS) - (air & POINTS_BITS)
        terms[scale - 1] = air, oxygen, air + ((adds - 1) << OXYGEN_SHIFT)
    terms[1, OXYGEN_UNKNOWN, UNKNOWN_SPO2] = Oxygen.SPO2_UNKNOWN << OXYGEN_SHIFT
    return terms.reshape(-1)


def _part(code: str, steps: Steps, unknown: int, decides: int) -> Part:
    least = _terms(steps, unknown, 0) & POINTS_BITS
    most, bit = least.copy(), np.zeros_like(least)
    most[unknown], bit[unknown] = RED_POINTS, decides
    return Part(code, _records(least, most, bit))


def _spo2_part() -> Part:
    least = np.zeros((2, OXYGEN_KINDS, SPO2_CODES), dtype=np.int64)
    for scale, *supplies in SPO2_SCALES:
        least[scale - 1, :OXYGEN_UNKNOWN] = [
            _terms(steps, UNKNOWN_SPO2, 0) & POINTS_BITS for steps in supplies
        ]
    most, bit = least.copy(), np.zeros_like(least)
    least[:, OXYGEN_UNKNOWN] = least[:, :OXYGEN_UNKNOWN].min(axis=1)
    most[:, OXYGEN_UNKNOWN] = most[:, :OXYGEN_UNKNOWN].max(axis=1)
    most[:, :, UNKNOWN_SPO2] = RED_POINTS
    bit[:, :, UNKNOWN_SPO2] = DECIDES_FREE
    bit[1, OXYGEN_UNKNOWN, UNKNOWN_SPO2] = DECIDES_SPO2
    return Part("oxygenation", _records(least, most, bit))


def _oxygen_part() -> Part:
    least = np.zeros((2, OXYGEN_KINDS, SPO2_CODES), dtype=np.int64)
    most, bit = least.copy(), least.copy()
    least[:, 1] = OXYGEN_POINTS
    most[:, 1:] = OXYGEN_POINTS
    bit[:, OXYGEN_UNKNOWN] = DECIDES_OXYGEN
    return Part("oxygenation", _records(least, most, bit))


def _records(
    least: NDArray[np.int64], most: NDArray[np.int64], decides: NDArray[np.int64]
) -> NDArray[np.void]:
    table = np.zeros(least.size, PART)
    table["least"], table["most"], table["decides"] = least.reshape(-1), most.reshape(-1), decides.reshape(-1)
    return frozen(table)


# The term of each code, by column. SpO2 and oxygen share one: on scale 2 neither scores without the other.
TERMS = {
    "respiration_rate": frozen(_terms(RESPIRATION_RATE, UNKNOWN_WHOLE, FREE_TERM).astype(np.uint16)),
    "oxygenation": frozen(_oxygenation().astype(np.uint16)),
    "systolic": frozen(_terms(SYSTOLIC, UNKNOWN_WHOLE, FREE_TERM).astype(np.uint16)),
    "pulse": frozen(_terms(PULSE, UNKNOWN_WHOLE, FREE_TERM).astype(np.uint16)),
    "consciousness": frozen(
        _terms(CONSCIOUSNESS, UNKNOWN_CONSCIOUSNESS, CONSCIOUSNESS_TERM).astype(np.uint16)
    ),
    "temperature": frozen(_terms(TEMPERATURE_TENTHS, UNKNOWN_TENTHS, FREE_TERM).astype(np.uint16)),
}

COLUMNS = tuple(TERMS)

# The seven parameters, in the order of every n x 7 result.
PARTS = (
    _part("respiration_rate", RESPIRATION_RATE, UNKNOWN_WHOLE, DECIDES_FREE),
    _spo2_part(),
    _oxygen_part(),
    _part("systolic", SYSTOLIC, UNKNOWN_WHOLE, DECIDES_FREE),
    _part("pulse", PULSE, UNKNOWN_WHOLE, DECIDES_FREE),
    _part("consciousness", CONSCIOUSNESS, UNKNOWN_CONSCIOUSNESS, DECIDES_CONSCIOUSNESS),
    _part("temperature", TEMPERATURE_TENTHS, UNKNOWN_TENTHS, DECIDES_FREE),
)
