"""Signs that need 999 at once, whatever any measurement says.

Guards: an unknown code counts too, because its sender saw something that cannot wait.
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
"""Stands for a sign about which an answer cannot be read; it counts as an emergency sign."""

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
