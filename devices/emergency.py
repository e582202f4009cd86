"""Signs that go straight to 999, whatever any measurement says.

Invariant: a code that is not known here still counts: whoever sent it saw something that cannot wait.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class EmergencySign(StrEnum):
    """The code of a sign on the wire, in the database and in the rule."""

    CHEST_PAIN = "chest_pain"
    STROKE_SIGNS = "stroke_signs"
    PROLONGED_SEIZURE = "prolonged_seizure"
    NOT_BREATHING = "not_breathing"
    CHOKING = "choking"
    HEAVY_BLEEDING = "heavy_bleeding"


UNREADABLE = "something_unreadable"
"""In the place of a sign of which nobody can read what is said: it counts as one."""

EMERGENCY_LABELS: Mapping[str, str] = MappingProxyType(
    {
        EmergencySign.CHEST_PAIN: "chest pain",
        EmergencySign.STROKE_SIGNS: "signs of a stroke: face drooping, arm weakness, slurred speech",
        EmergencySign.PROLONGED_SEIZURE: "a seizure that lasts more than 5 minutes, or one after another",
        EmergencySign.NOT_BREATHING: "not breathing",
        EmergencySign.CHOKING: "choking",
        EmergencySign.HEAVY_BLEEDING: "heavy bleeding that does not stop",
    }
)
