"""Severities, states, dispositions and histories of escalations, in words.

Guards: urgency is always in words; a colour only repeats it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

SEVERITIES: Mapping[str, str] = MappingProxyType(
    {
        "high": "High",
        "medium": "Medium",
        "low_medium": "Low-medium",
        "concern": "Concern",
        "silent": "Silent",
    }
)
ORIGINS: Mapping[str, str] = MappingProxyType(
    {
        "rule": "from readings",
        "unscored": "reading that could not be scored",
        "phone": "raised by phone",
        "silence": "nothing heard",
    }
)
# In the order of the form: from the least travel for the resident to the most.
DISPOSITIONS: Mapping[str, str] = MappingProxyType(
    {
        "advice_given": "Advice given",
        "repeat_readings": "Repeat readings, by the time in the note",
        "gp_today": "GP today",
        "urgent_community_response": "Urgent community response (within 2 hours)",
        "virtual_ward": "Virtual ward or hospital at home",
        "same_day_emergency_care": "Same-day emergency care",
        "urgent_treatment_centre": "Urgent treatment centre",
        "ambulance_999": "999 ambulance",
    }
)
EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "raised": "Raised",
        "joined": "Another finding joined",
        "worsened": "Got worse",
        "claimed": "Claimed",
        "released": "Released",
        "closed": "Closed",
        "reopened": "Reopened",
        "moved": "Went with its resident to another home",
    }
)


def named(name: str | None, person_id: UUID | None, me: UUID | None = None) -> str:
    """Return "you", a name, or words that the name may not be seen."""
    if person_id is None:
        return "nobody"
    if person_id == me:
        return "you"
    return name or "somebody whose name is not shown to you"


def disposition(code: str | None) -> str:
    """Return a disposition in words."""
    return DISPOSITIONS.get(code or "", "No disposition")
