"""The hub's answer to an escalation, for the people who wait for it at the bedside.

Guards: the decision, the note, its author and its time are shown together. An answer is shown for a day, so that the
next shift sees it. One that was taken back is marked so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.queries.escalation import Escalation, TakenBack
from api.web.presenters import escalations
from api.web.presenters.moments import Moment, clock, moment

IN_SIGHT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An escalation the hub has answered."""

    resident_id: UUID
    resident: str
    synthetic: bool
    why: str
    answer: str
    note: str | None
    by: str
    closed: Moment
    in_sight: bool


def answer(one: Escalation, me: UUID, now: datetime) -> AnswerView | None:
    """Return what the hub decided; None while it has not."""
    if one.closed_at is None:
        return None
    return AnswerView(
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        why=one.why,
        answer=escalations.disposition(one.disposition),
        note=one.note,
        by=_by(one, me),
        closed=moment(one.closed_at, now),
        in_sight=now - one.closed_at <= IN_SIGHT,
    )


def taken_back(one: TakenBack, now: datetime, *, claimed: bool) -> str:
    """Return a sentence that an answer somebody may have read no longer holds."""
    what = f" ({escalations.disposition(one.disposition)})" if one.disposition else ""
    next_ = "is looking at it again" if claimed else "is to answer it again"
    return f"The hub took back its answer of {clock(one.answered_at, now)}{what}: it {next_}."


def _by(one: Escalation, me: UUID) -> str:
    if one.closed_by is not None and one.closed_by != me and not one.closed_by_name:
        return "somebody at the hub (their name is not shown to you)"
    return escalations.named(one.closed_by_name, one.closed_by, me)
