"""A home's day for its manager, and for the care worker who goes round.

Guards: done, incomplete, due and overdue are words; synthetic residents are counted apart; the hub's answer to an
escalation is shown as the hub wrote it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.escalation import Escalation
from api.queries.home import FullSet, Home, Lives, Observed
from api.web.presenters import escalations, signs
from api.web.presenters.moments import Deadline, Moment, clock, deadline, london_day, moment
from api.web.presenters.rounds import NEED, Cell, Glimpse, Round, State, cell, current, rounds_of


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """One resident's day."""

    resident_id: UUID
    name: str
    synthetic: bool
    has_ceiling: bool
    in_escalation: bool
    cells: tuple[Cell, ...]
    now: Cell | None


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An escalation the hub has not answered."""

    resident_id: UUID
    resident: str
    synthetic: bool
    severity: str
    severity_words: str
    why: str
    wait: Deadline
    state: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An escalation the hub has answered."""

    resident_id: UUID
    resident: str
    synthetic: bool
    why: str
    answer: str
    note: str | None
    by: str
    closed: Moment


@dataclass(frozen=True, slots=True)
class Day:
    """A home today."""

    home_id: UUID
    name: str
    kind: str
    hub: str
    hub_phone: str
    rounds: tuple[str, ...]
    this_round: str | None
    summary: tuple[str, ...]
    rows: tuple[ResidentRow, ...]
    open: tuple[OpenRow, ...]
    answers: tuple[AnswerRow, ...]


_KINDS = {"care_home": "Care home", "home_care_round": "Home-care round"}


def day(
    home: Home,
    lives: Sequence[Lives],
    observed: Sequence[Observed],
    full_sets: Sequence[FullSet],
    cases: Sequence[Escalation],
    *,
    me: UUID,
    now: datetime,
) -> Day:
    """The home's day as it stands now."""
    rounds = rounds_of(home.rounds, london_day(now))
    number = current(rounds, now)
    open_ = {one.resident_id for one in cases if one.state != "closed"}
    rows = tuple(_rows(lives, observed, full_sets, rounds, number, open_, now))
    return Day(
        home_id=home.home_id,
        name=home.name,
        kind=_KINDS.get(home.kind, signs.plain(home.kind)),
        hub=home.hub_name,
        hub_phone=home.hub_phone,
        rounds=tuple(one.label for one in rounds),
        this_round=None if number is None else rounds[number].label,
        summary=summary(rows),
        rows=rows,
        open=tuple(_open(one, me, now) for one in cases if one.state != "closed"),
        answers=tuple(_answer(one, me, now) for one in cases if one.closed_at is not None),
    )


def by_need(rows: Sequence[ResidentRow]) -> tuple[ResidentRow, ...]:
    """Residents in the order a care worker should turn to them."""
    return tuple(sorted(rows, key=lambda row: NEED.index(row.now.state) if row.now else len(NEED)))


def _rows(
    lives: Sequence[Lives],
    observed: Sequence[Observed],
    full_sets: Sequence[FullSet],
    rounds: Sequence[Round],
    number: int | None,
    open_: set[UUID],
    now: datetime,
) -> list[ResidentRow]:
    seen: Mapping[UUID, list[Glimpse]] = defaultdict(list)
    for one in observed:
        seen[one.resident_id].append(Glimpse(one.effective_at, one.signs))
    full: Mapping[UUID, list[datetime]] = defaultdict(list)
    for full_set in full_sets:
        full[full_set.resident_id].append(full_set.effective_at)
    made: list[ResidentRow] = []
    for one in lives:
        cells = tuple(
            cell(
                round_,
                seen[one.resident_id],
                sorted(full[one.resident_id]),
                scored=one.no_score_reason is None,
                paused=_paused(one, now),
                now=now,
            )
            for round_ in rounds
        )
        made.append(
            ResidentRow(
                resident_id=one.resident_id,
                name=one.name,
                synthetic=one.synthetic,
                has_ceiling=one.has_ceiling,
                in_escalation=one.resident_id in open_,
                cells=cells,
                now=None if number is None else cells[number],
            )
        )
    return made


def _paused(one: Lives, now: datetime) -> str | None:
    if one.pause_reason is None or one.pause_ends_at is None:
        return None
    return f"{one.pause_reason}, until {clock(one.pause_ends_at, now)}"


_COUNTED = (
    ("done", (State.DONE, State.DONE_LATE)),
    ("incomplete", (State.INCOMPLETE, State.INCOMPLETE_OVERDUE)),
    ("due", (State.DUE,)),
    ("overdue", (State.OVERDUE, State.INCOMPLETE_OVERDUE)),
)


def summary(rows: Sequence[ResidentRow]) -> tuple[str, ...]:
    """Counts over all rounds of the day so far; synthetic residents only where there is nobody else."""
    real = [row for row in rows if not row.synthetic]
    counted = Counter(cell_.state for row in real or rows for cell_ in row.cells)
    words = tuple(f"{sum(counted[state] for state in states)} {name}" for name, states in _COUNTED)
    synthetic = len(rows) - len(real)
    if not synthetic:
        return words
    return (*words, f"not counted: {synthetic} synthetic" if real else "all of them synthetic")


def _open(one: Escalation, me: UUID, now: datetime) -> OpenRow:
    claimed = one.state == "claimed"
    by = escalations.named(one.claimed_by_name, one.claimed_by, me)
    return OpenRow(
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        severity=one.severity,
        severity_words=escalations.SEVERITIES.get(one.severity, signs.plain(one.severity)),
        why=one.why,
        wait=deadline(one.raised_at, one.deadline_at, now),
        state=f"Claimed by {by} at the hub" if claimed else "Waiting at the hub; nobody has claimed it",
    )


def _answer(one: Escalation, me: UUID, now: datetime) -> AnswerRow:
    return AnswerRow(
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        why=one.why,
        answer=escalations.disposition(one.disposition),
        note=one.note,
        by=escalations.named(one.closed_by_name, one.closed_by, me),
        closed=moment(one.closed_at or now, now),
    )
