"""The hub's queue at one glance: what is urgent, for whom, why, and until when.

Guards: overdue and incomplete are words. Synthetic residents are marked and counted apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts.cases.desk import UNDO_WITHIN
from api.queries.course import Course
from api.queries.queue import Closed, Part, Totals, Waiting
from api.web.presenters import escalations, signs
from api.web.presenters.course import CourseView, course_view
from api.web.presenters.moments import Deadline, Moment, deadline, maybe_moment, moment

NOBODY = "Nobody is waiting. New escalations appear here by themselves."


@dataclass(frozen=True, slots=True)
class Row:
    """One escalation that waits."""

    escalation_id: UUID
    resident_id: UUID
    resident: str
    synthetic: bool
    has_ceiling: bool
    home_id: UUID
    home: str
    severity: str
    severity_words: str
    course: CourseView
    why: str
    wait: Deadline
    state: str
    claimed: Moment | None
    may_claim: bool
    may_close: bool
    may_release: bool


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """One escalation closed a moment ago."""

    escalation_id: UUID
    resident_id: UUID
    resident: str
    synthetic: bool
    home: str
    disposition: str
    note: str | None
    by: str
    closed: Moment
    may_undo: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """The whole queue at one moment."""

    now_iso: str
    clock: str
    revision: int
    rows: tuple[Row, ...]
    closed: tuple[ClosedRow, ...]
    summary: tuple[str, ...]
    not_shown: str | None
    nobody: str
    later: bool
    onward: UUID | None
    """The last escalation shown, where others follow."""


def queue(
    waiting: Part,
    courses: Mapping[UUID, Course],
    closed: Sequence[Closed],
    totals: Totals,
    revision: int,
    *,
    me: UUID,
    now: datetime,
    lead: bool = False,
) -> Queue:
    """Return the queue as one person sees it now; a hub lead may release what colleagues claimed."""
    return Queue(
        now_iso=now.isoformat(),
        clock=moment(now, now).clock.removeprefix("today "),
        revision=revision,
        # A case without a course has left the hub since it was read, with its resident or their records.
        rows=tuple(
            _row(one, courses[one.escalation_id], me, now, lead=lead)
            for one in waiting.rows
            if one.escalation_id in courses
        ),
        closed=tuple(_closed(one, me, now) for one in closed),
        summary=_summary(totals),
        not_shown=_not_shown(totals, waiting),
        nobody="Nobody comes after that." if waiting.later else NOBODY,
        later=waiting.later,
        onward=waiting.rows[-1].escalation_id if waiting.more else None,
    )


def _row(one: Waiting, course: Course, me: UUID, now: datetime, *, lead: bool) -> Row:
    mine = one.claimed_by == me
    claimed = one.state == "claimed"
    by = escalations.named(one.claimed_by_name, one.claimed_by, me)
    return Row(
        escalation_id=one.escalation_id,
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        has_ceiling=one.has_ceiling,
        home_id=one.home_id,
        home=one.home_name,
        severity=one.severity,
        severity_words=escalations.SEVERITIES.get(one.severity, signs.plain(one.severity)),
        course=course_view(course, me, now),
        why=one.why,
        wait=deadline(one.raised_at, one.deadline_at, now),
        state=f"Claimed by {by}" if claimed else "Not claimed",
        claimed=maybe_moment(one.claimed_at, now) if claimed else None,
        may_claim=not claimed,
        may_close=claimed and mine,
        may_release=claimed and (mine or lead),
    )


def _closed(one: Closed, me: UUID, now: datetime) -> ClosedRow:
    return ClosedRow(
        escalation_id=one.escalation_id,
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        home=one.home_name,
        disposition=escalations.disposition(one.disposition),
        note=one.note,
        by=escalations.named(one.closed_by_name, one.closed_by, me),
        closed=moment(one.closed_at, now),
        may_undo=one.closed_by == me and now - one.closed_at <= UNDO_WITHIN,
    )


def _summary(totals: Totals) -> tuple[str, ...]:
    """Return the totals at the top; synthetic residents are never added to real ones."""
    real = _counts(totals.waiting, totals.claimed, totals.overdue, totals.claimed_overdue)
    synthetic = _counts(
        totals.synthetic_waiting,
        totals.synthetic_claimed,
        totals.synthetic_overdue,
        totals.synthetic_claimed_overdue,
    )
    if not totals.synthetic_waiting + totals.synthetic_claimed:
        return real
    if not totals.waiting + totals.claimed:
        return (*synthetic, "all of them synthetic")
    return (*real, f"not counted, because synthetic: {', '.join(synthetic)}")


def _counts(waiting: int, claimed: int, overdue: int, claimed_overdue: int) -> tuple[str, ...]:
    late = f"{overdue} overdue" + (f" ({claimed_overdue} of them claimed)" if claimed_overdue else "")
    return f"{waiting} waiting", f"{claimed} claimed", late


def _not_shown(totals: Totals, part: Part) -> str | None:
    total = totals.waiting + totals.claimed + totals.synthetic_waiting + totals.synthetic_claimed
    if part.later:
        return f"These are {len(part.rows)} of {total}. Whoever is more urgent stands before them, new escalations too."
    return f"The first {len(part.rows)} of {total} are shown, in this order." if part.more else None
