"""The plan of a simulation: which kit says what and when, worked out from a seed before anything is sent.

Guards: the same sheet, programme and seed give the same drafts, in the same order. Ids and times of day come
later, from the kit that sends them.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import count
from random import Random

from devices.identifiers import PersonId
from devices.kits import Kit, WatchedResident
from simulators.bodies import Bodies
from simulators.illnesses import Illness, Illnesses, NobodyToFallIllError
from simulators.observations import Occasion, Said, observe
from simulators.physiology import WELL, Signs
from simulators.programme import Draft, Programme
from simulators.rounds import CAREFUL, Habits, Visit, habits, visits

STETHOSCOPE_EVERY = 5  # sets
ASKED_AFTER = 8.0  # seconds until a carer comes back with the breaths they skipped
BETWEEN_INSTRUMENTS = 45.0  # seconds, in the history


class Plan:
    """Drafts in order. They can be read once, because bodies change as they are measured.

    `backlog_hours`: for kits that were off the network before the start, by their place on the sheet, how
    many hours of readings they still hold.
    """

    def __init__(
        self, kits: Sequence[Kit], programme: Programme, backlog_hours: Mapping[int, float] | None = None
    ) -> None:
        if not any(kit.residents for kit in kits):
            raise NobodyToFallIllError("The kit sheet has no residents, so there is nothing to simulate.")
        self._kits = kits
        self._programme = programme
        self._backlog_hours = backlog_hours or {}
        self._bodies = Bodies(programme.seed, programme.started_at, programme.speed)
        self._habits: dict[PersonId, Habits] = {}
        self._sets = count()
        self._illnesses = Illnesses(kits, programme)
        self._asked: list[tuple[float, int, Draft]] = []

    @property
    def illnesses(self) -> tuple[Illness, ...]:
        """The illnesses that have begun, as far as the plan has been read."""
        return tuple(self._illnesses.begun)

    def history(self) -> Iterator[Draft]:
        """Yield healthy rounds before the start, kit by kit, each in order."""
        for place in range(len(self._kits)):
            hours = max(self._programme.history_hours, self._backlog_hours.get(place, 0.0))
            for visit in self._past_visits(place, hours):
                seconds = (visit.at - self._programme.started_at).total_seconds()
                observed = observe(
                    self._occasion(visit), self._measure(visit.resident, seconds), self._rng(visit)
                )
                said_later = (observed.asked_later,) if observed.asked_later else ()
                for number, said in enumerate(observed.readings + said_later):
                    yield Draft(min(seconds + number * BETWEEN_INSTRUMENTS, -1.0), visit.kit, said)

    def live(self) -> Iterator[Draft]:
        """Yield drafts from the start on, evenly at the rate, one set of observations after the other."""
        waiting: deque[tuple[int, Said]] = deque()
        background = self._background()
        for number in count():
            offset = number / self._programme.rate
            if offset >= self._programme.seconds:
                return
            if not waiting:
                waiting.extend(self._next_set(offset, background))
            if waiting:
                yield Draft(offset, *waiting.popleft())

    def _next_set(self, offset: float, background: Iterator[Visit | None]) -> list[tuple[int, Said]]:
        if self._asked and self._asked[0][0] <= offset:
            draft = heapq.heappop(self._asked)[2]
            return [(draft.kit, draft.said)]
        illness = self._illnesses.due(offset)
        if illness:
            return self._ill_set(illness, offset)
        visit = next(background, None)
        return self._well_set(visit, offset) if visit else []

    def _ill_set(self, illness: Illness, offset: float) -> list[tuple[int, Said]]:
        hours = self._illnesses.hours(illness, offset)
        occasion = Occasion(
            kit=self._kits[illness.kit].kit_id,
            resident=illness.resident.resident_id,
            worker=illness.worker,
            habits=CAREFUL,
            soft_signs=illness.scenario.soft_signs_at(hours),
            worried=illness.scenario.worries(hours),
            emergency_sign=illness.emergency_sign if illness.scenario.shows_emergency_sign(hours) else None,
            with_stethoscope=next(self._sets) % STETHOSCOPE_EVERY == 0,
            cuff_notifies=self._cuff_notifies(illness.kit),
        )
        taken = self._bodies.measure(illness.resident, offset, illness.scenario.at(hours))
        observed = observe(occasion, taken, self._bodies.rng(illness.resident))
        return [(illness.kit, said) for said in observed.readings]

    def _well_set(self, visit: Visit, offset: float) -> list[tuple[int, Said]]:
        observed = observe(self._occasion(visit), self._measure(visit.resident, offset), self._rng(visit))
        if observed.asked_later:
            draft = Draft(offset + ASKED_AFTER, visit.kit, observed.asked_later)
            heapq.heappush(self._asked, (draft.offset, next(self._sets), draft))
        return [(visit.kit, said) for said in observed.readings]

    def _measure(self, resident: WatchedResident, offset: float) -> Signs:
        return self._bodies.measure(resident, offset, WELL)

    def _rng(self, visit: Visit) -> Random:
        return self._bodies.rng(visit.resident)

    def _occasion(self, visit: Visit) -> Occasion:
        return Occasion(
            kit=self._kits[visit.kit].kit_id,
            resident=visit.resident.resident_id,
            worker=visit.worker,
            habits=self._habits_of(visit.worker),
            with_stethoscope=next(self._sets) % STETHOSCOPE_EVERY == 0,
            cuff_notifies=self._cuff_notifies(visit.kit),
        )

    def _cuff_notifies(self, place: int) -> bool:
        """Return whether this kit's cuff leaves decoding to the platform: every other one does, from a place
        the seed gives.
        """
        return (place + self._programme.seed) % 2 == 0

    def _habits_of(self, worker: PersonId | None) -> Habits:
        if worker is None:
            return CAREFUL
        if worker not in self._habits:
            self._habits[worker] = habits(Random(f"{self._programme.seed}/habits/{worker}"))
        return self._habits[worker]

    def _background(self) -> Iterator[Visit | None]:
        """Yield the rounds of all kits, day after day, without the ill; None on a day when everybody is ill."""
        for day in count():
            found = False
            for visit in self._day(day):
                if not self._illnesses.is_ill(visit.resident.resident_id):
                    found = True
                    yield visit
            if not found:
                yield None

    def _day(self, day: int) -> Iterator[Visit]:
        rounds = [self._visits(place, day) for place in range(len(self._kits))]
        return heapq.merge(*rounds, key=lambda visit: (visit.at, visit.kit))

    def _visits(self, place: int, day: int) -> Iterator[Visit]:
        """Yield one kit's visits so many days after the start; before it if negative."""
        kit = self._kits[place]
        minutes = {worker: self._habits_of(worker).minutes_a_resident for worker in kit.workers}
        rng = Random(f"{self._programme.seed}/rounds/{kit.kit_id}/{day}")
        return visits(place, kit, self._programme.started_at + timedelta(days=day), minutes, rng)

    def _past_visits(self, place: int, hours: float) -> Iterator[Visit]:
        start = self._programme.started_at
        earliest, latest = start - timedelta(hours=hours), start - timedelta(minutes=5)
        for day in range(-int(hours // 24) - 1, 1) if hours else ():
            yield from (visit for visit in self._visits(place, day) if earliest <= visit.at < latest)
