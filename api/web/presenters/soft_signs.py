"""The soft signs a care worker may be asked about, in plain words.

Guards: the set is our own and neutral. Each is present, absent or not asked, and not asked is never taken for absent.
"""

from collections.abc import Iterable, Mapping
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


def changes(codes: Iterable[str]) -> str:
    """Return soft signs as part of a sentence, in the form's order: "in pain; skin: pale, blotchy, swollen or sore"."""
    given = set(codes)
    known = [words for code, words in SOFT_SIGNS.items() if code in given]
    seen = [*known, *sorted(code.replace("_", " ") for code in given - SOFT_SIGNS.keys())]
    return "; ".join(f"{words[:1].lower()}{words[1:]}" for words in seen)
