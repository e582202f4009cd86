"""The trainer's matrix: workers by activities, and how each sign-off stands.

Guards: in date, expiring, supervised, observing, lapsed, taken back and none have different words. Words for less than
a full sign-off begin with how far it goes. Nobody is offered to sign themselves off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.queries.matrix import Activity, SignOff, Worker
from api.web.presenters import escalations
from api.web.presenters.moments import calendar_day, london_day, span

EXPIRING = timedelta(days=30)
LEVELS = {
    "observe": "Observe only",
    "under_supervision": "Under supervision",
    "independent": "Independent",
    "may_supervise": "May supervise others",
}
MEANINGS = {
    "observe": "They may watch. This does not sign them off: their readings say so",
    "under_supervision": "They may do it while somebody who may supervise is with them",
    "independent": "They may do it alone",
    "may_supervise": "They may do it alone, and supervise others who do it",
}
# Words for less than a full sign-off begin with its level, in date or not.
_PARTIAL = {
    "observe": ("observe", "Observe only, not signed off"),
    "under_supervision": ("supervised", "Under supervision only"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one worker stands for one activity."""

    activity: str
    label: str
    state: str
    words: str
    detail: str | None
    competence_id: UUID | None  # the sign-off that may be revoked
    href: str | None  # where to sign off


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One worker across all activities."""

    person_id: UUID
    name: str
    oneself: bool
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Everybody the reader answers for."""

    activities: tuple[str, ...]
    rows: tuple[WorkerRow, ...]
    summary: tuple[str, ...]


def matrix(
    workers: Sequence[Worker],
    activities: Sequence[Activity],
    sign_offs: Sequence[SignOff],
    *,
    me: UUID,
    signs_off: bool,
    now: datetime,
) -> Matrix:
    """Return the matrix as one reader sees it; somebody who may not sign off is offered no action."""
    held = {(one.person_id, one.activity): one for one in sign_offs}
    rows = tuple(
        WorkerRow(
            person_id=worker.person_id,
            name=worker.name,
            oneself=worker.person_id == me,
            standings=tuple(
                _standing(worker, one, held.get((worker.person_id, one.activity)), me, now, offered=signs_off)
                for one in activities
            ),
        )
        for worker in workers
    )
    return Matrix(tuple(one.label for one in activities), rows, _summary(rows))


def _standing(
    worker: Worker, activity: Activity, held: SignOff | None, me: UUID, now: datetime, *, offered: bool
) -> Standing:
    state, words, detail = standing_words(held, me, now)
    offered = offered and worker.person_id != me
    stands = held is not None and held.revoked_at is None and held.valid_until > now
    return Standing(
        activity=activity.activity,
        label=activity.label,
        state=state,
        words=words,
        detail=detail,
        competence_id=held.competence_id if held and stands and offered else None,
        href=f"/training/sign-off?person={worker.person_id}&activity={activity.activity}"
        if offered
        else None,
    )


def standing_words(held: SignOff | None, me: UUID, now: datetime) -> tuple[str, str, str | None]:
    """Return a state's code, its words, and the details."""
    if held is None:
        return "none", "Not signed off", None
    by = f"by {escalations.named(held.assessor_name, held.assessor_id, me)}"
    until = calendar_day(london_day(held.valid_until))
    if held.revoked_at is not None:
        return "revoked", "Taken back", f"on {calendar_day(london_day(held.revoked_at))}"
    if held.valid_until <= now:
        return "lapsed", "Lapsed", f"on {until}"
    expiring = held.valid_until - now <= EXPIRING
    ends = f"in {span(held.valid_until - now)}, on {until}" if expiring else f"until {until}"
    if held.level in _PARTIAL:
        state, words = _PARTIAL[held.level]
        return state, f"{words}, expiring" if expiring else words, f"{ends}, {by}"
    level = LEVELS.get(held.level, held.level)
    return (
        ("expiring", "Expiring", f"{ends}. {level}, {by}")
        if expiring
        else ("in_date", "In date", f"{ends}. {level}, {by}")
    )


# Each state appears once, so that the counts add up to workers times activities.
_COUNTED = (
    ("in_date", "in date"),
    ("expiring", "expiring within 30 days"),
    ("supervised", "under supervision only"),
    ("observe", "observe only"),
    ("lapsed", "lapsed"),
    ("revoked", "taken back"),
    ("none", "not signed off"),
)


def _summary(rows: Sequence[WorkerRow]) -> tuple[str, ...]:
    states = [standing.state for row in rows for standing in row.standings]
    return tuple(f"{states.count(state)} {words}" for state, words in _COUNTED)
