"""PLX Spot-Check Measurement, 0x2A5E, and PLX Continuous Measurement, 0x2A5F (Bluetooth SIG, Pulse Oximeter Profile).

Guards: the instrument's doubts are kept with the value. If it says that its clock was never set, its time is dropped.

Layout, spot check: flags; SFLOAT saturation, pulse; then, as the flags say, time, u16 measurement status, u24 sensor
status, SFLOAT amplitude. Continuous: the same pair, then a fast and a slow pair, no time.
"""

from devices.profiles.measurement import (
    PER_MINUTE,
    PERCENT,
    Measurement,
    Quantity,
    Status,
    measurement,
    shown,
    statuses_of,
)
from devices.profiles.medical_numbers import Number
from devices.profiles.octets import Octets
from devices.vital_signs import VitalSign

_MEASUREMENT_STATUSES = {
    6: Status.EARLY_ESTIMATE,
    9: Status.FROM_STORAGE,
    10: Status.DEMO,
    11: Status.TESTING,
    12: Status.CALIBRATING,
    13: Status.UNAVAILABLE,
    14: Status.QUESTIONABLE,
    15: Status.INVALID,
}
_SENSOR_STATUSES = {
    1: Status.MALFUNCTION,
    2: Status.ERRATIC,  # irregular processing of the signal
    3: Status.POOR_SIGNAL,  # inadequate
    4: Status.POOR_SIGNAL,
    5: Status.LOW_PERFUSION,
    6: Status.ERRATIC,
    7: Status.NON_PULSATILE,
    8: Status.QUESTIONABLE,  # pulse
    10: Status.POOR_SIGNAL,  # interference
    11: Status.SENSOR_OFF,  # not on the resident
    12: Status.QUESTIONABLE,  # unknown sensor
    13: Status.SENSOR_DISPLACED,
    14: Status.MALFUNCTION,
    15: Status.SENSOR_OFF,  # disconnected
}


def read_spot_check(octets: Octets) -> Measurement:
    """Decode one value. Raises UnreadableError if flags and length do not agree."""
    flags = octets.unsigned(1)
    saturation, pulse = octets.sfloat(), octets.sfloat()
    device_time = octets.device_time() if flags & 0x01 else None
    clock_not_set = bool(flags & 0x10)
    told = {
        "device_time": None if clock_not_set else device_time,
        "device_clock_not_set": clock_not_set or None,
    }
    return _measurement(octets, flags >> 1, saturation, pulse, told)


def read_continuous(octets: Octets) -> Measurement:
    """Decode one value. Raises UnreadableError if flags and length do not agree."""
    flags = octets.unsigned(1)
    saturation, pulse = octets.sfloat(), octets.sfloat()
    told: dict[str, str | bool | None] = {}
    for bit, pace in ((0x01, "fast"), (0x02, "slow")):
        if flags & bit:
            told[f"{pace}_spo2"] = shown(octets.sfloat(), PERCENT)
            told[f"{pace}_pulse"] = shown(octets.sfloat(), PER_MINUTE)
    return _measurement(octets, flags >> 2, saturation, pulse, told)


def _measurement(
    octets: Octets, present: int, saturation: Number, pulse: Number, told: dict[str, str | bool | None]
) -> Measurement:
    """Decode the end that both share. `present`: bit 0 measurement status, bit 1 sensor status, bit 2 amplitude."""
    measured = octets.unsigned(2) if present & 0x01 else None
    sensor = octets.unsigned(3) if present & 0x02 else None
    amplitude = octets.sfloat() if present & 0x04 else None
    octets.end()
    return measurement(
        [
            Quantity(VitalSign.SPO2, saturation, PERCENT),
            Quantity(VitalSign.PULSE, pulse, PER_MINUTE),
        ],
        statuses_of(measured or 0, _MEASUREMENT_STATUSES) | statuses_of(sensor or 0, _SENSOR_STATUSES),
        told
        | {
            "measurement_status": None if measured is None else f"0x{measured:04x}",
            "sensor_status": None if sensor is None else f"0x{sensor:06x}",
            "pulse_amplitude_index": shown(amplitude, PERCENT),
        },
    )
