"""How findings become a case in a hub's queue: one open escalation per resident, which findings join.

Guards: severity only rises by itself, and a deadline only comes nearer. Only a person closes a case, never a
later reading. The sentence of a rule beside NEWS2 gives way to any other sentence that is as grave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from alerts.policy import Policy, Severity
from alerts.rules import ABOUT_SCORE, YIELDING, Finding


class Disposition(StrEnum):
    """What a hub decided when it closed an escalation."""

    ADVICE_GIVEN = "advice_given"
    REPEAT_READINGS = "repeat_readings"
    GP_TODAY = "gp_today"
    URGENT_COMMUNITY_RESPONSE = "urgent_community_response"
    VIRTUAL_WARD = "virtual_ward"
    SAME_DAY_EMERGENCY_CARE = "same_day_emergency_care"
    URGENT_TREATMENT_CENTRE = "urgent_treatment_centre"
    AMBULANCE_999 = "ambulance_999"


class EventKind(StrEnum):
    """What can happen to an escalation."""

    RAISED = "raised"
    JOINED = "joined"
    WORSENED = "worsened"
    CLAIMED = "claimed"
    RELEASED = "released"
    CLOSED = "closed"
    REOPENED = "reopened"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class OpenEscalation:
    """A resident's open case."""

    escalation_id: UUID
    hub_id: UUID
    severity: Severity
    deadline_at: datetime
    low: int | None = None
    """The score its sentence is about; None where it is about something else."""
    yields: bool = False
    """Its sentence is of what stands beside NEWS2: whatever else is as grave takes its place."""

    @property
    def rank(self) -> tuple[int, int]:
        """The rank of the sentence it shows (`rank`)."""
        return _rank(self.low, yields=self.yields)


@dataclass(frozen=True, slots=True)
class Step:
    """What findings do to the queue: `kind` is raised, joined or worsened."""

    kind: EventKind
    severity: Severity
    deadline_at: datetime
    why: str | None
    """The new sentence, None where the graver one that is there stays."""
    low: int | None
    """The score that the sentence, new or not, is about; None where it is about something else."""
    yields: bool = False
    """Whether the sentence, new or not, gives way to any other that is as grave."""

    def as_open(self, escalation_id: UUID, hub_id: UUID) -> OpenEscalation:
        """Return the case as it is after this step."""
        return OpenEscalation(escalation_id, hub_id, self.severity, self.deadline_at, self.low, self.yields)


def step(
    open_: OpenEscalation | None, found: Sequence[Finding], low: int | None, policy: Policy, at: datetime
) -> Step:
    """Return what these findings do to a resident's open case, or to the queue if there is none.

    `found` holds at least one finding; `low` is the least that the set they come from can score.
    """
    gravest = min(found, key=lambda one: (one.severity.rank, rank(one.rule, low)))
    score = low if gravest.rule in ABOUT_SCORE else None
    yields = gravest.rule in YIELDING
    deadline = policy.deadline_at(gravest.severity, at)
    if open_ is None:
        return Step(EventKind.RAISED, gravest.severity, deadline, gravest.sentence, score, yields)
    deadline = min(deadline, open_.deadline_at)
    if gravest.severity.rank < open_.severity.rank:
        return Step(EventKind.WORSENED, gravest.severity, deadline, gravest.sentence, score, yields)
    if gravest.severity == open_.severity and _rank(score, yields=yields) < open_.rank:
        return Step(EventKind.JOINED, open_.severity, deadline, gravest.sentence, score, yields)
    return Step(EventKind.JOINED, open_.severity, deadline, None, open_.low, open_.yields)


def rank(rule: str, low: int | None) -> tuple[int, int]:
    """Return the rank of a sentence; of sentences as grave, the one with the lowest rank is shown.

    Sentences about no score come first, then those about a score, the worst first. Sentences that yield come
    last. Between equals, the one that was there first stays.
    """
    return _rank(low if rule in ABOUT_SCORE else None, yields=rule in YIELDING)


def _rank(score: int | None, *, yields: bool) -> tuple[int, int]:
    return 2 if yields else 0 if score is None else 1, -(score or 0)
