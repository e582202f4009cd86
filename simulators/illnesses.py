"""Who is ill and for how long: each scenario happens to one resident and, once they are well, to another.

Guards: the same seed gives the same illnesses. Nobody has two at once. A scenario happens only to residents
on its own SpO2 scale.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from devices.emergency import EmergencySign
from devices.identifiers import PersonId, ResidentId
from devices.kits import Kit, WatchedResident
from simulators.programme import Programme
from simulators.scenarios import EMERGENCY_IN, SCENARIOS, Scenario, ScenarioName

ONSET = 2.0  # seconds of health before the first illness
FIRST_SET = 0.2  # seconds: residents about to fall ill are measured once while they are still well
SET_EVERY = 2.5  # seconds between sets of somebody ill; these sets are at most half of the rate
READINGS_A_SET = 5
HOURS_BETWEEN = 240.0  # of illness time, from one resident's recovery to the next one's onset


class NobodyToFallIllError(ValueError):
    """The sheet has no resident for a scenario; the message says which scenario."""


@dataclass(frozen=True, slots=True)
class Illness:
    """A scenario and the resident it happens to. Moments are seconds from the start."""

    scenario: Scenario
    kit: int
    resident: WatchedResident
    worker: PersonId | None
    onset: float
    crisis: float
    over: float
    emergency_sign: EmergencySign | None = None
    """What shows in this one of those who have it, besides what all of them have."""


class Illnesses:
    """Every illness that has begun, and when each current one is due for a set of observations."""

    def __init__(self, kits: Sequence[Kit], programme: Programme) -> None:
        self._kits = kits
        self._programme = programme
        self._rng = Random(f"{programme.seed}/illnesses")
        self._ill: set[ResidentId] = set()
        self._due: list[tuple[float, int, Illness | None]] = []
        self.begun: list[Illness] = []
        for number, name in enumerate(programme.scenarios):
            onset = min(ONSET, programme.seconds / 10)
            illness = self._fall_ill(name, onset)
            if illness is None:
                scale = SCENARIOS[name].spo2_scale
                raise NobodyToFallIllError(
                    f"No resident on SpO2 scale {scale} is left on the kit sheet for {name}."
                )
            heapq.heappush(self._due, (FIRST_SET + 0.3 * number, number, illness))

    def is_ill(self, resident: ResidentId) -> bool:
        """Return whether this resident is in a scenario now, so that ordinary rounds leave them out."""
        return resident in self._ill

    def hours(self, illness: Illness, offset: float) -> float:
        """Return the hours of illness since its onset."""
        return max(0.0, offset - illness.onset) * self._programme.speed / 3600

    def due(self, offset: float) -> Illness | None:
        """Return somebody ill whose next set of observations is due, or None."""
        while self._due and self._due[0][0] <= offset:
            _, number, illness = heapq.heappop(self._due)
            if illness is None:
                illness = self._fall_ill(self._programme.scenarios[number], offset)
            elif offset >= illness.over:
                self._ill.remove(illness.resident.resident_id)
                illness = None
            again = offset + (self._set_every if illness else self._seconds(HOURS_BETWEEN))
            heapq.heappush(self._due, (again, number, illness))
            if illness:
                return illness
        return None

    @property
    def _set_every(self) -> float:
        return max(SET_EVERY, 2 * READINGS_A_SET * len(self._programme.scenarios) / self._programme.rate)

    def _seconds(self, hours: float) -> float:
        return hours * 3600 / self._programme.speed

    def _emergency_sign(self, scenario: Scenario) -> EmergencySign | None:
        """Draw the sign from a source of its own, so that who falls ill next does not depend on it."""
        die = Random(f"{self._programme.seed}/emergencies/{len(self.begun)}")
        return scenario.emergency_sign if die.randrange(EMERGENCY_IN) == 0 else None

    def _fall_ill(self, name: ScenarioName, onset: float) -> Illness | None:
        scenario = SCENARIOS[name]
        fit = [
            (place, one)
            for place, kit in enumerate(self._kits)
            for one in kit.residents
            if one.spo2_scale == scenario.spo2_scale and one.resident_id not in self._ill
        ]
        if not fit:
            return None
        place, resident = self._rng.choice(fit)
        workers = self._kits[place].workers
        illness = Illness(
            scenario=scenario,
            kit=place,
            resident=resident,
            worker=self._rng.choice(workers) if workers else None,
            onset=onset,
            crisis=onset + self._seconds(scenario.hours_to_crisis),
            over=onset + self._seconds(scenario.hours_to_health),
            emergency_sign=self._emergency_sign(scenario),
        )
        self._ill.add(resident.resident_id)
        self.begun.append(illness)
        return illness
