"""What a hub decides about the rules beside the score; each rule is off where the policy leaves it out.

Guards: settings that could not be carried out are refused before a policy can be in force.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from alerts.severity import Severity
from devices.vital_signs import QUANTITIES, VitalSign

# The furthest that any policy may look back for a rise or a trend, so that few rows are read of a resident.
LONGEST_LOOK_BACK_HOURS = 96
# The furthest that any policy may look back for usual values: some hundreds of rows, read only if it asks for
# them.
LONGEST_USUAL_DAYS = 90
# The signs that are measured and scored.
_FOLLOWED = frozenset(QUANTITIES) - {VitalSign.DIASTOLIC}


@dataclass(frozen=True, slots=True)
class Stretch:
    """The stretch of time that tells what is usual for a resident.

    It goes `days` back, without the last `but_hours`. It must hold `readings` values, the first of them at
    least `since_days` old.
    """

    days: int
    but_hours: int
    readings: int
    since_days: int


# What the pages use where a hub's policy has no drift rule: everything before what their charts show.
SHOWN_STRETCH = Stretch(days=LONGEST_USUAL_DAYS, but_hours=72, readings=20, since_days=7)


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity


class Rise(_Options):
    """The score has risen by so many points within so many hours."""

    points: StrictInt = Field(ge=1, le=20)
    within_hours: StrictInt = Field(gt=0, le=LONGEST_LOOK_BACK_HOURS)


class Trend(_Options):
    """One sign goes one way over its last readings, by `change` or more; a negative change is a fall."""

    readings: StrictInt = Field(ge=4, le=20, description="How many there must be; the last so many count.")
    within_hours: StrictInt = Field(gt=0, le=LONGEST_LOOK_BACK_HOURS)
    change: Mapping[VitalSign, Decimal]

    @model_validator(mode="after")
    def _of_quantities(self) -> Self:
        if wrong := [str(sign) for sign, by in self.change.items() if sign not in _FOLLOWED or not by]:
            raise ValueError(f"No trend can be followed in {', '.join(wrong)}.")
        return self


class Drift(_Options):
    """Every value of a sign within some hours lies beyond the resident's own usual.

    The usual is the 20th to the 80th centile of their values in the days before those hours.
    """

    readings: StrictInt = Field(ge=2, le=20, description="How many values within these hours there must be.")
    within_hours: StrictInt = Field(gt=0, le=LONGEST_LOOK_BACK_HOURS)
    lasting_hours: StrictInt = Field(
        ge=0, description="How long ago the first of them must be, or it did not last."
    )
    usual_days: StrictInt = Field(
        gt=0, le=LONGEST_USUAL_DAYS, description="How far back what is usual is taken from."
    )
    usual_readings: StrictInt = Field(ge=5, description="Of fewer values no centile is told.")
    usual_since_days: StrictInt = Field(gt=0, description="How long ago the first of those must be.")
    below: Mapping[VitalSign, Annotated[Decimal, Field(gt=0)]] = Field(
        default_factory=dict, description="How far under the 20th centile, by sign, in its unit."
    )
    above: Mapping[VitalSign, Annotated[Decimal, Field(gt=0)]] = Field(
        default_factory=dict, description="How far over the 80th centile."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := [str(sign) for sign in (*self.below, *self.above) if sign not in _FOLLOWED]:
            raise ValueError(f"No drift can be followed in {', '.join(wrong)}.")
        if self.lasting_hours > self.within_hours:
            raise ValueError(
                f"lasting_hours ({self.lasting_hours}) must not be more than within_hours ({self.within_hours})."
            )
        if not self.within_hours < 24 * self.usual_since_days <= 24 * self.usual_days:
            raise ValueError(
                f"usual_since_days ({self.usual_since_days}) must be longer than within_hours ({self.within_hours}),"
                f" and no longer than usual_days ({self.usual_days})."
            )
        return self

    @property
    def usual(self) -> Stretch:
        return Stretch(self.usual_days, self.within_hours, self.usual_readings, self.usual_since_days)

    @property
    def signs(self) -> frozenset[VitalSign]:
        """The signs that are followed."""
        return frozenset({*self.below, *self.above})


class SoftSigns(_Options):
    """So many soft signs at once, whatever is measured."""

    at_least: StrictInt = Field(ge=1, le=12)
