"""Whether the person who took a reading was signed off for the activities behind it.

Guards: the answer is a label on the reading, never a reason to refuse it.

Source: Skills for Care / DHSC guiding principles for delegated healthcare activities; NMC Code section 11.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID


class Activity(StrEnum):
    """A delegated healthcare activity that can result in a reading."""

    BLOOD_PRESSURE = "blood_pressure"
    TEMPERATURE = "temperature"
    PULSE_OXIMETRY = "pulse_oximetry"
    BREATHING_AND_ALERTNESS = "breathing_and_alertness"
    LUNG_SOUNDS = "lung_sounds"


class Level(StrEnum):
    """How far a worker was signed off."""

    OBSERVE = "observe"
    UNDER_SUPERVISION = "under_supervision"
    INDEPENDENT = "independent"
    MAY_SUPERVISE = "may_supervise"


class Label(StrEnum):
    """The operator's competence as it stood for this reading, fixed at arrival."""

    IN_DATE = "in_date"
    UNDER_SUPERVISION = "under_supervision"
    LAPSED = "lapsed"
    NOT_SIGNED_OFF = "not_signed_off"
    NOT_APPLICABLE = "not_applicable"
    OPERATOR_UNKNOWN = "operator_unknown"


@dataclass(frozen=True, slots=True)
class Competence:
    """One sign-off of one worker for one activity."""

    person_id: UUID
    activity: Activity
    level: Level
    signed_off_at: datetime
    valid_until: datetime
    revoked_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Return whether the sign-off was made, in date and not revoked at this moment."""
        return self.signed_off_at <= at < self.valid_until and (
            self.revoked_at is None or at < self.revoked_at
        )

    def standing(self, at: datetime) -> Label:
        """Return the label this sign-off alone gives a reading at this moment. Observing is not being signed off."""
        if self.level is Level.OBSERVE or at < self.signed_off_at:
            return Label.NOT_SIGNED_OFF
        if not self.in_force(at):
            return Label.LAPSED
        return Label.UNDER_SUPERVISION if self.level is Level.UNDER_SUPERVISION else Label.IN_DATE


class Labelled(NamedTuple):
    """A reading's label, and the activities its operator was not fully signed off for, each with its own label."""

    label: Label
    lacking: Mapping[Activity, Label] = MappingProxyType({})


_WORST_LAST = (Label.IN_DATE, Label.UNDER_SUPERVISION, Label.LAPSED, Label.NOT_SIGNED_OFF)
_RANK = {label: rank for rank, label in enumerate(_WORST_LAST)}
_IN_DATE, _NOT_APPLICABLE, _OPERATOR_UNKNOWN = map(
    Labelled, (Label.IN_DATE, Label.NOT_APPLICABLE, Label.OPERATOR_UNKNOWN)
)


def labelled(
    held: Sequence[Competence],
    activities: Iterable[Activity],
    at: datetime,
    *,
    operator_known: bool,
    family_carer: bool = False,
) -> Labelled:
    """Return the label of a reading taken at `at` by somebody with the sign-offs `held`.

    The best sign-off counts for each activity, and the worst activity decides. A family carer needs no sign-off; an
    operator whom nobody can name has none to show.
    """
    if family_carer:
        return _NOT_APPLICABLE
    if not operator_known:
        return _OPERATOR_UNKNOWN
    best = dict.fromkeys(activities, _RANK[Label.NOT_SIGNED_OFF])
    for one in held:
        if one.activity in best:
            best[one.activity] = min(best[one.activity], _RANK[one.standing(at)])
    if not best:
        return _NOT_APPLICABLE
    lacking = {activity: _WORST_LAST[rank] for activity in Activity if (rank := best.get(activity))}
    return Labelled(_WORST_LAST[max(best.values())], lacking) if lacking else _IN_DATE
