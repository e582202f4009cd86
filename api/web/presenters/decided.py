"""Whose decision something is, and whether its review is due, in words.

Guards: an unchecked registration number is called so. An overdue review is shown, with the words that it ends nothing.
"""

from datetime import datetime, timedelta
from typing import Protocol

from api.web.presenters.moments import calendar_day, london_day

REVIEW_SOON = timedelta(days=30)


class OfClinician(Protocol):
    """A decision in force."""

    @property
    def clinician_name(self) -> str: ...
    @property
    def regulator(self) -> str: ...
    @property
    def regulator_number(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def decided_at(self) -> datetime: ...
    @property
    def review_by(self) -> datetime: ...
    @property
    def looked_up_at(self) -> datetime | None: ...


class Revoked(Protocol):
    """A decision that may have been revoked."""

    @property
    def revoked_at(self) -> datetime | None: ...
    @property
    def revoked_because(self) -> str | None: ...


def decided(one: OfClinician) -> str:
    """Return who decided it, when, and what it rests on."""
    day = calendar_day(london_day(one.decided_at))
    unchecked = "" if one.looked_up_at else " Nobody has recorded that they looked this number up."
    return f"Decided by {clinician(one)} on {day}: {one.reason.rstrip('.')}.{unchecked}"


def revoked(one: Revoked) -> str:
    """Return when it was revoked, and why."""
    ended, because = one.revoked_at, one.revoked_because
    if ended is None:
        raise ValueError("It is in force.")
    why = f": {because.rstrip('.')}" if because else ""
    return f"revoked on {calendar_day(london_day(ended))}{why}."


def clinician(one: OfClinician) -> str:
    """Return the clinician's name and number."""
    return f"{one.clinician_name} ({one.regulator} {one.regulator_number})"


def review(one: OfClinician, now: datetime, it: str = "it") -> str:
    """Return when the decision is due for review."""
    day = calendar_day(london_day(one.review_by))
    if one.review_by <= now:
        return f"Review overdue since {day}: {it} stays until a clinician decides."
    soon = "due soon, by" if one.review_by - now <= REVIEW_SOON else "due by"
    return f"Review {soon} {day}."
