"""What a hub has decided: thresholds, severities, response deadlines and clocks, as versioned data.

Guards: no number that a clinician may want to change lives in code; the defaults are ours to start from, for a
clinical safety officer to confirm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Severity(StrEnum):
    """How grave an escalation is, gravest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW_MEDIUM = "low_medium"
    CONCERN = "concern"
    SILENT = "silent"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return list(Severity).index(self)


class Policy(BaseModel):
    """One version of a hub's policy. Times in minutes, except where a name says hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    window: int = Field(gt=0, le=24 * 60, description="Readings that may join in one score.")
    high_from: int = Field(ge=1, le=20)
    medium_from: int = Field(ge=1, le=20)
    deadline: Mapping[Severity, int]
    act_within: int = Field(gt=0, description="A late reading this fresh still raises an escalation.")
    answer_within: int = Field(gt=0, description="How long a worker has to measure a deciding sign.")
    could_not_be_excluded: Severity
    unrecordable: Severity
    unscored: Severity
    silent_after_hours: int = Field(gt=0)

    def deadline_at(self, severity: Severity, at: datetime) -> datetime:
        """When the hub must have answered."""
        return at + timedelta(minutes=self.deadline[severity])

    @property
    def composition_window(self) -> timedelta:
        return timedelta(minutes=self.window)


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """The policies in force: a hub's own, else the default."""

    default: Policy
    of_hub: Mapping[UUID, Policy]

    def for_hub(self, hub_id: UUID) -> Policy:
        return self.of_hub.get(hub_id, self.default)
