"""What one notification of an instrument says: values in our units, statuses, and the numbers as sent.

Guards: conversion from kPa is exact. Conversion from Fahrenheit, where ninths do not end, is rounded to a millionth,
which moves no value across a line of the chart. The number is also kept as sent, with its unit. A special value is
never a number.

Source of the units: 1 kPa is 7.500617 mmHg; Cel = (F - 32) x 5/9.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from devices.profiles.medical_numbers import Number, Special
from devices.vital_signs import VitalSign


class Status(StrEnum):
    """What an instrument says of its own measurement; the same words as in a reading's `quality`."""

    DEMO = "demo"
    TESTING = "testing"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"
    SENSOR_OFF = "sensor_off"
    NON_PULSATILE = "non_pulsatile"
    LOW_PERFUSION = "low_perfusion"
    POOR_SIGNAL = "poor_signal"
    ERRATIC = "erratic"
    IRREGULAR_PULSE = "irregular_pulse"
    BODY_MOVEMENT = "body_movement"
    CUFF_LOOSE = "cuff_loose"
    IMPROPER_POSITION = "improper_position"
    QUESTIONABLE = "questionable"
    CALIBRATING = "calibrating"
    EARLY_ESTIMATE = "early_estimate"
    FROM_STORAGE = "from_storage"
    SENSOR_DISPLACED = "sensor_displaced"
    MALFUNCTION = "malfunction"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit an instrument may send, and how to convert it to the sign's own."""

    shown: str
    convert: Callable[[Decimal], Decimal] | None = None


_MMHG_PER_KPA = Decimal("7.500617")
_MILLIONTH = Decimal("0.000001")
# Larger numbers mean nothing in any unit, and have more digits than a Decimal context can hold exactly.
_SENSELESS = Decimal(10**9)


def _tidy(number: Decimal) -> Decimal:
    """The number without zeros left by conversion, and without an exponent if it is whole."""
    whole = number.to_integral_value()
    return Decimal(int(whole)) if number == whole else number.normalize()


def _from_kilopascal(number: Decimal) -> Decimal:
    return _tidy(number * _MMHG_PER_KPA)


def _from_fahrenheit(number: Decimal) -> Decimal:
    return _tidy(((number - 32) * 5 / 9).quantize(_MILLIONTH, ROUND_HALF_EVEN))


MMHG = Unit("mmHg")
KILOPASCAL = Unit("kPa", _from_kilopascal)
CELSIUS = Unit("Cel")
FAHRENHEIT = Unit("[degF]", _from_fahrenheit)
PER_MINUTE = Unit("/min")
PERCENT = Unit("%")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One field that holds a vital sign."""

    sign: VitalSign
    number: Number
    unit: Unit

    def in_own_unit(self) -> Decimal | None:
        """The number in the sign's unit; None if it is a special value."""
        if isinstance(self.number, Special):
            return None
        if self.unit.convert is None or abs(self.number) > _SENSELESS:
            return self.number
        return self.unit.convert(self.number)


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was decoded. `flags` tell people what is odd.

    `values`: numbers in the sign's unit. `no_number`: signs for which the instrument wrote that it has none, and what
    it wrote. `unread`: signs that the octets should hold but that could not be read. `never`: signs that this must not
    be taken for. `told`: everything else, in a form that JSON can store.
    """

    values: Mapping[VitalSign, Decimal] = field(default_factory=dict)
    no_number: Mapping[VitalSign, str] = field(default_factory=dict)
    unread: tuple[VitalSign, ...] = ()
    never: tuple[VitalSign, ...] = ()
    statuses: frozenset[Status] = frozenset()
    flags: tuple[str, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)


def measurement(
    quantities: Sequence[Quantity], statuses: Iterable[Status], told: Mapping[str, Any]
) -> Measurement:
    """Make a measurement of what a profile read. None in `told` is left out."""
    values = {one.sign: number for one in quantities if (number := one.in_own_unit()) is not None}
    special = {one.sign: one.number for one in quantities if isinstance(one.number, Special)}
    as_sent = {str(one.sign): shown(one.number, one.unit) for one in quantities}
    kept = {name: value for name, value in told.items() if value is not None}
    return Measurement(
        values=values,
        no_number={sign: _SPECIALS_SHOWN[number] for sign, number in special.items()},
        statuses=frozenset(statuses),
        flags=tuple(f"gatt:{number}:{sign}" for sign, number in special.items()),
        told={"as_sent": as_sent, **kept},
    )


_SPECIALS_SHOWN: Mapping[Special, str] = {
    Special.NAN: "NaN",
    Special.NRES: "NRes",
    Special.PLUS_INFINITY: "+INF",
    Special.MINUS_INFINITY: "-INF",
    Special.RESERVED: "reserved",
}


def shown(number: Number | None, unit: Unit) -> str | None:
    """ "16.0 kPa", "NaN"."""
    if number is None:
        return None
    return _SPECIALS_SHOWN[number] if isinstance(number, Special) else f"{number:f} {unit.shown}"


def statuses_of(bits: int, meanings: Mapping[int, Status]) -> frozenset[Status]:
    """The statuses whose bits are set."""
    return frozenset(status for bit, status in meanings.items() if bits >> bit & 1)
