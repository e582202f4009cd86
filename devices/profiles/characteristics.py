"""The characteristics known here, and the decoder of each.

Guards: `decode` returns a measurement for any text and never raises. The pressure in a cuff that is still deflating is
never taken for a blood pressure, nor its pulse for a pulse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from devices.profiles.blood_pressure import PULSE_PRESENT, read_blood_pressure
from devices.profiles.measurement import Measurement
from devices.profiles.octets import Fault, Octets, UnreadableError
from devices.profiles.pulse_oximetry import read_continuous, read_spot_check
from devices.profiles.temperature import read_temperature
from devices.vital_signs import VitalSign


class Characteristic(StrEnum):
    """By assigned number (Bluetooth SIG), in lower case."""

    TEMPERATURE = "2a1c"
    BLOOD_PRESSURE = "2a35"
    INTERMEDIATE_CUFF_PRESSURE = "2a36"
    PULSE_OXIMETRY_SPOT_CHECK = "2a5e"
    PULSE_OXIMETRY_CONTINUOUS = "2a5f"


@dataclass(frozen=True, slots=True)
class _Profile:
    """How to decode a value; the signs it always holds, and those it holds when a bit of its flags is set."""

    read: Callable[[Octets], Measurement]
    signs: tuple[VitalSign, ...]
    optional: Mapping[int, VitalSign] = field(default_factory=dict)

    def promised(self, value: bytes) -> tuple[VitalSign, ...]:
        flags = value[0] if value else 0
        return self.signs + tuple(sign for mask, sign in self.optional.items() if flags & mask)


_PRESSURES = (VitalSign.SYSTOLIC, VitalSign.DIASTOLIC)
_OXIMETRY = (VitalSign.SPO2, VitalSign.PULSE)
_PROFILES: Mapping[str, _Profile] = {
    Characteristic.TEMPERATURE: _Profile(read_temperature, (VitalSign.TEMPERATURE,)),
    Characteristic.BLOOD_PRESSURE: _Profile(
        read_blood_pressure, _PRESSURES, {PULSE_PRESENT: VitalSign.PULSE}
    ),
    Characteristic.PULSE_OXIMETRY_SPOT_CHECK: _Profile(read_spot_check, _OXIMETRY),
    Characteristic.PULSE_OXIMETRY_CONTINUOUS: _Profile(read_continuous, _OXIMETRY),
}
_CUFF_STILL_MEASURING = Measurement(
    never=(*_PRESSURES, VitalSign.PULSE), flags=("gatt:intermediate_cuff_pressure",)
)
_SIG_BASE = "-0000-1000-8000-00805f9b34fb"


def shortened(characteristic: str) -> str:
    """The assigned number if there is one: "0x2A35" and the 128-bit form become "2a35"."""
    name = characteristic.strip().lower()
    if name.endswith(_SIG_BASE):
        name = name.removesuffix(_SIG_BASE)
    name = name.removeprefix("0x")
    return name[4:] if len(name) == 8 and name.startswith("0000") else name


def decode(characteristic: str, value: str) -> Measurement:
    """Decode a characteristic's value, given as hexadecimal digits."""
    name = shortened(characteristic)
    if name == Characteristic.INTERMEDIATE_CUFF_PRESSURE:
        return _CUFF_STILL_MEASURING
    profile = _PROFILES.get(name)
    if profile is None:
        return _unread(Fault.UNKNOWN_CHARACTERISTIC)
    try:
        octets = bytes.fromhex(value)
    except ValueError:
        return _unread(Fault.NOT_HEX, profile.signs)
    try:
        return profile.read(Octets(octets))
    except UnreadableError as unreadable:
        return _unread(unreadable.fault, profile.promised(octets))


def _unread(fault: Fault, signs: tuple[VitalSign, ...] = ()) -> Measurement:
    return Measurement(unread=signs, flags=(f"gatt:{fault}",))
