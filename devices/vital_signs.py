"""The vital signs Hearthwatch knows, one row each: codes, units and ranges.

Guards: only this table names a sign's code, unit or plausible range. A range never drops a value: outside `possible` it
is scored as unknown; outside `unsurprising` it is scored, acted on and asked for again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class VitalSign(StrEnum):
    """The code a sign has on the wire, in the database and in every rule."""

    RESPIRATION_RATE = "respiration_rate"
    SPO2 = "spo2"
    ON_OXYGEN = "on_oxygen"
    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    PULSE = "pulse"
    CONSCIOUSNESS = "consciousness"
    TEMPERATURE = "temperature"


class Consciousness(StrEnum):
    """The ACVPU scale (RCP, NEWS2, 2017)."""

    ALERT = "A"
    CONFUSION = "C"
    VOICE = "V"
    PAIN = "P"
    UNRESPONSIVE = "U"


@dataclass(frozen=True, slots=True)
class Range:
    """A range in the sign's unit, limits included."""

    low: int
    high: int

    def holds(self, value: Decimal | float) -> bool:
        """Whether the value lies inside. NaN does not."""
        try:
            return self.low <= value <= self.high
        except ArithmeticError:  # comparing a Decimal NaN raises
            return False


@dataclass(frozen=True, slots=True)
class SignFacts:
    """What is known of one vital sign.

    `unit` is UCUM; `unit_shown` is for people. `loinc` holds every code to send, the preferred one first. `unit`,
    `possible` and `unsurprising` are None for a sign that is not a quantity.
    """

    sign: VitalSign
    label: str
    unit: str | None
    unit_shown: str
    snomed: str | None
    loinc: tuple[str, ...]
    possible: Range | None
    unsurprising: Range | None
    decimals: int

    def with_unit(self, said: object) -> str:
        """Write a value, or several in words, with its unit: "91%", "90 to 140 mmHg"."""
        return f"{said}{'' if self.unit_shown == '%' else ' '}{self.unit_shown}".rstrip()


@dataclass(frozen=True, slots=True)
class PanelFacts:
    """A group of signs that one measurement gives together."""

    label: str
    snomed: str
    loinc: str
    signs: tuple[VitalSign, ...]


# Ranges: the project's plausibility table. Codes: SNOMED CT UK edition and LOINC.
_FACTS = (
    SignFacts(
        sign=VitalSign.RESPIRATION_RATE,
        label="Breathing rate",
        unit="/min",
        unit_shown="breaths a minute",
        snomed="86290005",
        loinc=("9279-1",),
        possible=Range(0, 80),
        unsurprising=Range(6, 40),
        decimals=0,
    ),
    SignFacts(
        sign=VitalSign.SPO2,
        label="Oxygen saturation",
        unit="%",
        unit_shown="%",
        snomed="103228002",
        loinc=("2708-6", "59408-5"),
        possible=Range(0, 100),
        unsurprising=Range(80, 100),
        decimals=0,
    ),
    SignFacts(
        # No single code means "air or oxygen": the answer has a code, see OXYGEN_SNOMED.
        sign=VitalSign.ON_OXYGEN,
        label="Air or oxygen",
        unit=None,
        unit_shown="",
        snomed=None,
        loinc=(),
        possible=None,
        unsurprising=None,
        decimals=0,
    ),
    SignFacts(
        sign=VitalSign.SYSTOLIC,
        label="Systolic blood pressure",
        unit="mm[Hg]",
        unit_shown="mmHg",
        snomed="72313002",
        loinc=("8480-6",),
        possible=Range(30, 300),
        unsurprising=Range(70, 250),
        decimals=0,
    ),
    SignFacts(
        sign=VitalSign.DIASTOLIC,
        label="Diastolic blood pressure",
        unit="mm[Hg]",
        unit_shown="mmHg",
        snomed="1091811000000102",
        loinc=("8462-4",),
        possible=Range(10, 200),
        unsurprising=Range(30, 140),
        decimals=0,
    ),
    SignFacts(
        sign=VitalSign.PULSE,
        label="Pulse",
        unit="/min",
        unit_shown="beats a minute",
        snomed="78564009",
        loinc=("8867-4",),
        possible=Range(0, 300),
        unsurprising=Range(30, 200),
        decimals=0,
    ),
    SignFacts(
        sign=VitalSign.CONSCIOUSNESS,
        label="Consciousness",
        unit=None,
        unit_shown="",
        snomed="1104441000000107",
        loinc=(),
        possible=None,
        unsurprising=None,
        decimals=0,
    ),
    SignFacts(
        sign=VitalSign.TEMPERATURE,
        label="Temperature",
        unit="Cel",
        unit_shown="°C",
        snomed="386725007",
        loinc=("8310-5",),
        possible=Range(25, 45),
        unsurprising=Range(34, 41),
        decimals=1,
    ),
)

FACTS: Mapping[VitalSign, SignFacts] = MappingProxyType({facts.sign: facts for facts in _FACTS})

QUANTITIES: tuple[VitalSign, ...] = tuple(facts.sign for facts in _FACTS if facts.unit is not None)

BLOOD_PRESSURE = PanelFacts(
    label="Blood pressure",
    snomed="75367002",
    loinc="85354-9",
    signs=(VitalSign.SYSTOLIC, VitalSign.DIASTOLIC),
)

CONSCIOUSNESS_SNOMED: Mapping[Consciousness, str] = MappingProxyType(
    {
        Consciousness.ALERT: "248234008",
        Consciousness.CONFUSION: "130987000",
        Consciousness.VOICE: "300202002",
        Consciousness.PAIN: "450847001",
        Consciousness.UNRESPONSIVE: "422768004",
    }
)

CONSCIOUSNESS_LABELS: Mapping[Consciousness, str] = MappingProxyType(
    {
        Consciousness.ALERT: "Alert",
        Consciousness.CONFUSION: "New confusion",
        Consciousness.VOICE: "Responds to voice",
        Consciousness.PAIN: "Responds to pain",
        Consciousness.UNRESPONSIVE: "Unresponsive",
    }
)

OXYGEN_SNOMED: Mapping[bool, str] = MappingProxyType({False: "722742002", True: "371825009"})
