"""The two number formats of medical devices: SFLOAT in 16 bits, FLOAT in 32 (ISO/IEEE 11073-20601).

Guards: numbers are exact. The exponent is of ten, so a number is a Decimal and never a binary float. A reserved bit
pattern is a `Special`, never a number.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Special(StrEnum):
    """What an instrument writes when it has no number."""

    NAN = "nan"
    NRES = "nres"
    PLUS_INFINITY = "plus_infinity"
    MINUS_INFINITY = "minus_infinity"
    RESERVED = "reserved"


Number = Decimal | Special

_SFLOAT_SPECIALS: Mapping[int, Special] = MappingProxyType(
    {
        0x07FE: Special.PLUS_INFINITY,
        0x07FF: Special.NAN,
        0x0800: Special.NRES,
        0x0801: Special.RESERVED,
        0x0802: Special.MINUS_INFINITY,
    }
)
_FLOAT_SPECIALS: Mapping[int, Special] = MappingProxyType(
    {
        0x007FFFFE: Special.PLUS_INFINITY,
        0x007FFFFF: Special.NAN,
        0x00800000: Special.NRES,
        0x00800001: Special.RESERVED,
        0x00800002: Special.MINUS_INFINITY,
    }
)


def sfloat(bits: int) -> Number:
    """Decode 16 bits: exponent of ten in the upper 4, mantissa in the lower 12, both in two's complement."""
    special = _SFLOAT_SPECIALS.get(bits)
    return _decimal(_signed(bits & 0xFFF, 12), _signed(bits >> 12, 4)) if special is None else special


def medical_float(bits: int) -> Number:
    """Decode 32 bits: exponent of ten in the upper 8, mantissa in the lower 24, both in two's complement."""
    special = _FLOAT_SPECIALS.get(bits)
    return _decimal(_signed(bits & 0xFFFFFF, 24), _signed(bits >> 24, 8)) if special is None else special


def _signed(bits: int, width: int) -> int:
    return bits - (1 << width) if bits >> (width - 1) else bits


def _decimal(mantissa: int, exponent: int) -> Decimal:
    """With the decimals as written, but a whole number without an exponent: 1E+2 is 100."""
    if exponent > 0:
        return Decimal(mantissa * 10**exponent)
    return Decimal(mantissa).scaleb(exponent)
