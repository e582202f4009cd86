"""Scores what simulated bodies show, with the platform's own kernel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import CONSCIOUSNESS_CODES, score
from simulators.physiology import Signs


def totals(taken: Sequence[Signs], spo2_scale: int) -> NDArray[np.uint8]:
    """The NEWS2 total of each full set."""

    def column(sign: str) -> NDArray[np.float64]:
        return np.array([float(getattr(one, sign)) for one in taken])

    scores = score(
        respiration_rate=column("respiration_rate"),
        spo2=column("spo2"),
        spo2_scale=np.full(len(taken), spo2_scale),
        on_oxygen=column("on_oxygen"),
        systolic=column("systolic"),
        pulse=column("pulse"),
        consciousness=np.array([CONSCIOUSNESS_CODES[one.consciousness] for one in taken]),
        temperature=column("temperature"),
    )
    assert bool(scores.complete.all())
    return scores.low
