"""Times as people read them: Europe/London, with the day and the age.

Guards: every time shown has its day and its age.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment: `iso` for machines, `clock` and `age` for people."""

    iso: str
    clock: str
    age: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long something has waited, and how it stands against its deadline."""

    raised_iso: str
    deadline_iso: str
    waiting: str
    standing: str
    overdue: bool


def moment(at: datetime, now: datetime) -> Moment:
    """Return a moment as seen now."""
    return Moment(at.isoformat(), clock(at, now), age(at, now))


def maybe_moment(at: datetime | None, now: datetime) -> Moment | None:
    """Return the same, or None for None."""
    return None if at is None else moment(at, now)


def clock(at: datetime, now: datetime) -> str:
    """Return "today 14:02", "yesterday 14:02" or "Sat 21 Nov 14:02", with the year if it is another."""
    here, today = at.astimezone(LONDON), now.astimezone(LONDON).date()
    time = here.strftime("%H:%M")
    days = (today - here.date()).days
    if days in _NEAR_DAYS:
        return f"{_NEAR_DAYS[days]} {time}"
    return f"{_day(here.date(), today)} {time}"


_NEAR_DAYS = {0: "today", 1: "yesterday", -1: "tomorrow"}


def _day(day: date, today: date) -> str:
    words = f"{day:%a} {day.day} {day:%b}"
    return words if day.year == today.year else f"{words} {day.year}"


def full_clock(at: datetime) -> str:
    """Return "Sunday 22 November 2026, 14:02", for print, which is read on other days."""
    here = at.astimezone(LONDON)
    return f"{here:%A} {here.day} {here:%B} {here.year}, {here:%H:%M}"


def calendar_day(day: date) -> str:
    """Return "22 November 2026"."""
    return f"{day.day} {day:%B} {day.year}"


def london_day(at: datetime) -> date:
    """Return the day in London."""
    return at.astimezone(LONDON).date()


def age(at: datetime, now: datetime) -> str:
    """Return "just now", "12 min ago" or "3 days ago"; for the future "in 12 min"."""
    passed = now - at
    if abs(passed) < timedelta(minutes=1):
        return "just now"
    return f"{span(passed)} ago" if passed > timedelta(0) else f"in {span(-passed)}"


def span(length: timedelta) -> str:
    """Return "less than 1 min", "12 min", "1 h 5 min", "30 h" or "3 days", rounded down."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "less than 1 min"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    if hours < 10 and rest:
        return f"{hours} h {rest} min"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def deadline(raised_at: datetime, deadline_at: datetime, now: datetime) -> Deadline:
    """Return a wait against its deadline; at the deadline itself it is overdue."""
    left = deadline_at - now
    overdue = left <= timedelta(0)
    standing = f"Overdue by {span(-left)}" if overdue else f"{span(left)} left"
    return Deadline(
        raised_at.isoformat(),
        deadline_at.isoformat(),
        span(max(now - raised_at, timedelta(0))),
        standing,
        overdue,
    )


def years_old(born_on: date, now: datetime) -> int:
    """Return the age in whole years, today in London."""
    today = london_day(now)
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
