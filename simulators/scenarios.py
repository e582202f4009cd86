"""How illnesses unfold: what each adds to a resident's signs, hour by hour from its onset.

Each scenario says when it began and when it is at its worst, so that what the platform noticed can be
compared with that. The curves are ours, for demonstration: no data is behind them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from devices.emergency import EmergencySign
from devices.vital_signs import Consciousness
from simulators.physiology import Strain


class ScenarioName(StrEnum):
    """What can happen to a resident."""

    SEPSIS = "sepsis"
    COPD_EXACERBATION = "copd_exacerbation"
    BLEED_AFTER_FALL = "bleed_after_fall"
    HEART_FAILURE = "heart_failure"
    RECOVERY = "recovery"


class Truth(StrEnum):
    """Which way the resident is going."""

    DETERIORATING = "deteriorating"
    RECOVERING = "recovering"


CRISIS_HOURS = 96.0  # how long a crisis lasts before treatment works
RECOVERY_HOURS = 16.0
EMERGENCY_IN = 4
EMERGENCY_HOURS = 2.0  # both before the crisis and after it


@dataclass(frozen=True, slots=True)
class Scenario:
    """One illness. `onset_hours` pass from its onset to its crisis; a recovery begins with the crisis.

    `strain` takes how far the illness has gone, from 0 for health to 1 for the crisis.
    """

    name: ScenarioName
    truth: Truth
    onset_hours: float
    strain: Callable[[float], Strain]
    soft_signs: tuple[str, ...]
    spo2_scale: int = 1
    emergency_sign: EmergencySign | None = None
    """What goes straight to 999, and shows in one of EMERGENCY_IN who have this illness."""

    def progress(self, hours: float) -> float:
        """Return how far it has gone, 0..1, this many hours after onset; each change is slow, then fast, then slow."""
        if self.truth is Truth.DETERIORATING and hours < self.onset_hours:
            return _eased(hours / self.onset_hours)
        return 1 - _eased((hours - self.hours_of_relief) / RECOVERY_HOURS)

    def at(self, hours: float) -> Strain:
        """Return what the illness adds to the signs this many hours after onset."""
        return self.strain(self.progress(hours))

    def soft_signs_at(self, hours: float) -> tuple[str, ...]:
        """Return what somebody who knows the resident would notice."""
        return self.soft_signs if self.progress(hours) > 0.35 else ()

    def shows_emergency_sign(self, hours: float) -> bool:
        """Return whether the emergency sign shows now, in a resident who has it: a few hours around the crisis."""
        return self.emergency_sign is not None and abs(hours - self.hours_to_crisis) <= EMERGENCY_HOURS

    def worries(self, hours: float) -> bool:
        """Return whether the staff worry: while the resident gets worse, and as long as the crisis lasts."""
        return hours <= self.hours_of_relief and self.progress(hours) > 0.6

    @property
    def hours_to_crisis(self) -> float:
        """When the illness is at its worst."""
        return self.onset_hours if self.truth is Truth.DETERIORATING else 0.0

    @property
    def hours_of_relief(self) -> float:
        """When the resident begins to get better."""
        return self.onset_hours + CRISIS_HOURS if self.truth is Truth.DETERIORATING else 0.0

    @property
    def hours_to_health(self) -> float:
        """When the illness is over."""
        return self.hours_of_relief + RECOVERY_HOURS


def _eased(part: float) -> float:
    part = min(1.0, max(0.0, part))
    return part * part * (3 - 2 * part)


def _confused(progress: float, beyond: float) -> Consciousness:
    return Consciousness.CONFUSION if progress > beyond else Consciousness.ALERT


def _sepsis(progress: float) -> Strain:
    return Strain(
        temperature=2.3 * progress,
        pulse=24 * progress,
        respiration_rate=8 * progress,
        systolic=-44 * progress,
        spo2=-4.5 * progress,
        consciousness=_confused(progress, 0.7),
    )


def _copd_exacerbation(progress: float) -> Strain:
    return Strain(
        temperature=0.7 * progress,
        pulse=22 * progress,
        respiration_rate=10 * progress,
        systolic=8 * progress,
        spo2=-7 * progress,
        # Carbon dioxide makes the resident drowsy.
        consciousness=Consciousness.VOICE if progress > 0.9 else Consciousness.ALERT,
        on_oxygen=True,
    )


def _bleed_after_fall(progress: float) -> Strain:
    return Strain(
        temperature=-0.5 * progress,
        pulse=46 * progress,
        respiration_rate=8 * progress,
        systolic=-58 * progress,
        spo2=-1 * progress,
        consciousness=_confused(progress, 0.75),
    )


def _heart_failure(progress: float) -> Strain:
    return Strain(
        pulse=36 * progress,
        respiration_rate=9 * progress,
        systolic=-20 * progress,
        spo2=-8.5 * progress,
        consciousness=_confused(progress, 0.95),
    )


_SCENARIOS = (
    Scenario(
        ScenarioName.SEPSIS, Truth.DETERIORATING, 10, _sepsis, ("shivery_hot_or_cold", "not_their_usual_self")
    ),
    Scenario(
        ScenarioName.COPD_EXACERBATION,
        Truth.DETERIORATING,
        14,
        _copd_exacerbation,
        ("breathing", "alertness_and_sleep"),
        spo2_scale=2,
    ),
    Scenario(
        ScenarioName.BLEED_AFTER_FALL,
        Truth.DETERIORATING,
        6,
        _bleed_after_fall,
        ("mobility", "pain", "skin"),
        emergency_sign=EmergencySign.HEAVY_BLEEDING,
    ),
    Scenario(ScenarioName.HEART_FAILURE, Truth.DETERIORATING, 18, _heart_failure, ("breathing", "mobility")),
    Scenario(ScenarioName.RECOVERY, Truth.RECOVERING, 0, _sepsis, ("tiredness_or_dizziness",)),
)

SCENARIOS: Mapping[ScenarioName, Scenario] = MappingProxyType({one.name: one for one in _SCENARIOS})
