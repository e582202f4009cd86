"""The soft signs a care worker may be asked about, in plain words.

Guards: a neutral set of our own; each is present, absent or not asked, and not asked is never taken for absent.
"""

from collections.abc import Mapping
from types import MappingProxyType

SOFT_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "breathing": "Breathing is different",
        "eating_and_drinking": "Eating or drinking less",
        "shivery_hot_or_cold": "Shivery, hot or cold",
        "mobility": "Moving about less, or unsteady",
        "confusion_or_behaviour": "More confused, or behaving differently",
        "alertness_and_sleep": "Sleepier, or harder to wake",
        "tiredness_or_dizziness": "Tired or dizzy",
        "pee_and_bowels": "Change in pee or bowels",
        "pain": "In pain",
        "skin": "Skin: pale, blotchy, swollen or sore",
        "not_usual_self": "Not their usual self",
    }
)
WORRIED: Mapping[str, str] = MappingProxyType(
    {"resident": "The resident", "family": "Family or friends", "staff": "Staff"}
)


def soft_sign(code: str) -> str:
    """A soft sign as words."""
    return SOFT_SIGNS.get(code, code.replace("_", " ").capitalize())
