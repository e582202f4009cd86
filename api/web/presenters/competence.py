"""The competence label of a reading, in words.

Guards: activities that somebody was not fully signed off for are named. Nothing says that the reading counts less.
"""

from collections.abc import Mapping
from types import MappingProxyType

from api.web.presenters.signs import listed, plain
from delegation.competence import Activity, Label

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        Label.IN_DATE: "Signed off, in date",
        Label.UNDER_SUPERVISION: "Signed off under supervision only",
        Label.LAPSED: "Sign-off lapsed",
        Label.NOT_SIGNED_OFF: "Not signed off",
        Label.NOT_APPLICABLE: "Sign-off not applicable",
        Label.OPERATOR_UNKNOWN: "Not known who took it",
    }
)
_ACTIVITIES: Mapping[Activity, str] = MappingProxyType(
    {
        Activity.BLOOD_PRESSURE: "blood pressure",
        Activity.TEMPERATURE: "temperature",
        Activity.PULSE_OXIMETRY: "oxygen saturation",
        Activity.BREATHING_AND_ALERTNESS: "counting breaths and judging alertness",
        Activity.LUNG_SOUNDS: "lung sounds",
    }
)
_TOLD: Mapping[str, str] = MappingProxyType(
    {
        Label.NOT_SIGNED_OFF: "You are not signed off for {}.",
        Label.LAPSED: "Your sign-off has run out for {}.",
    }
)
_ALL_THE_SAME = (
    "The readings are stored and count all the same, and everybody who sees them sees this too. If you are unsure of"
    " a value, ask somebody who is signed off to measure it again. Tell your manager or trainer before you take more."
)

_Lacking = Mapping[str, str] | Mapping[Activity, Label]


def competence_words(label: str, lacking: _Lacking) -> str:
    """Return a label in words, such as "Not signed off for blood pressure. Sign-off lapsed for pulse."."""
    said = [f"{_LABELS[stood]} for {what}." for stood, what in _by_standing(lacking)]
    return " ".join(said) or _LABELS.get(label, plain(label))


def not_covered(lacking: _Lacking) -> str | None:
    """Return what operators are told about their own sign-offs, and what to do; None where there is nothing to tell."""
    said = [_TOLD[stood].format(what) for stood, what in _by_standing(lacking) if stood in _TOLD]
    return " ".join([*said, _ALL_THE_SAME]) if said else None


def _by_standing(lacking: _Lacking) -> list[tuple[str, str]]:
    """Return the labels, gravest first, each with its activities as part of a sentence."""
    named = {
        stood: [name for activity, name in _ACTIVITIES.items() if lacking.get(activity) == stood]
        for stood in (Label.NOT_SIGNED_OFF, Label.LAPSED, Label.UNDER_SUPERVISION)
    }
    return [(stood, listed(names)) for stood, names in named.items() if names]
