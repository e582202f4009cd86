"""Decoders for the notifications of a kit's Bluetooth instruments, octet by octet.

Guards: decoding is pure, and no octets make it raise. A number is exactly what the instrument wrote, in decimal.
Anything else is unknown, with the reason.
"""

from devices.profiles.characteristics import Characteristic, decode, shortened
from devices.profiles.measurement import Measurement, Status

__all__ = ["Characteristic", "Measurement", "Status", "decode", "shortened"]
