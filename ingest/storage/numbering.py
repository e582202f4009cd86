"""Makes readings of new arrivals: numbers them, judges each value and labels the operator's competence.

Guards: a resident's numbers continue from the locked row without a gap, so they record what was known before what. No
value and no label ever rejects a reading.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from delegation.competence import Activity, Labelled, labelled
from delegation.operators import Operator
from devices.reading import DeviceKind, ReadingPayload
from devices.vital_signs import VitalSign
from ingest import quality
from ingest.arrival import NewReading, Sound
from ingest.storage import pulses
from ingest.storage.current import CurrentVitals
from ingest.storage.pulses import Pulse

_ACTIVITY: dict[str, Activity] = {
    VitalSign.SYSTOLIC: Activity.BLOOD_PRESSURE,
    VitalSign.DIASTOLIC: Activity.BLOOD_PRESSURE,
    VitalSign.TEMPERATURE: Activity.TEMPERATURE,
    VitalSign.SPO2: Activity.PULSE_OXIMETRY,
    VitalSign.RESPIRATION_RATE: Activity.BREATHING_AND_ALERTNESS,
    VitalSign.CONSCIOUSNESS: Activity.BREATHING_AND_ALERTNESS,
}
_NOBODY = Operator()


@dataclass(slots=True)
class _Line:
    """One resident's readings in arrival order. `late`: one of them is older than what was known."""

    arrivals: int
    latest: datetime | None
    moments: list[datetime] = field(default_factory=list)
    late: bool = False
    pulse: Pulse | None = None

    def next(self, effective_at: datetime) -> tuple[int, datetime]:
        """Return the next reading's number, and the latest effective time with that reading included."""
        latest = effective_at if self.latest is None else max(effective_at, self.latest)
        self.arrivals += 1
        self.latest = latest
        self.moments.append(effective_at)
        self.late = self.late or effective_at < latest
        return self.arrivals, latest

    def cross_check(
        self, payload: ReadingPayload, assessed: quality.Assessed, cleared: Collection[VitalSign]
    ) -> tuple[str, ...]:
        """Return the flag if the pulse of the reading just numbered differs from the newest one known."""
        value = assessed.values.get(VitalSign.PULSE)
        if not isinstance(value, Decimal):
            if VitalSign.PULSE not in cleared:
                return ()
            value = None
        pulse = Pulse(self.moments[-1], self.arrivals, value, payload.device.kind)
        odd = pulse.differs_from(self.pulse)
        if pulse.supersedes(self.pulse):
            self.pulse = pulse
        return (pulses.FLAG,) if odd else ()


def readings_of(
    sound: Sequence[Sound],
    before: Mapping[UUID, CurrentVitals],
    operators: Mapping[UUID, Operator],
) -> tuple[list[NewReading], dict[UUID, list[datetime]]]:
    """Number the readings in arrival order. Also return the reading times of residents with a late reading."""
    lines = {
        resident: _Line(row.arrivals, row.last_effective_at, pulse=pulses.newest(row))
        for resident, row in before.items()
    }
    readings = [_numbered(one, lines[one.payload.resident], operators) for one in sound]
    return readings, {resident: line.moments for resident, line in lines.items() if line.late}


def _numbered(one: Sound, line: _Line, operators: Mapping[UUID, Operator]) -> NewReading:
    payload, kit, effective_at = one.payload, one.kit, one.effective_at
    number, latest = line.next(effective_at)
    slow_by, of_clock = quality.clock(kit.clock_skew_s, believed=effective_at == payload.taken_at)
    flags = tuple(dict.fromkeys(one.oddities + of_clock)) if of_clock else one.oddities
    if kit.home_id != one.placement.home_id:
        flags += ("other_home",)
    moments = [effective_at, effective_at + slow_by, one.arrival.arrived_at]
    assessed = quality.assess(payload, moments, quality.kit_since(kit.enrolled_at, one.arrival.arrived_at))
    cleared = quality.cleared(payload.not_obtained, assessed.unusable)
    return NewReading(
        payload=payload,
        kit_id=kit.kit_id,
        placement=one.placement,
        arrival_number=number,
        arrived_at=one.arrival.arrived_at,
        effective_at=effective_at,
        competence=_competence(payload, assessed, effective_at, operators),
        values=assessed.values,
        unusable=assessed.unusable,
        cleared=cleared,
        flags=flags + assessed.flags + line.cross_check(payload, assessed, cleared),
        latest_effective_at=latest,
        clock_slow_by=slow_by,
        instrument=assessed.instrument,
    )


def _competence(
    payload: ReadingPayload, assessed: quality.Assessed, at: datetime, operators: Mapping[UUID, Operator]
) -> Labelled:
    operator = operators[payload.taken_by] if payload.taken_by is not None else _NOBODY
    activities = _activities(payload.device.kind, tuple(assessed.values))
    if assessed.unusable:
        activities |= _activities_of(assessed.unusable)
    return labelled(
        operator.competences,
        activities,
        at,
        operator_known=operator.known,
        family_carer=operator.is_family_of(payload.resident, at),
    )


# Instruments measure the same signs together again and again.
@lru_cache(maxsize=1024)
def _activities(kind: DeviceKind | None, measured: tuple[VitalSign, ...]) -> frozenset[Activity]:
    listened = {Activity.LUNG_SOUNDS} if kind is DeviceKind.STETHOSCOPE else set[Activity]()
    return _activities_of(measured) | listened


def _activities_of(codes: Iterable[str]) -> frozenset[Activity]:
    return frozenset(activity for code in codes if (activity := _ACTIVITY.get(code)))
