"""Vital signs, scores and odd readings, in words.

Guards: a single number is shown only for a score with nothing missing. What is missing is said, never left blank.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

from devices.vital_signs import FACTS, VitalSign

# In the order of the chart (RCP, NEWS2, 2017).
SCORED = (
    VitalSign.RESPIRATION_RATE,
    VitalSign.SPO2,
    VitalSign.ON_OXYGEN,
    VitalSign.SYSTOLIC,
    VitalSign.PULSE,
    VitalSign.CONSCIOUSNESS,
    VitalSign.TEMPERATURE,
)

CONSCIOUSNESS: Mapping[str, str] = MappingProxyType(
    {
        "A": "Alert",
        "C": "New confusion",
        "V": "Responds to voice",
        "P": "Responds to pain only",
        "U": "Unresponsive",
    }
)
BANDS: Mapping[str, str] = MappingProxyType(
    {"low": "Low", "low_medium": "Low-medium", "medium": "Medium", "high": "High"}
)
KNOWN_BY: Mapping[str, str] = MappingProxyType(
    {"session": "signed in", "pin": "by PIN", "kit": "the kit's word"}
)
DEVICES: Mapping[str, str] = MappingProxyType(
    {
        "blood_pressure_monitor": "Blood pressure monitor",
        "thermometer": "Thermometer",
        "pulse_oximeter": "Pulse oximeter",
        "stethoscope": "Stethoscope",
        "person": "By hand",
    }
)
NOT_OBTAINED: Mapping[str, str] = MappingProxyType(
    {
        "refused": "refused",
        "absent": "resident asleep or away",
        "unrecordable": "tried, could not be recorded",
        "equipment": "equipment missing or broken",
    }
)
_WHOLE_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "clock_ahead": "The kit's clock is fast: taken earlier than it says",
        "clock_lost": "The kit's clock was not set: the time shown comes from when it arrived",
        "clock_behind": "The kit's clock is slow: taken later than it says",
        "device_clock_lost": "The device's own clock was not set: its values are taken as measured now",
        "device_time_differs": "By the device's own clock measured another day: not scored",
        "ancient": "Taken more than 3 days before it arrived",
        "other_home": "Sent by another home's kit",
        "systolic_not_above_diastolic": "Systolic is not above diastolic",
        "pulses_differ": "Cuff and oximeter pulse differ by more than 20",
    }
)
_DEVICE_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "low_perfusion": "weak blood flow at the finger",
        "poor_signal": "poor signal",
        "erratic": "erratic signal",
        "irregular_pulse": "irregular pulse",
        "body_movement": "moved while measuring",
        "cuff_loose": "cuff too loose",
        "improper_position": "held in the wrong position",
        "questionable": "the device itself doubts this",
        "calibrating": "was still calibrating",
        "early_estimate": "an early estimate",
        "from_storage": "from its memory, not scored",
        "sensor_displaced": "sensor had slipped",
        "malfunction": "reports a fault of its own",
        "demo": "demonstration mode, not scored",
        "testing": "test mode, not scored",
        "unavailable": "no measurement, not scored",
        "invalid": "marked invalid, not scored",
        "sensor_off": "sensor off, not scored",
        "non_pulsatile": "no pulse signal, not scored",
    }
)
_GATT_FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "truncated": "What the device sent was cut short and could not be read",
        "too_long": "What the device sent was longer than it should be and could not be read",
        "not_hex": "What the device sent could not be read",
        "unknown_characteristic": "The device sent a kind of measurement that is not known here",
        "intermediate_cuff_pressure": "Pressure in the cuff while it was still measuring: not a blood pressure",
        "nan": "the device had no number",
        "nres": "the device could not measure it finely enough",
        "plus_infinity": "the device found it too high to measure",
        "minus_infinity": "the device found it too low to measure",
        "reserved": "the device sent no number that is known",
        "differs": "the app sent another value than the device",
    }
)


def label(sign: str) -> str:
    """Return a sign's name; an unknown code is made readable."""
    known = _as_sign(sign)
    return FACTS[known].label if known else plain(sign)


def _as_sign(code: str) -> VitalSign | None:
    return _BY_CODE.get(code)


_BY_CODE = {str(sign): sign for sign in VitalSign}


def plain(code: str) -> str:
    """Return a code as plain words."""
    return code.replace("_", " ").capitalize()


def quantity(sign: str, value: Any) -> str:
    """Return a value without its unit, on the chart's grid (half up); words for oxygen and consciousness."""
    if value is None:
        return "unknown"
    if sign == VitalSign.ON_OXYGEN:
        return "On oxygen" if value in (True, 1, "true") else "Breathing air"
    if sign == VitalSign.CONSCIOUSNESS:
        return CONSCIOUSNESS.get(str(value), str(value))
    known = _as_sign(sign)
    grid = Decimal(1).scaleb(-(FACTS[known].decimals if known else 0))
    return str(Decimal(str(value)).quantize(grid, ROUND_HALF_UP))


def with_unit(sign: str, value: Any) -> str:
    """Return "38.2 °C" or "On oxygen"."""
    known = _as_sign(sign)
    said = quantity(sign, value)
    return FACTS[known].with_unit(said) if known and value is not None else said


def bounds(low: int | None, high: int | None, *, assumed_air: bool = False) -> str:
    """Return "7" where nothing is missing, "7, air assumed" or "5 to 9, air assumed"."""
    if low is None or high is None:
        return "No score"
    score = str(low) if low == high else f"{low} to {high}"
    return f"{score}, air assumed" if assumed_air else score


def band(low: str, high: str) -> str:
    """Return "Medium" or "Low to high"."""
    first, last = BANDS.get(low, plain(low)), BANDS.get(high, plain(high))
    return first if first == last else f"{first} to {last.lower()}"


def red_score(answer: str) -> str:
    """Return whether any single sign scores 3."""
    return {
        "yes": "A single sign scores 3",
        "no": "No single sign scores 3",
        "unknown": "Whether a single sign scores 3 is not known",
    }[answer]


def listed(items: Iterable[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    *most, last = list(items) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def asked(signs: Iterable[str]) -> str:
    """Return signs as part of a sentence: "breathing rate and pulse"."""
    return listed(_inside(sign) for sign in SCORED if sign in set(signs))


def measure_now(signs: Iterable[str]) -> str:
    """Return "Measure pulse and check how alert they are now"; signs that no device measures are checked."""
    wanted = set(signs)
    measured, checked = asked(wanted - _LOOKED_AT), asked(wanted & _LOOKED_AT)
    parts = [f"{verb} {what}" for verb, what in (("measure", measured), ("check", checked)) if what]
    words = " and ".join(parts) or "measure again"
    return f"{words[0].upper()}{words[1:]} now"


_LOOKED_AT = frozenset({str(VitalSign.ON_OXYGEN), str(VitalSign.CONSCIOUSNESS)})


def _inside(sign: VitalSign) -> str:
    return {
        VitalSign.ON_OXYGEN: "whether they are on oxygen",
        VitalSign.CONSCIOUSNESS: "how alert they are",
        VitalSign.SYSTOLIC: "blood pressure",
    }.get(sign, FACTS[sign].label.lower())


def known_inside(sign: VitalSign, value: Any) -> str:
    """Return a sign's value as part of a sentence: "pulse 95 beats a minute", "breathing air"."""
    said = with_unit(sign, value)
    if sign in _LOOKED_AT:
        return f"{said[0].lower()}{said[1:]}"
    return f"{FACTS[sign].label.lower()} {said}"


def flag(code: str, unusable: Mapping[str, Any]) -> str:
    """Return what is odd about a reading, in words."""
    kind, _, of = code.partition(":")
    if kind == "unusable":
        return _unusable(of, unusable.get(of))
    if kind in ("confirm", "remembered"):
        return _to_repeat(kind, of, unusable.get(code))
    if kind in ("device", "gatt"):
        return _from_instrument(kind, of)
    if kind == "unknown_code":
        return f"Unknown value {of}"
    if kind == "not_understood":
        return f"A part could not be understood: {of}"
    return _WHOLE_FLAGS.get(code, plain(code))


def _from_instrument(kind: str, said: str) -> str:
    if kind == "device":
        return f"Device: {_DEVICE_FLAGS.get(said, plain(said).lower())}"
    what, _, sign = said.partition(":")
    words = _GATT_FLAGS.get(what, plain(what))
    return f"{label(sign)}: {words}" if sign else words


def _to_repeat(kind: str, sign: str, raw: Any) -> str:
    if kind == "confirm":
        return f"{label(sign)} is surprising: repeat it"
    return f"{label(sign)} {with_unit(sign, raw)}, measured before and not counted: measure it now"


def _unusable(sign: str, raw: Any) -> str:
    if raw == "not_sure":
        return "Not sure whether they are on oxygen"
    sent = None if raw == "unreadable" else raw  # octets that could not be read have no words to repeat
    return f"{label(sign)} could not be used" + (f" (sent as {sent})" if sent is not None else "")
