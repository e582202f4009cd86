"""A home's day for its manager, and the round for care workers.

Guards: done, incomplete, due and overdue are words, and their counts add up to the sets owed. Synthetic residents are
counted apart. The hub's answer is shown as the hub wrote it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from api.queries.escalation import Escalation, TakenBack
from api.queries.home import FullSet, Home, Lives, Observed
from api.web.presenters import escalations, signs
from api.web.presenters.answers import AnswerView, answer, taken_back
from api.web.presenters.moments import Deadline, Moment, clock, deadline, london_day, maybe_moment
from api.web.presenters.rounds import (
    DONE,
    OWED,
    Cell,
    Glimpse,
    Round,
    State,
    cell,
    current,
    outside,
    rounds_of,
)


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An escalation the hub has not answered."""

    resident_id: UUID
    resident: str
    synthetic: bool
    has_ceiling: bool
    severity: str
    severity_words: str
    why: str
    wait: Deadline
    state: str
    claimed: Moment | None
    taken_back: str | None


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """One resident's day, with their open cases and the hub's answers within a day."""

    resident_id: UUID
    name: str
    synthetic: bool
    has_ceiling: bool
    paused: str | None
    ask: str | None
    open: OpenRow | None
    answers: tuple[AnswerView, ...]
    cells: tuple[Cell, ...]
    now: Cell | None
    outside: str | None
    """Their last full set today, if it is outside every round and so in none of the cells."""

    @property
    def owed(self) -> bool:
        """Return whether the current round still wants a full set of them."""
        return self.now is not None and self.now.state in OWED

    @property
    def besides(self) -> str | None:
        """Return when the current round had its full set, if something is asked all the same."""
        return self.now.detail if self.ask and self.now is not None and self.now.state in DONE else None


@dataclass(frozen=True, slots=True)
class Total:
    """The sets of observations that the home owes today, and how they stand: `counts` add up to `sets`."""

    sets: int
    counts: tuple[tuple[int, str], ...]
    about: str


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
    total: Total
    rows: tuple[ResidentRow, ...]
    open: tuple[OpenRow, ...]
    answers: tuple[AnswerView, ...]
    answered_about: tuple[tuple[UUID, str], ...]
    earlier: tuple[AnswerView, ...]

    @property
    def left(self) -> str:
        """Return how many residents are still to measure, for the round or because the hub asks."""
        left = sum(row.owed or row.ask is not None for row in self.rows)
        if left:
            return f"{left} of {len(self.rows)} still to measure."
        return (
            "No round has begun yet today." if self.this_round is None else "Nobody is left to measure now."
        )


_KINDS = {"care_home": "Care home", "home_care_round": "Home-care round"}


def day(
    home: Home,
    lives: Sequence[Lives],
    observed: Sequence[Observed],
    full_sets: Sequence[FullSet],
    cases: Sequence[Escalation],
    undone: Mapping[UUID, TakenBack],
    *,
    me: UUID,
    now: datetime,
) -> Day:
    """Return the home's day as it stands now."""
    rounds = rounds_of(home.rounds, london_day(now))
    number = current(rounds, now)
    limited = {one.resident_id for one in lives if one.has_ceiling}
    open_ = tuple(
        _open(one, undone.get(one.escalation_id), me, now, has_ceiling=one.resident_id in limited)
        for one in cases
        if one.state != "closed"
    )
    answered = [found for one in cases if (found := answer(one, me, now)) is not None]
    recent = tuple(one for one in answered if one.in_sight)
    cells = _cells(lives, observed, full_sets, rounds, now)
    newest = {one.resident_id: one.effective_at for one in full_sets}
    last = {resident: words for resident, at in newest.items() if (words := outside(rounds, at))}
    rows = tuple(_rows(lives, cells, open_, recent, last, number, now))
    return Day(
        home_id=home.home_id,
        name=home.name,
        kind=_KINDS.get(home.kind, signs.plain(home.kind)),
        hub=home.hub_name,
        hub_phone=home.hub_phone,
        rounds=tuple(one.label for one in rounds),
        this_round=None if number is None else rounds[number].label,
        total=total(rows),
        rows=rows,
        open=open_,
        answers=recent,
        answered_about=tuple(dict.fromkeys((one.resident_id, one.resident) for one in recent)),
        earlier=tuple(one for one in answered if not one.in_sight),
    )


def _rows(
    lives: Sequence[Lives],
    cells: Mapping[UUID, tuple[Cell, ...]],
    open_: Sequence[OpenRow],
    answers: Sequence[AnswerView],
    last: Mapping[UUID, str],
    number: int | None,
    now: datetime,
) -> list[ResidentRow]:
    waiting = {one.resident_id: one for one in open_}
    return [
        ResidentRow(
            resident_id=one.resident_id,
            name=one.name,
            synthetic=one.synthetic,
            has_ceiling=one.has_ceiling,
            paused=paused(one, now),
            ask=signs.measure_now(one.asked) if one.asked else None,
            open=waiting.get(one.resident_id),
            answers=tuple(said for said in answers if said.resident_id == one.resident_id),
            cells=cells[one.resident_id],
            now=None if number is None else cells[one.resident_id][number],
            outside=last.get(one.resident_id),
        )
        for one in lives
    ]


def _cells(
    lives: Sequence[Lives],
    observed: Sequence[Observed],
    full_sets: Sequence[FullSet],
    rounds: Sequence[Round],
    now: datetime,
) -> Mapping[UUID, tuple[Cell, ...]]:
    """Return how each resident's rounds stand."""
    seen: Mapping[UUID, list[Glimpse]] = defaultdict(list)
    for one in observed:
        seen[one.resident_id].append(Glimpse(one.effective_at, one.signs))
    full: Mapping[UUID, list[datetime]] = defaultdict(list)
    for full_set in full_sets:
        full[full_set.resident_id].append(full_set.effective_at)
    return {
        one.resident_id: tuple(
            cell(
                round_,
                seen[one.resident_id],
                sorted(full[one.resident_id]),
                scored=one.no_score_reason is None,
                paused=paused(one, now),
                now=now,
            )
            for round_ in rounds
        )
        for one in lives
    }


def paused(one: Lives, now: datetime) -> str | None:
    """Return "In hospital, until today 18:00"; None while they are watched."""
    if one.pause_reason is None or one.pause_ends_at is None:
        return None
    return f"{one.pause_reason}, until {clock(one.pause_ends_at, now)}"


# Each state appears once, so that the counts add up.
_COUNTED = (
    ("done", (State.DONE, State.DONE_LATE)),
    ("begun, not full yet", (State.INCOMPLETE,)),
    ("due now", (State.DUE,)),
    ("overdue", (State.OVERDUE, State.INCOMPLETE_OVERDUE)),
    ("later today", (State.LATER,)),
    ("paused", (State.PAUSED,)),
)


def total(rows: Sequence[ResidentRow]) -> Total:
    """Count one set for each resident and round; synthetic residents only where there is nobody else."""
    real = [row for row in rows if not row.synthetic]
    counted = real or rows
    states = Counter(cell_.state for row in counted for cell_ in row.cells)
    counts = tuple((sum(states[one] for one in among), name) for name, among in _COUNTED)
    return Total(sum(states.values()), counts, _about(len(counted), len(rows) - len(real), bool(real)))


def _about(residents: int, synthetic: int, among_real: bool) -> str:
    about = f"One full set for each of {residents} resident{'' if residents == 1 else 's'} at each round."
    if not synthetic:
        return about
    return f"{about} {f'{synthetic} synthetic not counted.' if among_real else 'All of them synthetic.'}"


def _open(
    one: Escalation, undone: TakenBack | None, me: UUID, now: datetime, *, has_ceiling: bool
) -> OpenRow:
    claimed = one.state == "claimed"
    by = escalations.named(one.claimed_by_name, one.claimed_by, me)
    return OpenRow(
        resident_id=one.resident_id,
        resident=one.resident_name,
        synthetic=one.synthetic,
        has_ceiling=has_ceiling,
        severity=one.severity,
        severity_words=escalations.SEVERITIES.get(one.severity, signs.plain(one.severity)),
        why=one.why,
        wait=deadline(one.raised_at, one.deadline_at, now),
        state=f"Claimed by {by} at the hub" if claimed else "Waiting at the hub; nobody has claimed it",
        claimed=maybe_moment(one.claimed_at, now) if claimed else None,
        taken_back=taken_back(undone, now, claimed=claimed) if undone else None,
    )
