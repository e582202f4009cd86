"""What Bluetooth instruments say, octet by octet: the health characteristics of a kit's instruments, decoded.

Invariant: pure, and no octets raise. A number is exactly what the instrument wrote, in decimal; what is no number,
or cannot be read, is unknown and says why.
"""

from devices.profiles.characteristics import Characteristic, decode, shortened
from devices.profiles.measurement import Measurement, Status

__all__ = ["Characteristic", "Measurement", "Status", "decode", "shortened"]
