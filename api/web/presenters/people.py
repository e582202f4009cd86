"""Roles and invitations in words, for those who give them and those who take them.

Guards: a role is always shown with its end, or the words that it has none.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.web.presenters.moments import calendar_day, clock, london_day
from delegation.gift import Held, Waiting
from delegation.invitation import Offered
from delegation.people import Role

WORDS = {
    Role.CARE_WORKER: "Care worker",
    Role.CARER: "Family carer",
    Role.HUB_CLINICIAN: "Clinician of the hub",
}


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A role that somebody holds there."""

    assignment_id: UUID
    name: str
    role: str
    until: str
    may_end: bool
    extends_to: str | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An invitation that nobody has taken yet."""

    invitation_id: UUID
    name: str
    role: str
    until: str
    by: str | None


def held_row(held: Held, until: datetime) -> HeldRow:
    """Return a row of the list of who works there; `until` is the role's end if it is extended now."""
    longer = held.mine and held.ends_at is not None and held.ends_at < until
    return HeldRow(
        held.assignment_id,
        held.name,
        _role(held.role, held.resident),
        "no end is set" if held.ends_at is None else _day(held.ends_at),
        may_end=held.mine,
        extends_to=_day(until) if longer else None,
    )


def waiting_row(waiting: Waiting, now: datetime) -> WaitingRow:
    """Return a row of the list of who is invited."""
    return WaitingRow(
        waiting.invitation_id,
        waiting.name,
        _role(waiting.role, waiting.resident),
        clock(min(waiting.good_until, waiting.ends_at), now),
        waiting.invited_by,
    )


def offer_words(offered: Offered) -> str:
    """Return what a code is good for, for the person who has it."""
    role, place, until = WORDS[Role(offered.role)].lower(), offered.place, _day(offered.ends_at)
    if offered.role == Role.CARER:
        return f"{offered.name}, you are invited as {role} of somebody of {place}, until {until}."
    return f"{offered.name}, you are invited as {role} at {place}, until {until}."


def _role(role: str, resident: str | None) -> str:
    words = WORDS[Role(role)]
    return f"{words} of {resident}" if resident else words


def _day(ends_at: datetime) -> str:
    return calendar_day(london_day(ends_at))
