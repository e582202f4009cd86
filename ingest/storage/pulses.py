"""Compares the pulse a cuff counts with the pulse an oximeter sees: if they are far apart, one of them is wrong.

Guards: neither is dropped. The newest is scored and flagged, and is to be measured again. The newest known pulse is
compared, so the flag does not depend on how readings are cut into batches.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from devices.reading import DeviceKind
from devices.vital_signs import VitalSign
from ingest.storage.current import CurrentVitals

FLAG = "pulses_differ"
# 20/min is from the project's plausibility table. The 30 minutes are ours, for a clinician to confirm.
_FAR_APART = 20
_CLOSE_IN_TIME = timedelta(minutes=30)
_KINDS = {str(kind): kind for kind in DeviceKind}
_INSTRUMENTS = frozenset({DeviceKind.BLOOD_PRESSURE_MONITOR, DeviceKind.PULSE_OXIMETER})


class Pulse(NamedTuple):
    """One pulse per minute, with the instrument that measured it. `value` is None if it could not be obtained."""

    effective_at: datetime
    arrival_number: int
    value: Decimal | None
    instrument: DeviceKind | None = None

    def differs_from(self, other: "Pulse | None") -> bool:
        """Whether two instruments disagree about one heart at about the same time."""
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
    """The current pulse of a resident whose row is locked."""
    entry: dict[str, Any] | None = known.signs.get(VitalSign.PULSE)
    if entry is None:
        return None
    return Pulse(
        datetime.fromisoformat(entry["effective_at"]),
        entry["arrival"],
        None if entry["value"] is None else Decimal(entry["value"]),
        _KINDS[entry["device"]] if "device" in entry else None,
    )
