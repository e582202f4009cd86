"""Reads the fields of a characteristic's value one after the other, little-endian.

Invariant: nothing is read beyond the end, and nothing is left over: flags that promise more or less than there is
make the whole value unreadable, since then no field is surely where it seems.
"""

from enum import StrEnum

from devices.profiles.medical_numbers import Number, medical_float, sfloat


class Fault(StrEnum):
    """Why a value cannot be read."""

    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    NOT_HEX = "not_hex"
    UNKNOWN_CHARACTERISTIC = "unknown_characteristic"


class UnreadableError(Exception):
    """The value is not what its characteristic says it is."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Octets:
    """A value, and how far it has been read."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._at = 0

    def unsigned(self, size: int) -> int:
        """The next whole number of so many octets."""
        octets = self._value[self._at : self._at + size]
        if len(octets) < size:
            raise UnreadableError(Fault.TRUNCATED)
        self._at += size
        return int.from_bytes(octets, "little")

    def sfloat(self) -> Number:
        return sfloat(self.unsigned(2))

    def medical_float(self) -> Number:
        return medical_float(self.unsigned(4))

    def device_time(self) -> str:
        """The instrument's clock as it stands, local and without a zone; zeros are unknown. Never trusted."""
        year, month, day, hour, minute, second = (self.unsigned(size) for size in (2, 1, 1, 1, 1, 1))
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"

    def end(self) -> None:
        """There must be no more."""
        if self._at < len(self._value):
            raise UnreadableError(Fault.TOO_LONG)
