"""The registers of health professionals, and the form of a registration number in each.

Guards: a number of the wrong form is refused. One of the right form proves nothing until somebody looks it up.

Sources: the published formats of NMC, GMC, HCPC and GPhC numbers.
"""

import re
from enum import StrEnum


class Regulator(StrEnum):
    """The regulator whose register a professional is on."""

    NMC = "NMC"
    GMC = "GMC"
    HCPC = "HCPC"
    GPHC = "GPhC"


FORMS = {
    Regulator.NMC: "two digits, a letter, four digits, a letter, as 12A3456B",
    Regulator.GMC: "seven digits",
    Regulator.HCPC: "two or three letters and up to six digits, as PA123456",
    Regulator.GPHC: "seven digits that begin with 2, or with 5 for a pharmacy technician",
}
_PATTERNS = {
    Regulator.NMC: re.compile(r"\d{2}[A-Z]\d{4}[A-Z]", re.ASCII),
    Regulator.GMC: re.compile(r"\d{7}", re.ASCII),
    Regulator.HCPC: re.compile(r"[A-Z]{2,3}\d{1,6}", re.ASCII),
    Regulator.GPHC: re.compile(r"[25]\d{6}", re.ASCII),
}


def written(number: str) -> str:
    """Return the number without spaces, in capitals, as registers write it."""
    return "".join(number.split()).upper()


def has_the_form(regulator: Regulator, number: str) -> bool:
    """Return whether this could be a number of that register."""
    return _PATTERNS[regulator].fullmatch(written(number)) is not None
