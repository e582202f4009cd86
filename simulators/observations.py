"""One set of observations as a kit sends it: a reading from each instrument, then what the carer saw.

Guards: a sign that was not taken is absent, never made up. The last reading of a set, the person's, is the
one that says that a full set was due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from devices.emergency import EmergencySign
from devices.identifiers import KitId, PersonId, ResidentId
from devices.reading import (
    Auscultation,
    Device,
    DeviceKind,
    NotObtained,
    OperatorKnownBy,
    SoftSign,
    Worry,
    WorryFrom,
)
from devices.vital_signs import VitalSign
from simulators.instruments import cuff_notification
from simulators.physiology import Signs
from simulators.rounds import Habits

MODELS = {
    DeviceKind.BLOOD_PRESSURE_MONITOR: "Simulated cuff",
    DeviceKind.THERMOMETER: "Simulated ear thermometer",
    DeviceKind.PULSE_OXIMETER: "Simulated oximeter",
    DeviceKind.STETHOSCOPE: "Simulated stethoscope",
}
MOVES_WHILE_MEASURED = 0.02
SITES = ("left_base", "right_base", "left_apex", "right_apex", "mitral")


@dataclass(frozen=True, slots=True)
class Said:
    """What one reading says, before the kit gives it an id, a number and a time."""

    resident: ResidentId
    taken_by: PersonId | None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who takes a set from whom, with which kit, and what is unusual about it."""

    kit: KitId
    resident: ResidentId
    worker: PersonId | None
    habits: Habits
    soft_signs: tuple[str, ...] = ()
    worried: bool = False
    emergency_sign: EmergencySign | None = None
    with_stethoscope: bool = False
    cuff_notifies: bool = False
    """Whether this kit's cuff sends what it notified over Bluetooth, rather than decoded values."""


@dataclass(frozen=True, slots=True)
class ObservationSet:
    """The readings in the order in which they are taken. `asked_later`: what the carer skipped at first."""

    readings: tuple[Said, ...]
    asked_later: Said | None = None


def observe(occasion: Occasion, taken: Signs, rng: Random) -> ObservationSet:
    """Return what a carer gets from working through the kit, with their own habits."""
    habits = occasion.habits
    contents = [
        _left_out(content, rng) if rng.random() < habits.leaves_out_an_instrument else content
        for content in (
            _pressure(occasion, taken, rng),
            _temperature(occasion, taken),
            _saturation(occasion, taken, rng),
        )
    ]
    if occasion.cuff_notifies and "values" in contents[0]:
        contents[0] = _as_notified(contents[0], moved=rng.random() < MOVES_WHILE_MEASURED)
    if occasion.with_stethoscope:
        contents.append(_lung_sounds(occasion, rng))
    skips = rng.random() < habits.skips_respiration
    contents.append(_seen(occasion, taken, counts_breaths=not skips))
    later = None
    if skips and rng.random() < habits.goes_back_when_asked:
        later = _said(occasion, {"device": Device(kind=DeviceKind.PERSON), "values": _breaths(habits, taken)})
    return ObservationSet(tuple(_said(occasion, content) for content in contents), later)


def _said(occasion: Occasion, content: dict[str, Any]) -> Said:
    if occasion.worker is not None:
        content["operator_known_by"] = OperatorKnownBy.PIN
    return Said(occasion.resident, occasion.worker, content)


def _device(occasion: Occasion, kind: DeviceKind) -> Device:
    return Device(kind=kind, model=MODELS[kind], serial=f"SIM-{occasion.kit.hex[:8]}-{kind[:1].upper()}")


def _pressure(occasion: Occasion, taken: Signs, rng: Random) -> dict[str, Any]:
    even = occasion.habits.rounds_to_even and not occasion.cuff_notifies
    values = {
        VitalSign.SYSTOLIC: _written(taken.systolic, even=even),
        VitalSign.DIASTOLIC: _written(taken.diastolic, even=even),
        VitalSign.PULSE: _written(taken.pulse + rng.randint(-2, 2), even=even),
    }
    return {
        "device": _device(occasion, DeviceKind.BLOOD_PRESSURE_MONITOR),
        "values": values,
        "method": {"position": "sitting", "arm": rng.choice(("left", "right"))},
    }


def _as_notified(content: dict[str, Any], *, moved: bool) -> dict[str, Any]:
    said = {name: part for name, part in content.items() if name != "values"}
    values = content["values"]
    signs = (values[sign] for sign in (VitalSign.SYSTOLIC, VitalSign.DIASTOLIC, VitalSign.PULSE))
    return said | {"gatt": cuff_notification(*signs, moved=moved)}


def _temperature(occasion: Occasion, taken: Signs) -> dict[str, Any]:
    return {
        "device": _device(occasion, DeviceKind.THERMOMETER),
        "values": {VitalSign.TEMPERATURE: taken.temperature},
        "method": {"site": "ear"},
    }


def _saturation(occasion: Occasion, taken: Signs, rng: Random) -> dict[str, Any]:
    return {
        "device": _device(occasion, DeviceKind.PULSE_OXIMETER),
        "values": {VitalSign.SPO2: taken.spo2, VitalSign.PULSE: taken.pulse},
        "quality": {"perfusion_index": round(rng.uniform(1.2, 7.5), 1)},
    }


def _lung_sounds(occasion: Occasion, rng: Random) -> dict[str, Any]:
    recording = Auscultation(
        site=rng.choice(SITES),
        recording_sha256=rng.randbytes(32).hex(),
        seconds=float(rng.choice((10, 15, 20, 30))),
        quality=rng.choice(("good", "good", "good", "noisy")),
    )
    return {"device": _device(occasion, DeviceKind.STETHOSCOPE), "auscultation": recording}


def _seen(occasion: Occasion, taken: Signs, *, counts_breaths: bool) -> dict[str, Any]:
    values: dict[str, Any] = {
        VitalSign.CONSCIOUSNESS: taken.consciousness,
        VitalSign.ON_OXYGEN: taken.on_oxygen,
    }
    content: dict[str, Any] = {
        "device": Device(kind=DeviceKind.PERSON),
        "values": values,
        "scheduled_full_set": True,
    }
    if counts_breaths:
        values |= _breaths(occasion.habits, taken)
        content["method"] = {"breaths_counted_for_s": 30 if occasion.habits.rounds_to_even else 60}
    if occasion.soft_signs:
        content["soft_signs"] = dict.fromkeys(occasion.soft_signs, SoftSign.PRESENT)
    if occasion.emergency_sign:
        content["emergency_signs"] = {occasion.emergency_sign: SoftSign.PRESENT}
    if occasion.worried:
        content["worry"] = Worry(by=WorryFrom.STAFF)
    return content


def _breaths(habits: Habits, taken: Signs) -> dict[str, Any]:
    # A carer who counts for half a minute and doubles always gets an even number.
    return {VitalSign.RESPIRATION_RATE: _written(taken.respiration_rate, even=habits.rounds_to_even)}


def _left_out(content: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Return the reading of an instrument that the resident refused or that was not there: it has no values."""
    reason = rng.choice((NotObtained.REFUSED, NotObtained.ABSENT))
    return {"device": content["device"], "not_obtained": dict.fromkeys(content["values"], reason)}


def _written(value: float, *, even: bool) -> int:
    return 2 * round(value / 2) if even else round(value)
