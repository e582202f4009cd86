"""A slow NEWS2 that only reads tables: what the product is compared with, so it imports nothing from it.

Each row cites the chart it is copied from: Royal College of Physicians, National Early Warning Score (NEWS)
2, Standardising the assessment of acute-illness severity in the NHS, London 2017.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import product
from typing import NamedTuple

BANDS = ("low", "low_medium", "medium", "high")
SIGNS = ("respiration_rate", "spo2", "on_oxygen", "systolic", "pulse", "consciousness", "temperature")

# (lowest, highest, points) as printed, both ends included.
CHART: dict[str, tuple[tuple[str, str, int], ...]] = {
    # chart 1, row "Respiration rate (per minute)"
    "respiration_rate": (
        ("0", "8", 3),
        ("9", "11", 1),
        ("12", "20", 0),
        ("21", "24", 2),
        ("25", "Infinity", 3),
    ),
    # chart 1, row "SpO2 Scale 1 (%)"
    "spo2_1": (("0", "91", 3), ("92", "93", 2), ("94", "95", 1), ("96", "Infinity", 0)),
    # chart 1, row "SpO2 Scale 2 (%)": 83 or less 3, 84-85 2, 86-87 1, 88-92 or 93+ on air 0
    "spo2_2_air": (("0", "83", 3), ("84", "85", 2), ("86", "87", 1), ("88", "Infinity", 0)),
    # chart 1, the same row: 93-94 on oxygen 1, 95-96 on oxygen 2, 97 and over on oxygen 3
    "spo2_2_oxygen": (
        ("0", "83", 3),
        ("84", "85", 2),
        ("86", "87", 1),
        ("88", "92", 0),
        ("93", "94", 1),
        ("95", "96", 2),
        ("97", "Infinity", 3),
    ),
    # chart 1, row "Systolic blood pressure (mmHg)"
    "systolic": (
        ("0", "90", 3),
        ("91", "100", 2),
        ("101", "110", 1),
        ("111", "219", 0),
        ("220", "Infinity", 3),
    ),
    # chart 1, row "Pulse (per minute)"
    "pulse": (
        ("0", "40", 3),
        ("41", "50", 1),
        ("51", "90", 0),
        ("91", "110", 1),
        ("111", "130", 2),
        ("131", "Infinity", 3),
    ),
    # chart 1, row "Temperature (degrees C)"
    "temperature": (
        ("0", "35.0", 3),
        ("35.1", "36.0", 1),
        ("36.1", "38.0", 0),
        ("38.1", "39.0", 1),
        ("39.1", "Infinity", 2),
    ),
}
OXYGEN = {"air": 0, "oxygen": 2}  # chart 1, row "Air or oxygen?"
CONSCIOUSNESS = {"A": 0, "C": 3, "V": 3, "P": 3, "U": 3}  # chart 1, row "Consciousness"

# One value of every class, so that trying them all tries every completion there is.
COMPLETIONS = {
    "respiration_rate": (8, 9, 12, 21, 25),
    "spo2": (83, 84, 86, 88, 92, 93, 94, 95, 96, 97),
    "on_oxygen": ("air", "oxygen"),
    "systolic": (90, 91, 101, 111, 220),
    "pulse": (40, 41, 51, 91, 111, 131),
    "consciousness": ("A", "C"),
    "temperature": (35.0, 35.1, 36.1, 38.1, 39.1),
}


class Known(NamedTuple):
    """The score of a complete set of observations."""

    parts: tuple[int, ...]
    total: int
    red: bool
    band: str


class Honest(NamedTuple):
    """All that a partial set can turn out to be."""

    totals: frozenset[int]
    reds: frozenset[bool]
    bands: frozenset[str]
    parts: tuple[frozenset[int], ...]
    deciding: frozenset[str]


def rounded(sign: str, value: float) -> Decimal:
    """Half up, from the decimal as a person would write it."""
    return Decimal(repr(value)).quantize(
        Decimal("0.1") if sign == "temperature" else Decimal(1), ROUND_HALF_UP
    )


@cache
def points(row: str, value: float) -> int:
    shown = rounded(row, value)
    (found,) = [score for low, high, score in CHART[row] if Decimal(low) <= shown <= Decimal(high)]
    return found


def band(total: int, red: bool) -> str:
    """Chart 2: aggregate 0-4 low, 3 in any individual parameter low-medium, 5-6 medium, 7 or more high."""
    if total >= 7:
        return "high"
    if total >= 5:
        return "medium"
    return "low_medium" if red else "low"


def score(scale: int, values: dict) -> Known:
    """A complete set; signs as in COMPLETIONS."""
    supply = "_air" if values["on_oxygen"] == "air" else "_oxygen"
    parts = (
        points("respiration_rate", values["respiration_rate"]),
        points("spo2_1" if scale == 1 else "spo2_2" + supply, values["spo2"]),
        OXYGEN[values["on_oxygen"]],
        points("systolic", values["systolic"]),
        points("pulse", values["pulse"]),
        CONSCIOUSNESS[values["consciousness"]],
        points("temperature", values["temperature"]),
    )
    return Known(parts, sum(parts), 3 in parts, band(sum(parts), 3 in parts))


def completions(values: dict) -> list[dict]:
    missing = [sign for sign in SIGNS if values[sign] is None]
    return [
        values | dict(zip(missing, filling, strict=True))
        for filling in product(*(COMPLETIONS[sign] for sign in missing))
    ]


def honest(scale: int, values: dict) -> Honest:
    """Try every completion of a set in which None is unknown."""
    tried = [(filled, score(scale, filled)) for filled in completions(values)]
    return Honest(
        totals=frozenset(known.total for _, known in tried),
        reds=frozenset(known.red for _, known in tried),
        bands=frozenset(known.band for _, known in tried),
        parts=tuple(frozenset(known.parts[i] for _, known in tried) for i in range(7)),
        deciding=frozenset(sign for sign in SIGNS if values[sign] is None and _decides(sign, tried)),
    )


def _decides(sign: str, tried: list[tuple[dict, Known]]) -> bool:
    """Do two completions that differ only in this sign differ in band?"""
    by_rest: dict[tuple, set[str]] = {}
    for filled, known in tried:
        by_rest.setdefault(tuple(filled[other] for other in SIGNS if other != sign), set()).add(known.band)
    return any(len(bands) > 1 for bands in by_rest.values())
