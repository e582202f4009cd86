"""Temperature Measurement, 0x2A1C (Bluetooth SIG, Health Thermometer Profile).

Guards: the flags name the unit, so 98.6 Fahrenheit is 37 Celsius and never 98.6.

Layout: flags; FLOAT temperature; then, as the flags say, time and where it was taken.
"""

from devices.profiles.measurement import CELSIUS, FAHRENHEIT, Measurement, Quantity, measurement
from devices.profiles.octets import Octets
from devices.vital_signs import VitalSign

_SITES = {
    1: "armpit",
    2: "body",
    3: "ear",
    4: "finger",
    5: "gut",
    6: "mouth",
    7: "rectum",
    8: "toe",
    9: "eardrum",
}


def read_temperature(octets: Octets) -> Measurement:
    """Decode one value. Raises UnreadableError if flags and length do not agree."""
    flags = octets.unsigned(1)
    temperature = octets.medical_float()
    device_time = octets.device_time() if flags & 0x02 else None
    site = octets.unsigned(1) if flags & 0x04 else None
    octets.end()
    unit = FAHRENHEIT if flags & 0x01 else CELSIUS
    return measurement(
        [Quantity(VitalSign.TEMPERATURE, temperature, unit)],
        (),
        {
            "device_time": device_time,
            "site": None if site is None else _SITES.get(site, f"reserved {site}"),
        },
    )
