"""What has been decided for one resident: SpO2 scale, assumed air, pauses and limits of their own.

Guards: scale 2 applies only under an authorisation in force at the time of the reading. An overdue review never ends
it; only its revocation or its own end does. Source: RCP, NEWS2, 2017; what an overdue review does is our default, for a
clinician to confirm.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ScaleAuthorisation:
    """A clinical decision-maker's authorisation to score a resident on SpO2 scale 2."""

    starts_at: datetime
    review_by: datetime
    ends_at: datetime | None
    revoked_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        ends = [end for end in (self.ends_at, self.revoked_at) if end is not None]
        return self.starts_at <= at and all(at < end for end in ends)


@dataclass(frozen=True, slots=True)
class AirRecord:
    """A record that no oxygen is in use at the resident's address, until it is cancelled."""

    recorded_at: datetime
    cancelled_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        return self.recorded_at <= at and (self.cancelled_at is None or at < self.cancelled_at)


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of time in which a resident is not watched."""

    starts_at: datetime
    ends_at: datetime

    def in_force(self, at: datetime) -> bool:
        return self.starts_at <= at < self.ends_at


@dataclass(frozen=True, slots=True)
class PersonalLimit:
    """A resident's own limit for one vital sign: a value under `low` or over `high` is remarked on."""

    sign: str
    low: Decimal | None
    high: Decimal | None
    starts_at: datetime
    revoked_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.revoked_at is None or at < self.revoked_at)


@dataclass(frozen=True, slots=True)
class Authority:
    """All decisions about one resident that scoring needs."""

    scales: Sequence[ScaleAuthorisation] = ()
    air: Sequence[AirRecord] = ()
    limits: Sequence[PersonalLimit] = ()
    no_score_reason: str | None = None

    def spo2_scale(self, at: datetime) -> int:
        """Return the SpO2 scale, 1 or 2, for a reading at this moment."""
        return 2 if any(one.in_force(at) for one in self.scales) else 1

    def air_assumed(self, at: datetime, oxygen_seen: Collection[datetime] = ()) -> bool:
        """Return whether a reading without an oxygen entry may be scored as on air.

        Oxygen seen at any of `oxygen_seen` ends that until a new record is made.
        """
        return any(
            one.in_force(at) and not any(one.recorded_at <= seen <= at for seen in oxygen_seen)
            for one in self.air
        )
