"""A cuff that leaves decoding to the platform: the octets it notifies over Bluetooth.

Guards: it sends what a display would show, whole mmHg and beats a minute, in the characteristic 0x2A35.
"""

from devices.reading import Gatt

_PULSE_AND_STATUS = 0x04 | 0x10
_BODY_MOVEMENT = 0x0001


def cuff_notification(systolic: int, diastolic: int, pulse: int, *, moved: bool = False) -> Gatt:
    """Return a Blood Pressure Measurement with pulse and status; it has no time, because this cuff has no clock."""
    mean = round((systolic + 2 * diastolic) / 3)
    octets = bytes([_PULSE_AND_STATUS]) + b"".join(map(_short, (systolic, diastolic, mean, pulse)))
    octets += (_BODY_MOVEMENT if moved else 0).to_bytes(2, "little")
    return Gatt(characteristic="2a35", value=octets.hex())


def _short(number: int) -> bytes:
    """Return a whole number below 2046 as an SFLOAT with exponent 0."""
    return number.to_bytes(2, "little")
