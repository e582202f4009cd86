"""Reads the fields of a characteristic's value one after the other, little-endian.

Guards: nothing is read beyond the end, and nothing may be left over. If the flags promise more or less than there is,
the whole value is unreadable, because any field may then be misplaced.
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
    """The value does not have the form of its characteristic."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Octets:
    """A value, and how far it has been read."""

    def __init__(self, value: bytes) -> None:
        self._value = value
        self._at = 0

    def unsigned(self, size: int) -> int:
        """The next whole number of this many octets. Raises UnreadableError if there are fewer."""
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
        """The instrument's clock as written: local, without a zone, 0 for unknown parts. Never trusted."""
        year, month, day, hour, minute, second = (self.unsigned(size) for size in (2, 1, 1, 1, 1, 1))
        return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"

    def end(self) -> None:
        """Raise UnreadableError if octets are left."""
        if self._at < len(self._value):
            raise UnreadableError(Fault.TOO_LONG)
