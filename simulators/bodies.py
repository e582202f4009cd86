"""The residents' bodies, whose signs go on wandering between measurements.

Guards: a resident's body depends on the seed, on who they are and on when they were measured, but on nobody
else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from devices.identifiers import ResidentId
from devices.kits import WatchedResident
from simulators.physiology import Baseline, Drift, Signs, Strain, baseline, measured, signs, wander
from simulators.rounds import LONDON

LONG_AGO = 48.0  # hours, after which a wandering sign has forgotten where it was


@dataclass(slots=True)
class Body:
    """One resident's body; `hour` is the time by its own clock."""

    rng: Random
    usual: Baseline
    drift: Drift
    hour: float


class Bodies:
    """All residents' bodies. After the start, their clocks run `speed` times as fast as real time."""

    def __init__(self, seed: int, started_at: datetime, speed: float) -> None:
        self._seed = seed
        self._started_at = started_at
        self._speed = speed
        self._bodies: dict[ResidentId, Body] = {}

    def rng(self, resident: WatchedResident) -> Random:
        """Return the resident's own source of chance."""
        return self._body(resident).rng

    def measure(self, resident: WatchedResident, offset: float, strain: Strain) -> Signs:
        """Return what instruments show so many seconds from the start."""
        body = self._body(resident)
        hour = offset * (self._speed if offset > 0 else 1.0) / 3600
        body.drift = wander(body.drift, hour - body.hour, body.rng)
        body.hour = max(hour, body.hour)
        local = (self._started_at + timedelta(seconds=offset)).astimezone(LONDON)
        return measured(signs(body.usual, body.drift, strain, local.hour + local.minute / 60), body.rng)

    def _body(self, resident: WatchedResident) -> Body:
        body = self._bodies.get(resident.resident_id)
        if body is None:
            rng = Random(f"{self._seed}/body/{resident.resident_id}")
            usual = baseline(rng, resident.spo2_scale)
            body = Body(rng, usual, wander(Drift(), LONG_AGO, rng), -1e6)
            self._bodies[resident.resident_id] = body
        return body
