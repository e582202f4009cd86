"""Instruments as a test builds them: an encoder that shares nothing with the decoder it is held against."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

NAN, NRES, PLUS_INFINITY, MINUS_INFINITY, RESERVED = 0x07FF, 0x0800, 0x07FE, 0x0802, 0x0801


@dataclass(frozen=True)
class Written:
    """A number as an instrument writes it: mantissa and exponent of ten, or a bit pattern with its own meaning."""

    mantissa: int
    exponent: int = 0
    special: int | None = None

    def sfloat(self) -> bytes:
        if self.special is not None:
            return struct.pack("<H", self.special)
        # The mantissa's 12 bits are the upper ones of a signed 16, moved down.
        (mantissa,) = struct.unpack("<H", struct.pack("<h", self.mantissa << 4))
        return struct.pack("<H", mantissa >> 4 | (self.exponent % 16) << 12)

    def medical_float(self) -> bytes:
        if self.special is not None:
            return struct.pack(
                "<I", self.special & 0x0F | (0x007FFFF0 if self.special < NRES else 0x00800000)
            )
        return struct.pack("<i", self.mantissa)[:3] + struct.pack("<b", self.exponent)


def special(bits: int) -> Written:
    return Written(0, special=bits)


def time(year: int, *rest: int) -> bytes:
    return struct.pack("<H5B", year, *rest)


TIME = time(2026, 11, 22, 9, 30, 5)


def cuff(
    numbers: Sequence[Written],
    *,
    kilopascal: bool = False,
    clock: bytes | None = None,
    pulse: Written | None = None,
    user: int | None = None,
    status: int | None = None,
) -> str:
    """0x2A35. `numbers`: systolic, diastolic, mean."""
    said = [clock, pulse, user, status]
    flags = kilopascal | sum(2 << place for place, one in enumerate(said) if one is not None)
    return (
        bytes([flags])
        + b"".join(one.sfloat() for one in numbers)
        + (clock or b"")
        + (pulse.sfloat() if pulse else b"")
        + (b"" if user is None else bytes([user]))
        + (b"" if status is None else struct.pack("<H", status))
    ).hex()


def thermometer(
    number: Written, *, fahrenheit: bool = False, clock: bytes | None = None, site: int | None = None
) -> str:
    """0x2A1C."""
    flags = fahrenheit | (2 if clock else 0) | (0 if site is None else 4)
    body = number.medical_float() + (clock or b"") + (b"" if site is None else bytes([site]))
    return (bytes([flags]) + body).hex()


def _oximeter_end(status: int | None, sensor: int | None, amplitude: Written | None) -> bytes:
    return (
        (b"" if status is None else struct.pack("<H", status))
        + (b"" if sensor is None else struct.pack("<I", sensor)[:3])
        + (amplitude.sfloat() if amplitude else b"")
    )


def spot_check(
    spo2: Written,
    pulse: Written,
    *,
    clock: bytes | None = None,
    clock_not_set: bool = False,
    status: int | None = None,
    sensor: int | None = None,
    amplitude: Written | None = None,
) -> str:
    """0x2A5E."""
    said = [clock, status, sensor, amplitude]
    flags = sum(1 << place for place, one in enumerate(said) if one is not None) | clock_not_set << 4
    start = bytes([flags]) + spo2.sfloat() + pulse.sfloat() + (clock or b"")
    return (start + _oximeter_end(status, sensor, amplitude)).hex()


def continuous(
    spo2: Written,
    pulse: Written,
    *,
    fast: tuple[Written, Written] | None = None,
    slow: tuple[Written, Written] | None = None,
    status: int | None = None,
    sensor: int | None = None,
    amplitude: Written | None = None,
) -> str:
    """0x2A5F."""
    said = [fast, slow, status, sensor, amplitude]
    flags = sum(1 << place for place, one in enumerate(said) if one is not None)
    pairs = [one.sfloat() for pair in ((spo2, pulse), fast, slow) if pair for one in pair]
    return (bytes([flags]) + b"".join(pairs) + _oximeter_end(status, sensor, amplitude)).hex()
