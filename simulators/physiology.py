"""Vital signs of a body that wanders around its own baseline, falls ill and is measured.

Signs move together as they do in people: fever quickens the pulse; pulse and low saturation quicken
breathing. Nothing here knows of scores. The sizes are ours, chosen to look right in people over 70. They are
not fitted to data and prove nothing about people.
"""

from dataclasses import dataclass
from math import cos, exp, pi, sqrt
from random import Random

from devices.vital_signs import Consciousness

PULSE_PER_DEGREE = 8.0  # beats a minute for each degree Celsius, after Liebermeister
BREATHS_PER_BEAT = 0.06
BREATHS_PER_PERCENT = 0.3  # for each percent of saturation below baseline
MEMORY_HOURS = 3.0  # after this long, a wandering sign keeps 1/e of its distance


@dataclass(frozen=True, slots=True)
class Baseline:
    """One resident's usual signs: Cel, beats and breaths a minute, mmHg, %."""

    temperature: float
    pulse: float
    respiration_rate: float
    systolic: float
    diastolic: float
    spo2: float
    on_oxygen: bool = False


@dataclass(frozen=True, slots=True)
class Strain:
    """What an illness adds to the baseline, in the same units."""

    temperature: float = 0.0
    pulse: float = 0.0
    respiration_rate: float = 0.0
    systolic: float = 0.0
    spo2: float = 0.0
    consciousness: Consciousness = Consciousness.ALERT
    on_oxygen: bool = False


WELL = Strain()


@dataclass(frozen=True, slots=True)
class Drift:
    """How far each sign has wandered from the baseline by itself."""

    temperature: float = 0.0
    pulse: float = 0.0
    respiration_rate: float = 0.0
    systolic: float = 0.0
    spo2: float = 0.0


@dataclass(frozen=True, slots=True)
class Signs:
    """True signs at a moment, or what instruments made of them."""

    temperature: float
    pulse: float
    respiration_rate: float
    systolic: float
    diastolic: float
    spo2: float
    consciousness: Consciousness
    on_oxygen: bool


def baseline(rng: Random, spo2_scale: int) -> Baseline:
    """Return somebody's usual signs.

    Residents on scale 2 have COPD: lower saturation, and half of them are on oxygen at home.
    """
    has_copd = spo2_scale == 2
    systolic = _near(rng, 132, 13, 112, 164)
    return Baseline(
        temperature=_near(rng, 36.55, 0.2, 36.2, 37.1),
        pulse=_near(rng, 78 if has_copd else 72, 9, 54, 90),
        respiration_rate=_near(rng, 17 if has_copd else 16, 1.4, 13, 18.5),
        systolic=systolic,
        diastolic=systolic * _near(rng, 0.56, 0.03, 0.5, 0.62),
        spo2=_near(rng, 90.2, 0.8, 89, 91.4) if has_copd else _near(rng, 96.6, 0.9, 94.8, 98.4),
        on_oxygen=has_copd and rng.random() < 0.5,
    )


def wander(drift: Drift, hours: float, rng: Random) -> Drift:
    """Return where the signs have wandered to some hours later: a first-order autoregression."""
    kept = exp(-max(0.0, hours) / MEMORY_HOURS)
    new = sqrt(1 - kept * kept)
    return Drift(
        temperature=kept * drift.temperature + new * rng.gauss(0, 0.12),
        pulse=kept * drift.pulse + new * rng.gauss(0, 3.0),
        respiration_rate=kept * drift.respiration_rate + new * rng.gauss(0, 0.8),
        systolic=kept * drift.systolic + new * rng.gauss(0, 5.0),
        spo2=kept * drift.spo2 + new * rng.gauss(0, 0.35),
    )


def signs(usual: Baseline, drift: Drift, strain: Strain, hour: float) -> Signs:
    """Return the true signs at an hour of the local day, 0..24."""
    by_day = cos(2 * pi * (hour - 17) / 24)  # warmest in the late afternoon
    warmth = drift.temperature + strain.temperature
    quickening = PULSE_PER_DEGREE * warmth + drift.pulse + strain.pulse + 2.0 * by_day
    saturation = drift.spo2 + strain.spo2
    breathing = BREATHS_PER_BEAT * quickening + BREATHS_PER_PERCENT * max(0.0, -saturation)
    systolic = _within(usual.systolic + drift.systolic + strain.systolic + 3.0 * by_day, 50, 230)
    return Signs(
        temperature=_within(usual.temperature + warmth + 0.15 * by_day, 33, 41.5),
        pulse=_within(usual.pulse + quickening, 30, 190),
        respiration_rate=_within(
            usual.respiration_rate + breathing + drift.respiration_rate + strain.respiration_rate, 4, 60
        ),
        systolic=systolic,
        # The two pressures fall together; the lower one falls less.
        diastolic=_within(usual.diastolic + 0.45 * (systolic - usual.systolic), 30, systolic - 12),
        spo2=_within(usual.spo2 + saturation, 60, 100),
        consciousness=strain.consciousness,
        on_oxygen=usual.on_oxygen or strain.on_oxygen,
    )


def measured(true: Signs, rng: Random) -> Signs:
    """Return what instruments and a careful person make of the true signs: noisy, and rounded as on a display."""
    systolic = round(true.systolic + rng.gauss(0, 2.5))
    return Signs(
        temperature=round(true.temperature + rng.gauss(0, 0.06), 1),
        pulse=round(true.pulse + rng.gauss(0, 1.2)),
        respiration_rate=round(true.respiration_rate + rng.gauss(0, 0.5)),
        systolic=systolic,
        diastolic=min(round(true.diastolic + rng.gauss(0, 2)), systolic - 8),
        spo2=min(100, round(true.spo2 + rng.gauss(0, 0.4))),
        consciousness=true.consciousness,
        on_oxygen=true.on_oxygen,
    )


def _near(rng: Random, middle: float, spread: float, low: float, high: float) -> float:
    return _within(rng.gauss(middle, spread), low, high)


def _within(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))
