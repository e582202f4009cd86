"""What the person at the bedside is to do next, in words, with the hub's number.

Guards: 999 comes before the hub. An unknown number is called unknown, never left out. "nothing" is never worded as "all
is well". No text advises giving oxygen.
"""

from typing import NamedTuple

from devices.receipt import CALL_999, CALL_HUB, MEASURE_PREFIX, NextStep
from devices.vital_signs import FACTS, VitalSign

_SEEN = {sign for sign, facts in FACTS.items() if facts.unit is None}
"""Signs found by looking or asking, not measured."""


class Hub(NamedTuple):
    """The hub to phone, as far as this kit knows it."""

    name: str | None = None
    telephone: str | None = None

    def __str__(self) -> str:
        if self.telephone is None:
            return "its number is not known on this kit"
        return f"{self.name}, {self.telephone}" if self.name else self.telephone


def words(next_step: NextStep, hub: Hub) -> str:
    """The words for a receipt's `next`."""
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
    """A newer platform may ask for a sign that this kit does not know."""
    known = sign in set(VitalSign)
    return FACTS[VitalSign(sign)].label.lower() if known else sign.replace("_", " ")
