"""Judges each value of a reading: usable, usable but surprising, or unknown.

Guards: an abnormal value is never "invalid"; only what cannot be a measurement at all becomes unknown, its raw
text kept and flagged, and the rest of the reading stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from devices.reading import NotObtained, ReadingPayload
from devices.vital_signs import FACTS, Consciousness, VitalSign

Value = Decimal | bool | str

AHEAD = timedelta(minutes=5)
ANCIENT = timedelta(hours=72)

# What an instrument says of its own measurement: the first means there was none.
_NOT_A_MEASUREMENT = frozenset({"demo", "testing", "unavailable", "invalid", "sensor_off", "non_pulsatile"})
_DOUBTFUL = frozenset(
    {"low_perfusion", "poor_signal", "erratic", "irregular_pulse", "body_movement", "cuff_loose"}
)
_LETTERS = frozenset(str(letter) for letter in Consciousness)


@dataclass(frozen=True, slots=True)
class Assessed:
    """A reading's values after judgement. `unusable` holds the raw text of what became unknown."""

    values: Mapping[VitalSign, Value]
    unusable: Mapping[str, str]
    flags: tuple[str, ...]

    @property
    def confirm(self) -> tuple[VitalSign, ...]:
        """Signs to be measured again, though they were scored."""
        return tuple(VitalSign(flag[8:]) for flag in self.flags if flag.startswith("confirm:"))


def assess(payload: ReadingPayload) -> Assessed:
    """Judge every value of one reading."""
    values: dict[VitalSign, Value] = {}
    unusable: dict[str, str] = {}
    flags = [f"not_understood:{part}" for part in sorted(payload.not_understood)]
    flags += _device_flags(payload)
    not_measured = any(payload.quality.get(status) is True for status in _NOT_A_MEASUREMENT)
    for code, raw in payload.values.items():
        facts = _FACTS_BY_CODE.get(code)
        value = None if facts is None or not_measured else _usable(facts.sign, raw)
        if facts is None:
            flags.append(f"unknown_code:{code[:60]}")
            unusable[code[:60]] = _text(raw)
        elif value is None:
            flags.append(f"unusable:{code}")
            unusable[code] = _text(raw)
        else:
            values[facts.sign] = value
            if facts.unsurprising is not None and not facts.unsurprising.holds(value):  # pyright: ignore[reportArgumentType]
                flags.append(f"confirm:{code}")
    if _pressures_cross(values):
        flags.append("systolic_not_above_diastolic")
    return Assessed(values, unusable, tuple(flags))


def effective(taken_at: datetime, arrived_at: datetime) -> tuple[datetime, tuple[str, ...]]:
    """The time a reading is ordered by, and what is odd about the time it claims."""
    if taken_at > arrived_at + AHEAD:
        return arrived_at, ("clock_ahead",)
    if taken_at < arrived_at - ANCIENT:
        return taken_at, ("ancient",)
    return taken_at, ()


def cleared(payload: ReadingPayload) -> frozenset[VitalSign]:
    """Signs that were looked for and could not be recorded: what was known of them no longer holds."""
    return frozenset(
        facts.sign
        for code, why in payload.not_obtained.items()
        if why is NotObtained.UNRECORDABLE and (facts := _FACTS_BY_CODE.get(code))
    )


_FACTS_BY_CODE = {str(sign): facts for sign, facts in FACTS.items()}


def _usable(sign: VitalSign, raw: Any) -> Value | None:
    if sign is VitalSign.ON_OXYGEN:
        return raw if isinstance(raw, bool) else None
    if sign is VitalSign.CONSCIOUSNESS:
        return raw if isinstance(raw, str) and raw in _LETTERS else None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    number = Decimal(raw) if isinstance(raw, int) else Decimal(repr(raw))
    possible = FACTS[sign].possible
    return number if possible is None or possible.holds(number) else None


def _text(raw: Any) -> str:
    text = raw if isinstance(raw, str) else repr(raw)
    return text[:200]


def _device_flags(payload: ReadingPayload) -> list[str]:
    known = _NOT_A_MEASUREMENT | _DOUBTFUL
    return [f"device:{status}" for status in sorted(known) if payload.quality.get(status) is True]


def _pressures_cross(values: Mapping[VitalSign, Value]) -> bool:
    systolic, diastolic = values.get(VitalSign.SYSTOLIC), values.get(VitalSign.DIASTOLIC)
    return isinstance(systolic, Decimal) and isinstance(diastolic, Decimal) and systolic <= diastolic
