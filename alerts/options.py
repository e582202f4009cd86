"""What a hub decides of the rules beside the score: each is off where its policy leaves it out.

Guards: numbers that could not be carried out are refused before they can be in force.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerts.severity import Severity
from devices.vital_signs import QUANTITIES, VitalSign

# How far back any policy may look for a rise or a trend: what is read of a resident stays a few rows.
LONGEST_LOOK_BACK_HOURS = 96
# What is measured and scored.
_FOLLOWED = frozenset(QUANTITIES) - {VitalSign.DIASTOLIC}


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity


class Rise(_Options):
    """The score has risen by so many points within so many hours."""

    points: int = Field(ge=1, le=20)
    within_hours: int = Field(gt=0, le=LONGEST_LOOK_BACK_HOURS)


class Trend(_Options):
    """One sign goes one way over its last readings, by so much or more; a negative change is a fall."""

    readings: int = Field(ge=4, le=20, description="How many there must be; the last so many count.")
    within_hours: int = Field(gt=0, le=LONGEST_LOOK_BACK_HOURS)
    change: Mapping[VitalSign, Decimal]

    @model_validator(mode="after")
    def _of_quantities(self) -> Self:
        if wrong := [str(sign) for sign, by in self.change.items() if sign not in _FOLLOWED or not by]:
            raise ValueError(f"No trend can be followed in {', '.join(wrong)}.")
        return self


class SoftSigns(_Options):
    """So many soft signs at once, whatever is measured."""

    at_least: int = Field(ge=1, le=12)
