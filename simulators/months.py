"""Months of a neighbourhood written down at once: readings at the pace of life, and the truth about who fell ill.

Guards: the same seed gives the same months. A row says what a kit would send; the truth says nothing of
scores.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from random import Random
from typing import Any

from devices.identifiers import ResidentId
from devices.kits import Kit, WatchedResident
from simulators.bodies import Bodies
from simulators.observations import Occasion, observe
from simulators.physiology import WELL
from simulators.rounds import CAREFUL, Habits, Visit, habits, visits
from simulators.scenarios import SCENARIOS, Scenario, Truth

COLUMNS = (
    *("resident", "taken_at", "arrived_at", "home", "spo2_scale"),
    *("respiration_rate", "spo2", "on_oxygen", "systolic", "pulse", "consciousness", "temperature"),
    *("scheduled", "worry", "soft_signs", "not_obtained"),
)
DAYS_BETWEEN_ILLNESSES = 45.0
LOOKED_AT_AGAIN_EVERY = timedelta(hours=3)  # for somebody who is not their usual self
LOOKED_AT_AGAIN = 0.6  # how often that happens when it could, 0..1
BETWEEN_INSTRUMENTS = timedelta(seconds=45)
ASKED_AFTER = timedelta(minutes=8)
IN_HOSPITAL_AFTER = timedelta(hours=6)  # after the crisis, until it is over: nobody measures them at home
A_BAD_DAY = 0.008  # how often somebody well seems unwell at a set, 0..1
WORRIED_FOR_NOTHING = 0.1  # how often a worker then worries, 0..1
ON_ITS_WAY = 20.0  # seconds, on average


@dataclass(frozen=True, slots=True)
class Episode:
    """One illness of one resident."""

    resident: ResidentId
    scenario: Scenario
    onset_at: datetime

    @property
    def crisis_at(self) -> datetime:
        return self.onset_at + timedelta(hours=self.scenario.hours_to_crisis)

    @property
    def over_at(self) -> datetime:
        return self.onset_at + timedelta(hours=self.scenario.hours_to_health)

    def hours(self, at: datetime) -> float:
        return (at - self.onset_at).total_seconds() / 3600

    def as_json(self) -> dict[str, str]:
        """Return the episode with plain values."""
        return {
            "resident": str(self.resident),
            "scenario": str(self.scenario.name),
            "truth": str(self.scenario.truth),
            "onset_at": self.onset_at.isoformat(),
            "crisis_at": self.crisis_at.isoformat(),
            "over_at": self.over_at.isoformat(),
        }


class Months:
    """So many days of the residents of these kits, from a moment on. `rows` can be read once."""

    def __init__(
        self,
        kits: Sequence[Kit],
        starts_at: datetime,
        days: int,
        seed: int,
        days_between: float = DAYS_BETWEEN_ILLNESSES,
    ) -> None:
        self._kits = kits
        self._starts_at = starts_at
        self._days = days
        self._seed = seed
        self._bodies = Bodies(seed, starts_at, 1.0)
        self._habits: dict[Any, Habits] = {}
        self.episodes: Mapping[ResidentId, Sequence[Episode]] = {
            one.resident_id: list(self._falls_ill(one, days_between)) for kit in kits for one in kit.residents
        }

    @property
    def truths(self) -> list[Episode]:
        """Every illness that began within the months, by resident and time."""
        return list(chain.from_iterable(self.episodes.values()))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield what the kits send, kit by kit, each in order of time.

        The columns are COLUMNS; None where nothing is said.
        """
        for place in range(len(self._kits)):
            for visit in heapq.merge(
                self._rounds(place), self._looked_at_again(place), key=lambda visit: visit.at
            ):
                ill = self._illness(visit)
                if ill is None or visit.at < ill.crisis_at + IN_HOSPITAL_AFTER:
                    yield from self._set(visit, ill)

    def _falls_ill(self, resident: WatchedResident, days_between: float) -> Iterator[Episode]:
        rng = Random(f"{self._seed}/months/{resident.resident_id}")
        fit = [
            one
            for one in SCENARIOS.values()
            if one.truth is Truth.DETERIORATING and one.spo2_scale == resident.spo2_scale
        ]
        at = self._starts_at
        while fit:
            at += timedelta(days=rng.expovariate(1 / days_between))
            if at >= self._starts_at + timedelta(days=self._days):
                return
            episode = Episode(resident.resident_id, rng.choice(fit), at)
            yield episode
            at = episode.over_at

    def _rounds(self, place: int) -> Iterator[Visit]:
        kit = self._kits[place]
        minutes = {worker: self._habits_of(worker).minutes_a_resident for worker in kit.workers}
        for day in range(self._days):
            rng = Random(f"{self._seed}/rounds/{kit.kit_id}/{day}")
            yield from visits(place, kit, self._starts_at + timedelta(days=day), minutes, rng)

    def _looked_at_again(self, place: int) -> Iterator[Visit]:
        """Return visits between rounds, to residents about whom somebody notices something."""
        kit = self._kits[place]
        rng = Random(f"{self._seed}/again/{kit.kit_id}")
        found: list[tuple[datetime, int, Visit]] = []
        for number, resident in enumerate(kit.residents):
            for episode in self.episodes[resident.resident_id]:
                at = episode.onset_at
                while at < episode.crisis_at + IN_HOSPITAL_AFTER:
                    at += LOOKED_AT_AGAIN_EVERY * rng.uniform(0.7, 1.3)
                    if episode.scenario.soft_signs_at(episode.hours(at)) and rng.random() < LOOKED_AT_AGAIN:
                        worker = rng.choice(kit.workers) if kit.workers else None
                        found.append((at, number, Visit(at, place, resident, worker)))
        return iter([visit for _, _, visit in sorted(found, key=lambda one: one[:2])])

    def _illness(self, visit: Visit) -> Episode | None:
        theirs = self.episodes[visit.resident.resident_id]
        return next((one for one in theirs if one.onset_at <= visit.at < one.over_at), None)

    def _set(self, visit: Visit, ill: Episode | None) -> Iterator[dict[str, Any]]:
        resident = visit.resident
        rng = self._bodies.rng(resident)
        hours = ill.hours(visit.at) if ill else 0.0
        offset = max(1.0, (visit.at - self._starts_at).total_seconds())
        taken = self._bodies.measure(resident, offset, ill.scenario.at(hours) if ill else WELL)
        noticed = ill.scenario.soft_signs_at(hours) if ill else self._bad_day(rng)
        occasion = Occasion(
            kit=self._kits[visit.kit].kit_id,
            resident=resident.resident_id,
            worker=visit.worker,
            habits=self._habits_of(visit.worker),
            soft_signs=noticed,
            worried=ill.scenario.worries(hours)
            if ill
            else bool(noticed) and rng.random() < WORRIED_FOR_NOTHING,
        )
        observed = observe(occasion, taken, rng)
        for number, said in enumerate(observed.readings):
            yield self._row(visit, visit.at + number * BETWEEN_INSTRUMENTS, said.content, rng)
        if observed.asked_later:
            yield self._row(visit, visit.at + ASKED_AFTER, observed.asked_later.content, rng)

    def _bad_day(self, rng: Random) -> tuple[str, ...]:
        if rng.random() >= A_BAD_DAY:
            return ()
        signs = sorted({sign for one in SCENARIOS.values() for sign in one.soft_signs})
        return tuple(rng.sample(signs, rng.choice((1, 1, 2))))

    def _row(self, visit: Visit, at: datetime, content: Mapping[str, Any], rng: Random) -> dict[str, Any]:
        said: dict[str, Any] = {
            "resident": visit.resident.resident_id,
            "taken_at": at.isoformat(),
            "arrived_at": (at + timedelta(seconds=rng.expovariate(1 / ON_ITS_WAY))).isoformat(),
            "home": f"home {visit.kit + 1}",
            "spo2_scale": visit.resident.spo2_scale,
            "scheduled": "yes" if content.get("scheduled_full_set") else None,
            "worry": "yes" if content.get("worry") else None,
            "soft_signs": " ".join(content.get("soft_signs", ())) or None,
            "not_obtained": " ".join(content.get("not_obtained", ())) or None,
        }
        values = {str(sign): value for sign, value in content.get("values", {}).items()}
        return {column: said.get(column, values.get(column)) for column in COLUMNS}

    def _habits_of(self, worker: Any) -> Habits:
        if worker is None:
            return CAREFUL
        if worker not in self._habits:
            self._habits[worker] = habits(Random(f"{self._seed}/habits/{worker}"))
        return self._habits[worker]
