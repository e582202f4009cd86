"""The sets a home owes each resident today: one full set at each of its rounds.

Guards: done means a full set within the round; part of one is "incomplete". Day and hours are those of London.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from api.web.presenters import signs
from api.web.presenters.moments import LONDON, clock

# How long before its hour a round opens, and after it is overdue. Our starting values.
OPENS_BEFORE = timedelta(hours=1)
OVERDUE_AFTER = timedelta(hours=1)


class State(StrEnum):
    """How one resident's round stands."""

    DONE = "done"
    DONE_LATE = "done_late"
    INCOMPLETE = "incomplete"
    INCOMPLETE_OVERDUE = "incomplete_overdue"
    DUE = "due"
    OVERDUE = "overdue"
    LATER = "later"
    PAUSED = "paused"


DONE = frozenset({State.DONE, State.DONE_LATE})
# The states in which a round still wants a full set.
OWED = frozenset({State.DUE, State.OVERDUE, State.INCOMPLETE, State.INCOMPLETE_OVERDUE})


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a day: it takes what is observed from `opens_at` until `closes_at`."""

    label: str
    opens_at: datetime
    overdue_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One reading of a resident: when, and which scored signs it gave."""

    at: datetime
    signs: Collection[str]


@dataclass(frozen=True, slots=True)
class Cell:
    """How one resident's round stands, in words."""

    state: State
    words: str
    detail: str | None = None


def rounds_of(hours: Sequence[int], day: date) -> tuple[Round, ...]:
    """Return the rounds of a day; each takes readings until the next one opens, the last until midnight."""
    starts = [datetime(day.year, day.month, day.day, hour, tzinfo=LONDON) for hour in sorted(set(hours))]
    opens = [start - OPENS_BEFORE for start in starts]
    midnight = datetime(day.year, day.month, day.day, tzinfo=LONDON) + timedelta(days=1)
    return tuple(
        Round(f"{start:%H:%M}", opened, start + OVERDUE_AFTER, until)
        for start, opened, until in zip(starts, opens, [*opens[1:], midnight], strict=False)
    )


def midnight(now: datetime) -> datetime:
    """Return when today began in London."""
    return now.astimezone(LONDON).replace(hour=0, minute=0, second=0, microsecond=0)


def cell(
    one: Round,
    seen: Sequence[Glimpse],
    full_sets: Sequence[datetime],
    *,
    scored: bool,
    paused: str | None,
    now: datetime,
) -> Cell:
    """Return how one round stands for one resident. Without a score, all signs within the round are a full set."""
    within = [glimpse for glimpse in seen if one.opens_at <= glimpse.at < one.closes_at]
    done_at = _done_at(one, within, full_sets, scored=scored)
    if done_at is not None:
        late = done_at >= one.overdue_at
        words = "Done late" if late else "Done"
        return Cell(
            State.DONE_LATE if late else State.DONE, words, clock(done_at, now).removeprefix("today ")
        )
    if paused is not None:
        return Cell(State.PAUSED, "Paused", paused)
    if now < one.opens_at:
        return Cell(State.LATER, "Later")
    overdue = now >= one.overdue_at
    if within:
        missing = set(signs.SCORED) - {sign for glimpse in within for sign in glimpse.signs}
        detail = f"still needed: {signs.asked(missing)}" if missing else "the signs lie too far apart"
        words = "Incomplete, overdue" if overdue else "Incomplete"
        return Cell(State.INCOMPLETE_OVERDUE if overdue else State.INCOMPLETE, words, detail)
    return Cell(State.OVERDUE, "Overdue") if overdue else Cell(State.DUE, "Due")


def _done_at(
    one: Round, within: Sequence[Glimpse], full_sets: Sequence[datetime], *, scored: bool
) -> datetime | None:
    if scored:
        return next((at for at in full_sets if one.opens_at <= at < one.closes_at), None)
    gathered: set[str] = set()
    for glimpse in within:
        gathered |= set(glimpse.signs)
        if gathered >= set(signs.SCORED):
            return glimpse.at
    return None


def outside(rounds: Sequence[Round], full_set: datetime) -> str | None:
    """Return "Last full set at 01:42", where no round takes it."""
    if any(one.opens_at <= full_set < one.closes_at for one in rounds):
        return None
    return f"Last full set at {full_set.astimezone(LONDON):%H:%M}"


def current(rounds: Sequence[Round], now: datetime) -> int | None:
    """Return the index of the current round; None before the first one opens."""
    opened = [number for number, one in enumerate(rounds) if one.opens_at <= now]
    return opened[-1] if opened else None
