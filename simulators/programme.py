"""What a simulation is asked to do, and the drafts it is made of."""

from dataclasses import dataclass
from datetime import datetime

from simulators.observations import Said
from simulators.scenarios import ScenarioName

DEMO_SPEED = 2400.0  # forty minutes of illness a second: sepsis comes to its crisis in fifteen seconds


@dataclass(frozen=True, slots=True)
class Programme:
    """What to simulate: readings a second and for how long, who falls ill, how fast illness runs."""

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
    """What one kit says so many seconds from the start; a negative offset is history."""

    offset: float
    kit: int
    said: Said
