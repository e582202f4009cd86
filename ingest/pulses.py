"""The pulse that a cuff counts held against the one an oximeter sees: far apart, one of them is wrong.

Guards: neither is dropped: the newest is scored, flagged, and measured again. What is compared is the newest known,
so the flag does not depend on how readings were cut into batches.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from devices.reading import DeviceKind
from devices.vital_signs import VitalSign
from ingest.current import CurrentVitals

FLAG = "pulses_differ"
# The project's plausibility table; how close in time is ours, for a clinician to confirm.
_FAR_APART = 20
_CLOSE_IN_TIME = timedelta(minutes=30)
_KINDS = {str(kind): kind for kind in DeviceKind}
_INSTRUMENTS = frozenset({DeviceKind.BLOOD_PRESSURE_MONITOR, DeviceKind.PULSE_OXIMETER})


class Pulse(NamedTuple):
    """One pulse, a minute, by the instrument that gave it; a value of None where it was looked for in vain."""

    effective_at: datetime
    arrival_number: int
    value: Decimal | None
    instrument: DeviceKind | None = None

    def differs_from(self, other: "Pulse | None") -> bool:
        """Whether two instruments disagree about one heart at about one time."""
        return (
            other is not None
            and self.value is not None
            and other.value is not None
            and {self.instrument, other.instrument} == _INSTRUMENTS
            and abs(self.effective_at - other.effective_at) <= _CLOSE_IN_TIME
            and abs(self.value - other.value) > _FAR_APART
        )

    def supersedes(self, other: "Pulse | None") -> bool:
        if other is None:
            return True
        return (self.effective_at, self.arrival_number) > (other.effective_at, other.arrival_number)


def newest(known: CurrentVitals) -> Pulse | None:
    """The pulse that is current when the resident's row is locked."""
    entry: dict[str, Any] | None = known.signs.get(VitalSign.PULSE)
    if entry is None:
        return None
    return Pulse(
        datetime.fromisoformat(entry["effective_at"]),
        entry["arrival"],
        None if entry["value"] is None else Decimal(entry["value"]),
        _KINDS[entry["device"]] if "device" in entry else None,
    )
