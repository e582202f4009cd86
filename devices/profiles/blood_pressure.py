"""Blood Pressure Measurement, 0x2A35 (Bluetooth SIG, Blood Pressure Profile).

Guards: the flags name the unit, so 16 kPa is never read as 16 mmHg.

Layout: flags; SFLOAT systolic, diastolic, mean; then, as the flags say, time, SFLOAT pulse, user, status.
"""

from devices.profiles.measurement import (
    KILOPASCAL,
    MMHG,
    PER_MINUTE,
    Measurement,
    Quantity,
    Status,
    measurement,
    shown,
    statuses_of,
)
from devices.profiles.octets import Octets
from devices.vital_signs import VitalSign

PULSE_PRESENT = 0x04
_STATUSES = {
    0: Status.BODY_MOVEMENT,
    1: Status.CUFF_LOOSE,
    2: Status.IRREGULAR_PULSE,
    5: Status.IMPROPER_POSITION,
}
# Bits 3 and 4: the pulse compared with limits set in the instrument.
_PULSE_RANGES = {0: None, 1: "above its limit", 2: "below its limit", 3: "reserved"}


def read_blood_pressure(octets: Octets) -> Measurement:
    """Decode one value. Raises UnreadableError if flags and length do not agree."""
    flags = octets.unsigned(1)
    unit = KILOPASCAL if flags & 0x01 else MMHG
    systolic, diastolic, mean = octets.sfloat(), octets.sfloat(), octets.sfloat()
    device_time = octets.device_time() if flags & 0x02 else None
    pulse = octets.sfloat() if flags & PULSE_PRESENT else None
    user = octets.unsigned(1) if flags & 0x08 else None
    status = octets.unsigned(2) if flags & 0x10 else None
    octets.end()
    quantities = [
        Quantity(VitalSign.SYSTOLIC, systolic, unit),
        Quantity(VitalSign.DIASTOLIC, diastolic, unit),
    ]
    if pulse is not None:
        quantities.append(Quantity(VitalSign.PULSE, pulse, PER_MINUTE))
    return measurement(
        quantities,
        statuses_of(status or 0, _STATUSES),
        {
            "mean_arterial_pressure": shown(mean, unit),
            "device_time": device_time,
            "device_user": user,
            "status": None if status is None else f"0x{status:04x}",
            "pulse_range": _PULSE_RANGES[(status or 0) >> 3 & 3],
        },
    )
