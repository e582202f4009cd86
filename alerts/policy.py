"""What a hub has decided, as versioned data: thresholds, severities, response deadlines and clocks.

Guards: rules take from a policy every number that a clinician may want to change. The defaults are ours, for
a clinical safety officer to confirm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from alerts.options import SHOWN_STRETCH, Drift, Rise, SoftSigns, Stretch, Trend
from alerts.severity import Severity
from devices.vital_signs import VitalSign

# The longest window that a policy may set; ingest reads this much history for a late reading.
LONGEST_WINDOW = timedelta(hours=4)
# A longer time is a slip of the hand. A far longer one is outside the calendar, and nothing could be judged.
_MONTH_HOURS = 30 * 24
_MONTH_MINUTES = 60 * _MONTH_HOURS


class Policy(BaseModel):
    """One version of a hub's policy. Times in minutes, except where a name says hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    window: StrictInt = Field(
        gt=0, le=LONGEST_WINDOW // timedelta(minutes=1), description="Readings that may join in one score."
    )
    high_from: StrictInt = Field(ge=1, le=20)
    medium_from: StrictInt = Field(ge=1, le=20)
    deadline: Mapping[Severity, Annotated[StrictInt, Field(gt=0, le=_MONTH_MINUTES)]]
    act_within: StrictInt = Field(
        gt=0, le=_MONTH_MINUTES, description="A late reading this fresh still raises an escalation."
    )
    answer_within: StrictInt = Field(
        gt=0, le=24 * 60, description="How long a worker has to measure a deciding sign."
    )
    red_vital_sign: Severity | None = Field(description="One sign that scores 3; null: not by itself.")
    could_not_be_excluded: Severity | None = Field(description="null: nobody is asked for what is missing.")
    unrecordable: Severity
    unresponsive: Severity = Field(description="Responds only to pain, or not at all, whatever the score.")
    unscored: Severity
    without_score: Severity = Field(description="A value outside `limits` where NEWS2 is not used.")
    personal_limit: Severity = Field(description="A value outside a limit of the resident's own.")
    limits: Mapping[VitalSign, tuple[Decimal, Decimal]] = Field(
        description="What is not remarked on where NEWS2 is not used, ends included, in each sign's unit."
    )
    silent_after_hours: StrictInt = Field(gt=0, le=_MONTH_HOURS)
    kit_quiet_after: StrictInt = Field(
        gt=0, le=_MONTH_MINUTES, description="A kit not heard for so long is said on the pages."
    )
    kit_silent_after_hours: StrictInt = Field(
        gt=0, le=_MONTH_HOURS, description="It is an escalation for whoever has no other way to be heard."
    )
    rise: Rise | None = None
    trend: Trend | None = None
    drift: Drift | None = None
    soft_signs: SoftSigns | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.medium_from > self.high_from:
            raise ValueError(
                f"medium_from ({self.medium_from}) must not be above high_from ({self.high_from})."
            )
        if missing := [str(severity) for severity in Severity if severity not in self.deadline]:
            raise ValueError(f"deadline gives no time for {', '.join(missing)}.")
        if crossed := [str(sign) for sign, (low, high) in self.limits.items() if low > high]:
            raise ValueError(f"limits has the lower one above the upper one for {', '.join(crossed)}.")
        return self

    def deadline_at(self, severity: Severity, at: datetime) -> datetime:
        """Return when the hub must have answered."""
        return at + timedelta(minutes=self.deadline[severity])

    @property
    def passes_over_a_red_sign(self) -> bool:
        """Whether one sign that scores 3 may raise nothing, and ask for nothing, while other signs are missing."""
        by_itself = self.red_vital_sign is not None or self.medium_from <= 3
        return not by_itself and self.could_not_be_excluded is None

    def in_force(self) -> Self:
        """Return the policy as it holds: with the shipped `red_vital_sign` if it would pass over a red sign."""
        if not self.passes_over_a_red_sign:
            return self
        return self.model_copy(update={"red_vital_sign": SHIPPED.red_vital_sign})

    @property
    def usual(self) -> Stretch:
        """The stretch that tells what is usual: the drift rule's own, or else the one the pages use."""
        return SHOWN_STRETCH if self.drift is None else self.drift.usual

    @property
    def composition_window(self) -> timedelta:
        return timedelta(minutes=self.window)


# In force where the database has no default that can be read: the numbers of the first migration.
SHIPPED = Policy.model_validate(
    {
        "version": "shipped",
        "window": 30,
        "high_from": 7,
        "medium_from": 5,
        "deadline": {"high": 15, "medium": 60, "low_medium": 60, "concern": 120, "silent": 240},
        "act_within": 240,
        "answer_within": 30,
        "red_vital_sign": "low_medium",
        "could_not_be_excluded": "low_medium",
        "unrecordable": "low_medium",
        "unresponsive": "high",
        "unscored": "high",
        "without_score": "low_medium",
        "personal_limit": "low_medium",
        "limits": {
            "respiration_rate": [9, 24],
            "spo2": [92, 100],
            "systolic": [91, 219],
            "pulse": [41, 130],
            "temperature": ["35.1", "39.0"],
        },
        "silent_after_hours": 26,
        "kit_quiet_after": 240,
        "kit_silent_after_hours": 12,
    }
)


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """The policies in force: a hub's own, else the default."""

    default: Policy
    of_hub: Mapping[UUID, Policy]

    def for_hub(self, hub_id: UUID) -> Policy:
        return self.of_hub.get(hub_id, self.default)
