"""The plan of a simulation: which kit says what and when, worked out from a seed before anything is sent.

Invariant: pure. The same sheet, programme and seed give the same drafts, in the same order; ids and
times of day come later, from the kit that sends them.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random

from devices.identifiers import PersonId, ResidentId
from devices.kits import Kit, WatchedResident
from simulators.bodies import Bodies
from simulators.observations import Occasion, Said, observe
from simulators.physiology import WELL, Signs
from simulators.rounds import CAREFUL, Habits, Visit, habits, visits
from simulators.scenarios import SCENARIOS, Scenario, ScenarioName, Truth

DEMO_SPEED = 2400.0  # forty minutes of illness a second: sepsis reaches its crisis in fifteen
ONSET = 2.0  # seconds of health before a scenario begins
CASE_EVERY = 2.5  # seconds between sets of a resident in a scenario, at most half of the rate
READINGS_A_SET = 5
STETHOSCOPE_EVERY = 5  # sets
ASKED_AFTER = 8.0  # seconds until a carer comes back with the breaths they skipped
BETWEEN_INSTRUMENTS = 45.0  # seconds, in the history


class NobodyToFallIllError(ValueError):
    """The sheet has no resident for a scenario; the message says which."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What to simulate: readings a second for so many seconds, who falls ill, how fast illness runs."""

    rate: float
    seconds: float
    seed: int
    started_at: datetime
    scenarios: tuple[ScenarioName, ...] = ()
    speed: float = DEMO_SPEED
    history_hours: float = 0.0

    def __post_init__(self) -> None:
        if not (self.rate > 0 and self.seconds > 0 and self.speed > 0 and self.history_hours >= 0):
            raise ValueError("Rate, seconds and speed are above 0, and history is not negative.")


@dataclass(frozen=True, slots=True)
class Draft:
    """What one kit says, so many seconds from the start; before 0 is history."""

    offset: float
    kit: int
    said: Said


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario, and the resident it happens to."""

    scenario: Scenario
    kit: int
    resident: WatchedResident
    worker: PersonId | None
    onset: float
    crisis: float

    def hours(self, offset: float, speed: float) -> float:
        """Of illness, this many seconds from the start."""
        return max(0.0, offset - self.onset) * speed / 3600


class Plan:
    """Drafts in order. It can be gone through once: bodies change as they are measured.

    `backlog_hours` names, by their place on the sheet, kits that were off the network before the start and
    still hold the readings of so many hours.
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
        self.cases = tuple(self._cases())
        self._ill = {case.resident.resident_id: case for case in self.cases}
        self._asked: list[tuple[float, int, Draft]] = []
        self._due = [(0.2 + 0.3 * number, number) for number in range(len(self.cases))]

    def history(self) -> Iterator[Draft]:
        """Healthy rounds before the start, kit by kit, each in order."""
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
        """From the start on, evenly at the rate, one set of observations after the other."""
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

    def _next_set(self, offset: float, background: Iterator[Visit]) -> list[tuple[int, Said]]:
        if self._asked and self._asked[0][0] <= offset:
            draft = heapq.heappop(self._asked)[2]
            return [(draft.kit, draft.said)]
        if self._due and self._due[0][0] <= offset:
            _, number = heapq.heappop(self._due)
            heapq.heappush(self._due, (offset + self._case_every, number))
            return self._case_set(self.cases[number], offset)
        visit = next(background, None)
        return self._well_set(visit, offset) if visit else []

    @property
    def _case_every(self) -> float:
        return max(CASE_EVERY, 2 * READINGS_A_SET * len(self.cases) / self._programme.rate)

    def _case_set(self, case: Case, offset: float) -> list[tuple[int, Said]]:
        hours = case.hours(offset, self._programme.speed)
        getting_worse = case.scenario.truth is Truth.DETERIORATING
        occasion = Occasion(
            kit=self._kits[case.kit].kit_id,
            resident=case.resident.resident_id,
            worker=case.worker,
            habits=CAREFUL,
            soft_signs=case.scenario.soft_signs_at(hours),
            worried=getting_worse and case.scenario.progress(hours) > 0.6,
            with_stethoscope=next(self._sets) % STETHOSCOPE_EVERY == 0,
        )
        taken = self._bodies.measure(case.resident, offset, case.scenario.at(hours))
        observed = observe(occasion, taken, self._bodies.rng(case.resident))
        return [(case.kit, said) for said in observed.readings]

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
        )

    def _habits_of(self, worker: PersonId | None) -> Habits:
        if worker is None:
            return CAREFUL
        if worker not in self._habits:
            self._habits[worker] = habits(Random(f"{self._programme.seed}/habits/{worker}"))
        return self._habits[worker]

    def _background(self) -> Iterator[Visit]:
        """Rounds of all kits, day after day, without those in a scenario."""
        for day in count():
            found = False
            for visit in self._day(day):
                if visit.resident.resident_id not in self._ill:
                    found = True
                    yield visit
            if not found:
                return

    def _day(self, day: int) -> Iterator[Visit]:
        rounds = [self._visits(place, day) for place in range(len(self._kits))]
        return heapq.merge(*rounds, key=lambda visit: (visit.at, visit.kit))

    def _visits(self, place: int, day: int) -> Iterator[Visit]:
        """One kit's visits, so many days after the start or before it."""
        kit = self._kits[place]
        minutes = {worker: self._habits_of(worker).minutes_a_resident for worker in kit.workers}
        rng = Random(f"{self._programme.seed}/rounds/{kit.kit_id}/{day}")
        return visits(place, kit, self._programme.started_at + timedelta(days=day), minutes, rng)

    def _past_visits(self, place: int, hours: float) -> Iterator[Visit]:
        start = self._programme.started_at
        earliest, latest = start - timedelta(hours=hours), start - timedelta(minutes=5)
        for day in range(-int(hours // 24) - 1, 1) if hours else ():
            yield from (visit for visit in self._visits(place, day) if earliest <= visit.at < latest)

    def _cases(self) -> Iterator[Case]:
        rng = Random(f"{self._programme.seed}/cases")
        everybody = [(place, one) for place, kit in enumerate(self._kits) for one in kit.residents]
        taken: set[ResidentId] = set()
        for name in self._programme.scenarios:
            scenario = SCENARIOS[name]
            fit = [(place, one) for place, one in everybody if one.resident_id not in taken]
            fit = [(place, one) for place, one in fit if one.spo2_scale == scenario.spo2_scale]
            if not fit:
                scale = f"on SpO2 scale {scenario.spo2_scale}"
                raise NobodyToFallIllError(f"No resident {scale} is left on the kit sheet for {name}.")
            place, resident = rng.choice(fit)
            taken.add(resident.resident_id)
            workers = self._kits[place].workers
            onset = min(ONSET, self._programme.seconds / 10)
            crisis = onset + scenario.hours_to_crisis * 3600 / self._programme.speed
            worker = rng.choice(workers) if workers else None
            yield Case(scenario, place, resident, worker, onset, crisis)
