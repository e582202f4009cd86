"""What whoever is at the bedside is to do next, in words, with the number of the hub.

Guards: 999 goes before the hub; a number that is not known here is said to be not known, never left out; "nothing" is
never said to mean that all is well; no text advises giving oxygen.
"""

from typing import NamedTuple

from devices.receipt import CALL_999, CALL_HUB, MEASURE_PREFIX, NextStep
from devices.vital_signs import FACTS, VitalSign

_SEEN = {sign for sign, facts in FACTS.items() if facts.unit is None}
"""Found out by looking or asking, not measured."""


class Hub(NamedTuple):
    """Whom to phone, as far as it is known here."""

    name: str | None = None
    telephone: str | None = None

    def __str__(self) -> str:
        if self.telephone is None:
            return "its number is not known on this kit"
        return f"{self.name}, {self.telephone}" if self.name else self.telephone


def words(next_step: NextStep, hub: Hub) -> str:
    """What a receipt's `next` asks for."""
    if next_step == CALL_999:
        return f"Phone 999 now. Then phone the hub: {hub}."
    if next_step == CALL_HUB:
        return f"Phone the hub now: {hub}. If nobody answers in 5 minutes, or they get worse: phone 999."
    if next_step.startswith(MEASURE_PREFIX):
        sign = next_step.removeprefix(MEASURE_PREFIX)
        do = "Check" if sign in _SEEN else "Measure"
        return f"{do} this now, and send it: {_named(sign)}. If you cannot, phone the hub: {hub}."
    return f"If you are worried, phone the hub: {hub}. In an emergency phone 999."


def _named(sign: str) -> str:
    """A platform that is newer than this kit may ask for what is not known here."""
    known = sign in set(VitalSign)
    return FACTS[VitalSign(sign)].label.lower() if known else sign.replace("_", " ")
