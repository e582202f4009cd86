"""A number that could not be one of its register is refused; the form proves no more than that."""

import pytest

from delegation.decisions.registers import FORMS, Regulator, has_the_form, written


@pytest.mark.parametrize(
    ("regulator", "number", "fits"),
    [
        (Regulator.NMC, "12A3456B", True),
        (Regulator.NMC, "12a3456b", True),
        (Regulator.NMC, "12A34567", False),
        (Regulator.GMC, "1234567", True),
        (Regulator.GMC, "123 4567", True),
        (Regulator.GMC, "12345678", False),
        (Regulator.GMC, "C123456", False),
        (Regulator.HCPC, "PA123456", True),
        (Regulator.HCPC, "PH1", True),
        (Regulator.HCPC, "P123456", False),
        (Regulator.GPHC, "2123456", True),
        (Regulator.GPHC, "5123456", True),
        (Regulator.GPHC, "1123456", False),
        (Regulator.GMC, "१२३४५६७", False),
        (Regulator.GMC, "", False),
    ],
)
def test_a_number_has_the_form_of_its_register(regulator: Regulator, number: str, fits: bool) -> None:
    assert has_the_form(regulator, number) is fits


def test_a_number_is_kept_as_registers_write_it() -> None:
    assert written(" 12a 3456b ") == "12A3456B"


def test_each_register_says_what_its_numbers_look_like() -> None:
    assert set(FORMS) == set(Regulator)
