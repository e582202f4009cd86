"""The trainer's matrix: workers by activities, and how each sign-off stands.

Guards: in date, expiring, lapsed, taken back and none are different words; nobody is offered to sign themselves
off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.queries.matrix import Activity, SignOff, Worker
from api.web.presenters.moments import calendar_day, london_day, span

EXPIRING = timedelta(days=30)
LEVELS = {
    "observe": "Observe only",
    "under_supervision": "Under supervision",
    "independent": "Independent",
    "may_supervise": "May supervise others",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one worker stands for one activity."""

    activity: str
    label: str
    state: str
    words: str
    detail: str | None
    competence_id: UUID | None  # what may be taken back
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
    """Everybody the trainer answers for."""

    activities: tuple[str, ...]
    rows: tuple[WorkerRow, ...]
    summary: tuple[str, ...]


def matrix(
    workers: Sequence[Worker],
    activities: Sequence[Activity],
    sign_offs: Sequence[SignOff],
    *,
    me: UUID,
    now: datetime,
) -> Matrix:
    """The matrix as one trainer sees it."""
    held = {(one.person_id, one.activity): one for one in sign_offs}
    rows = tuple(
        WorkerRow(
            person_id=worker.person_id,
            name=worker.name,
            oneself=worker.person_id == me,
            standings=tuple(
                _standing(worker, one, held.get((worker.person_id, one.activity)), me, now)
                for one in activities
            ),
        )
        for worker in workers
    )
    return Matrix(tuple(one.label for one in activities), rows, _summary(rows))


def _standing(worker: Worker, activity: Activity, held: SignOff | None, me: UUID, now: datetime) -> Standing:
    state, words, detail = standing_words(held, now)
    oneself = worker.person_id == me
    stands = held is not None and held.revoked_at is None and held.valid_until > now
    return Standing(
        activity=activity.activity,
        label=activity.label,
        state=state,
        words=words,
        detail=detail,
        competence_id=held.competence_id if held and stands and not oneself else None,
        href=None
        if oneself
        else f"/training/sign-off?person={worker.person_id}&activity={activity.activity}",
    )


def standing_words(held: SignOff | None, now: datetime) -> tuple[str, str, str | None]:
    """A state's code, its words, and what lies behind it."""
    if held is None:
        return "none", "None", None
    level = LEVELS.get(held.level, held.level)
    by = f" by {held.assessor_name}" if held.assessor_name else ""
    until = calendar_day(london_day(held.valid_until))
    if held.revoked_at is not None:
        return "revoked", "Taken back", f"on {calendar_day(london_day(held.revoked_at))}"
    if held.valid_until <= now:
        return "lapsed", "Lapsed", f"on {until}"
    if held.valid_until - now <= EXPIRING:
        return "expiring", "Expiring", f"in {span(held.valid_until - now)}, on {until}. {level}{by}"
    return "in_date", "In date", f"until {until}. {level}{by}"


def _summary(rows: Sequence[WorkerRow]) -> tuple[str, ...]:
    states = [standing.state for row in rows for standing in row.standings]
    counted = (
        ("in_date", "in date"),
        ("expiring", "expiring within 30 days"),
        ("lapsed", "lapsed"),
        ("none", "none"),
    )
    return tuple(f"{states.count(state)} {words}" for state, words in counted)
