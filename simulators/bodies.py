"""The residents' bodies, which go on wandering between measurements.

Invariant: a resident's body depends on the seed, on who they are and on when they were measured, never on
anybody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from devices.identifiers import ResidentId
from devices.kits import WatchedResident
from simulators.physiology import Baseline, Drift, Signs, Strain, baseline, measured, signs, wander
from simulators.rounds import LONDON

LONG_AGO = 48.0  # hours: after that, a wandering sign has forgotten where it was


@dataclass(slots=True)
class Body:
    """One resident's, at the body's own hour."""

    rng: Random
    usual: Baseline
    drift: Drift
    hour: float


class Bodies:
    """Everybody's. Before the start the body's clock is the true one, after it `speed` times faster."""

    def __init__(self, seed: int, started_at: datetime, speed: float) -> None:
        self._seed = seed
        self._started_at = started_at
        self._speed = speed
        self._bodies: dict[ResidentId, Body] = {}

    def rng(self, resident: WatchedResident) -> Random:
        """The chance that is this resident's own."""
        return self._body(resident).rng

    def measure(self, resident: WatchedResident, offset: float, strain: Strain) -> Signs:
        """What instruments show, so many seconds from the start."""
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
