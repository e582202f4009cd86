"""Records opened from outside their hub, in words for those who answer for the residents.

Guards: each sentence says who, from where, why and until when. None accuses anybody.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.glass import Broken, InVain, Open, Unseen
from api.web.presenters import escalations
from api.web.presenters.moments import Moment, clock, moment
from delegation.break_glass import Desk, Reason

NOTED = "Noted, with your name: you have seen that this record was opened."
PLACES = {Desk.HOME: "homes", Desk.HUB: "hubs"}
REASONS = {
    Reason.DANGER_NOW: "They are in danger now",
    Reason.COVERING: "We are covering for their hub",
    Reason.CALLED_HERE: "They, or somebody with them, phoned this hub",
    Reason.MOVING: "They are being moved to or from here",
}


@dataclass(frozen=True, slots=True)
class GlassView:
    """One opening that nobody has acknowledged."""

    glass_id: UUID
    resident_id: UUID
    resident: str
    synthetic: bool
    home: str
    who: str
    why: str
    words: str
    opened: Moment
    until: str


@dataclass(frozen=True, slots=True)
class UnseenView:
    """A desk with openings to acknowledge."""

    says: str
    href: str


@dataclass(frozen=True, slots=True)
class OpenView:
    """A record that the actor may still read, until then."""

    href: str
    resident: str
    until: str


def views(broken: list[Broken], now: datetime) -> list[GlassView]:
    """Return the openings in the order given."""
    return [_view(one, now) for one in broken]


def through_glass(until: datetime | None, now: datetime) -> str | None:
    """Return what the person who opened it reads above the record."""
    if until is None:
        return None
    return (
        f"You opened this record from outside your hub. You can read it until {clock(until, now)}, and change nothing."
        " The home's manager and the lead of its hub are told."
    )


def unseen(desks: list[Unseen]) -> list[UnseenView]:
    """Return the desks with unacknowledged openings, for the start page."""
    return [_unseen(one) for one in desks]


def still_open(records: list[Open], now: datetime) -> list[OpenView]:
    """Return the actor's open records, as links."""
    return [
        OpenView(f"/residents/{one.resident_id}", one.resident_name, clock(one.ends_at, now))
        for one in records
    ]


def in_vain(tries: list[InVain], days: int) -> list[str]:
    """Return vain tries for the hub's lead, without blame: a number is easily mistyped."""
    return [
        f"{escalations.named(one.person_name, one.person_id)} tried in vain {_times(one.tries)} in the last {days} days"
        " to open a record from outside this hub: the NHS number and the date of birth together fitted nobody, or they"
        " had tried too often. What was typed is not kept."
        for one in tries
    ]


def counted(number: int) -> str:
    """Return how often glass was broken, for an operator."""
    times = "no record was" if number == 0 else "1 record was" if number == 1 else f"{number} records were"
    return f"In the last 30 days {times} opened from outside the resident's hub."


def _unseen(one: Unseen) -> UnseenView:
    records = "1 resident's record was" if one.residents == 1 else f"{one.residents} residents' records were"
    says = f"{one.name}: {records} opened from outside their hub, and nobody has said that they have seen it."
    return UnseenView(says, f"/{PLACES[Desk(one.desk)]}/{one.place_id}")


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _view(one: Broken, now: datetime) -> GlassView:
    who = escalations.named(one.person_name, one.person_id)
    return GlassView(
        glass_id=one.break_glass_id,
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        home=one.home_name,
        who=f"{who}, {one.hub_names}" if one.hub_names else who,
        why={str(code): words for code, words in REASONS.items()}.get(one.reason, one.reason),
        words=one.words or "What they wrote was erased with the resident's records.",
        opened=moment(one.opened_at, now),
        until=f"It closes again {clock(one.ends_at, now)}; until then they can read it and change nothing."
        if one.ends_at > now
        else f"It was open until {clock(one.ends_at, now)}; they could read it and change nothing.",
    )
