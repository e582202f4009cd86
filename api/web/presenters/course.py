"""How a resident has been while their case was open, in words: worst score, latest score, what was said.

Guards: a score is shown with its moment and its age, and an old one says that it does not describe the present. Where
there is none, the reason is given. What people said has its author and time.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.course import Bounds, Course
from api.queries.said import MOST_SAID, Said
from api.web.presenters import escalations, signs, soft_signs
from api.web.presenters.emergencies import emergency
from api.web.presenters.moments import Moment, moment
from api.web.presenters.vitals import FRESH

_SHORT = 110


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One score: which it is, its bounds, what they rest on, and from when it is old (None: not about the present)."""

    label: str
    bounds: str
    note: str | None
    taken: Moment
    old_from: str | None
    is_old: bool


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One thing that somebody said. `short` where it is too long for a row."""

    words: str
    short: str
    who: str
    at: Moment


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One finding and its time; it may no longer hold."""

    sentence: str
    found: Moment
    by_phone: bool


@dataclass(frozen=True, slots=True)
class CourseView:
    """The course of one case. `none` says why there is no score."""

    reasons: tuple[ReasonLine, ...]

    scores: tuple[ScoreLine, ...]
    none: str | None
    said: tuple[SaidLine, ...]
    more: bool
    """Whether there may be more than is shown."""


def course_view(course: Course, me: UUID, now: datetime, *, is_open: bool = True) -> CourseView:
    """Return one case as this person sees it now."""
    scores = () if course.not_scored else _scores(course, now, is_open=is_open)
    return CourseView(
        reasons=tuple(
            ReasonLine(one.sentence, moment(one.found_at, now), one.rule == "phone_call")
            for one in course.reasons
        ),
        scores=scores,
        none=None if scores else _none(course, now, is_open=is_open),
        said=tuple(_said(one, me, now) for one in course.said),
        more=len(course.said) >= MOST_SAID or course.read_from > course.since,
    )


def _scores(course: Course, now: datetime, *, is_open: bool) -> tuple[ScoreLine, ...]:
    worst, latest = course.worst, course.latest
    if not is_open:
        return () if worst is None else (_line("Worst while open", worst, now),)
    if latest is None:
        return () if worst is None else (_line(_worst(course), worst, now),)
    if worst is None:
        return (_line("Last, before it was raised", latest, now, present=True),)
    if _same(worst, latest):
        return (_line("Worst and latest", latest, now, present=True),)
    return (_line(_worst(course), worst, now), _line("Latest", latest, now, present=True))


def _worst(course: Course) -> str:
    return "Worst since raised" if course.read_from <= course.since else "Worst of the last 30 days"


def _same(one: Bounds, other: Bounds) -> bool:
    return (one.low, one.high, one.assumed_air) == (other.low, other.high, other.assumed_air)


def _line(label: str, score: Bounds, now: datetime, *, present: bool = False) -> ScoreLine:
    old_from = score.effective_at + FRESH
    notes = ("air assumed" if score.assumed_air else "", "incomplete set" if score.low != score.high else "")
    return ScoreLine(
        label=label,
        bounds=signs.bounds(score.low, score.high),
        note=", ".join(filter(None, notes)) or None,
        taken=moment(score.effective_at, now),
        old_from=old_from.isoformat() if present else None,
        is_old=present and now > old_from,
    )


def _none(course: Course, now: datetime, *, is_open: bool) -> str:
    if course.not_scored:
        return "NEWS2 is not used for them"
    if not is_open:
        return "Not scored while open"
    if course.last_arrived_at is None:
        return "Nobody has measured them yet"
    return f"No score in 30 days; something last came {moment(course.last_arrived_at, now).clock}"


def _said(one: Said, me: UUID, now: datetime) -> SaidLine:
    urgent = emergency(one.emergency_signs, phoned=one.phoned_999)
    quoted = f"“{one.words}”" if one.words else ""
    noted = [f"{part}." for part in (urgent, _changes(one), _worry(one)) if part]
    words = " ".join(filter(None, (*noted, quoted)))
    short = words if len(words) <= _SHORT else f"{words[:_SHORT].rsplit(' ', 1)[0]} …"
    return SaidLine(words, short, _who(one, me), moment(one.at, now))


def _changes(one: Said) -> str:
    return f"Changes seen: {soft_signs.changes(one.soft_signs)}" if one.soft_signs else ""


def _worry(one: Said) -> str:
    return f"Worried: {soft_signs.WORRIED.get(one.worry, one.worry)}" if one.worry else ""


def _who(one: Said, me: UUID) -> str:
    if one.by_phone:
        kept = ", kept at the hub" if one.stays_at_hub else ""
        return f"By phone to {escalations.named(one.by_name, one.by, me)}{kept}"
    if one.by is None:
        return "With a reading, not known who"
    known_by = signs.KNOWN_BY.get(one.known_by or "")
    return f"With a reading, {escalations.named(one.by_name, one.by, me)}" + (
        f" ({known_by})" if known_by else ""
    )
