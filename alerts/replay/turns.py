"""What happened to one resident's line, turn by turn: readings that came, with their scores, and readings that went.

Guards: readings come in arrival order. Each is scored with the readings held to be theirs, and with what was
decided and recorded, by then. Readings for which the same was known are scored together.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from alerts.policy import LONGEST_WINDOW
from alerts.replay.recorded import History, Policies, Seen
from alerts.sets.scoring import Scored, may_be, oxygen_seen, score_readings
from delegation.authority import AirRecord, ScaleAuthorisation
from delegation.store import Placement
from ingest.arrival import KnownReading, NewReading
from ingest.evaluation import Withdrawn
from ingest.storage.line import Gone, Stay
from ingest.storage.stored import with_latest


class Came(NamedTuple):
    """A reading became known of the resident. `scores` is None if NEWS2 does not fit."""

    reading: NewReading
    at: datetime
    scores: Sequence[Scored] | None


class Went(NamedTuple):
    """A reading turned out not to be theirs; its arrival number is that of the withdrawal.

    `held`: what was held to be theirs until then.
    """

    reading: NewReading
    at: datetime
    held: Sequence[NewReading]

    @property
    def left(self) -> list[NewReading]:
        """The readings that are theirs from then on."""
        return [one for one in self.held if one.key != self.reading.key]

    def withdrawn(self, where: Placement) -> Withdrawn:
        """Return the same as the evaluator is given it, by the hub of where they live."""
        moment, left = self.reading.effective_at, self.left
        around = with_latest(
            [
                one._replace(placement=where)
                for one in self.held
                if moment - LONGEST_WINDOW <= one.effective_at <= moment + LONGEST_WINDOW
            ]
        )
        gone = self.reading._replace(
            placement=where,
            latest_effective_at=max((one.effective_at for one in left), default=moment),
        )
        return Withdrawn(gone, around, [one for one in around if one.key != gone.key])


def in_turn(history: History, policies: Policies) -> Iterator[Came | Went]:
    """Yield every turn of a history, in order."""
    held: list[NewReading] = []
    for coming, going in _stretches(history.line):
        yield from _coming(history, policies, coming, held)
        held += [one.reading for one in coming]
        if going is not None:
            stay, gone = going
            went = Went(stay.reading._replace(arrival_number=gone.number), gone.at, held)
            yield went
            held = went.left


def _stretches(line: Sequence[Stay]) -> Iterator[tuple[Sequence[Stay], tuple[Stay, Gone] | None]]:
    """Yield what came up to each withdrawal, with that withdrawal; last, what came since."""
    start = 0
    going = sorted(((one, one.gone) for one in line if one.gone is not None), key=lambda one: one[1].number)
    for stay, gone in going:
        stop = sum(one.reading.arrival_number < gone.number for one in line)
        yield line[start:stop], (stay, gone)
        start = stop
    yield line[start:], None


def _coming(
    history: History, policies: Policies, coming: Sequence[Stay], held: Sequence[NewReading]
) -> Iterator[Came]:
    def known(stay: Stay) -> tuple[bool, list[ScaleAuthorisation], list[AirRecord], timedelta]:
        at = history.at(stay)
        window = policies.in_force(stay.reading.placement.hub_id, at).composition_window
        return history.fits(stay.reading), history.scales_by(at), history.air_by(at), window

    before = list(held)
    for (fits, _, _, window), group in groupby(coming, known):
        stays = list(group)
        new = with_latest([one.reading for one in stays], before)
        moments = [history.at(one) for one in stays]
        if fits:
            scores: Sequence[Sequence[Scored] | None] = _scored(history, new, moments[-1], before, window)
        else:
            scores = [None] * len(new)
        yield from map(Came, new, moments, scores)
        before += new


def _scored(
    history: History, new: Sequence[NewReading], at: datetime, held: Sequence[NewReading], window: timedelta
) -> list[Sequence[Scored]]:
    """Return the scores that each new reading gave."""
    authority = history.authority(at, oxygen_by(history, new[0].arrival_number))
    scores = score_readings(
        new, [_as_known(one) for one in held], {history.placement.resident_id: authority}, window
    )
    given = {key: list(some) for key, some in groupby(scores, lambda one: one.cause.key)}
    return [given[one.key] if history.could_be_scored(one) else [] for one in new]


def oxygen_by(history: History, number: int) -> list[Seen]:
    """Return when oxygen was seen in use, by readings before a number; a reading withdrawn later counts too."""
    before = {one.reading.arrival_number: one for one in history.line if one.reading.arrival_number < number}
    return [
        Seen(at, history.at(before[one.arrival_number]))
        for readings in oxygen_seen([stay.reading for stay in before.values()]).values()
        for one in readings
        for at in may_be(one, one)
    ]


def _as_known(reading: NewReading) -> KnownReading:
    return KnownReading(
        kit_id=reading.kit_id,
        reading_id=reading.payload.reading_id,
        resident_id=reading.resident_id,
        effective_at=reading.effective_at,
        arrival_number=reading.arrival_number,
        values=reading.values,
        cleared=reading.cleared,
        clock_slow_by=reading.clock_slow_by,
    )
