"""The table of vital signs: codes that check, ranges as published."""

from decimal import Decimal

import pytest

from devices.vital_signs import (
    BLOOD_PRESSURE,
    CONSCIOUSNESS_LABELS,
    CONSCIOUSNESS_SNOMED,
    FACTS,
    OXYGEN_SNOMED,
    QUANTITIES,
    Consciousness,
    VitalSign,
)

_DIHEDRAL = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]
_PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def verhoeff_holds(code: str) -> bool:
    """SNOMED CT identifiers end in a Verhoeff digit."""
    check = 0
    for position, digit in enumerate(reversed(code)):
        moved = int(digit)
        for _ in range(position % 8):
            moved = _PERMUTATION[moved]
        check = _DIHEDRAL[check][moved]
    return check == 0


def mod_10_holds(code: str) -> bool:
    """LOINC codes end in a Luhn digit after the hyphen."""
    number, check = code.split("-")
    total = 0
    for position, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return (10 - total % 10) % 10 == int(check)


SNOMED = [
    *(facts.snomed for facts in FACTS.values() if facts.snomed),
    *CONSCIOUSNESS_SNOMED.values(),
    *OXYGEN_SNOMED.values(),
    BLOOD_PRESSURE.snomed,
]
LOINC = [*(code for facts in FACTS.values() for code in facts.loinc), BLOOD_PRESSURE.loinc]


@pytest.mark.parametrize("code", SNOMED)
def test_every_snomed_code_has_its_check_digit(code):
    assert verhoeff_holds(code)
    assert not verhoeff_holds(code[:-1] + str((int(code[-1]) + 1) % 10))


@pytest.mark.parametrize("code", LOINC)
def test_every_loinc_code_has_its_check_digit(code):
    assert mod_10_holds(code)
    assert not mod_10_holds(code[:-1] + str((int(code[-1]) + 1) % 10))


def test_the_codes_are_those_of_the_wire():
    assert [str(sign) for sign in VitalSign] == [
        "respiration_rate",
        "spo2",
        "on_oxygen",
        "systolic",
        "diastolic",
        "pulse",
        "consciousness",
        "temperature",
    ]
    assert set(FACTS) == set(VitalSign)
    assert all(facts.sign is sign for sign, facts in FACTS.items())


def test_no_code_stands_for_two_things():
    assert len(SNOMED) == len(set(SNOMED))
    assert len(LOINC) == len(set(LOINC))


def test_oxygen_saturation_is_sent_under_both_loinc_codes():
    assert FACTS[VitalSign.SPO2].loinc == ("2708-6", "59408-5")


@pytest.mark.parametrize(
    ("sign", "impossible", "to_confirm"),
    [
        (VitalSign.RESPIRATION_RATE, (-1, 81), (5, 41)),
        (VitalSign.SPO2, (-1, 101), (79,)),
        (VitalSign.TEMPERATURE, (Decimal("24.9"), Decimal("45.1")), (Decimal("33.9"), Decimal("41.1"))),
        (VitalSign.SYSTOLIC, (29, 301), (69, 251)),
        (VitalSign.DIASTOLIC, (9, 201), (29, 141)),
        (VitalSign.PULSE, (-1, 301), (29, 201)),
    ],
)
def test_the_limits_themselves_are_possible_and_the_next_value_is_not(sign, impossible, to_confirm):
    facts = FACTS[sign]
    assert facts.possible.holds(facts.possible.low)
    assert facts.possible.holds(facts.possible.high)
    assert not any(facts.possible.holds(value) for value in impossible)
    assert not any(facts.unsurprising.holds(value) for value in to_confirm)
    assert all(facts.possible.holds(value) for value in to_confirm), "what is to be confirmed is still scored"


@pytest.mark.parametrize("nothing", [float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN")])
def test_what_is_no_number_lies_in_no_range(nothing):
    assert not any(FACTS[sign].possible.holds(nothing) for sign in QUANTITIES)


def test_quantities_have_a_unit_and_ranges_and_the_others_have_none():
    for sign, facts in FACTS.items():
        quantity = sign in QUANTITIES
        assert quantity == (facts.unit is not None) == (facts.possible is not None)
        assert quantity == (facts.unsurprising is not None) == bool(facts.unit_shown)
    assert FACTS[VitalSign.TEMPERATURE].decimals == 1


def test_every_level_of_consciousness_has_a_code_and_words():
    assert set(CONSCIOUSNESS_SNOMED) == set(CONSCIOUSNESS_LABELS) == set(Consciousness)
