"""What NEWS2 says of one set of observations, in the words of the rest of the product.

Guards: one outcome is shared by all sets that score alike, so nothing in it can change.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

import numpy as np

from alerts import news2
from alerts.news2_packed import PACKED
from devices.vital_signs import VitalSign

SIGNS = tuple(VitalSign(sign) for sign in news2.SIGNS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result of NEWS2. `parts`: the fewest and the most points of each parameter, in the order of SIGNS."""

    low: int
    high: int
    red: str
    band_low: str
    band_high: str
    complete: bool
    deciding: tuple[VitalSign, ...]
    parts: tuple[tuple[int, int], ...]


# Residents are mostly well, and mostly alike: a few hundred outcomes cover nearly all sets.
@lru_cache(maxsize=4096)
def outcome_of(code: int) -> Outcome:
    """Return the outcome of a packed code (`news2.pack`)."""
    scores = news2.score_packed(np.array([code], PACKED))
    return Outcome(
        low=int(scores.low[0]),
        high=int(scores.high[0]),
        red=news2.RED_SCORES[scores.red[0]],
        band_low=str(news2.BANDS[scores.band_low[0]]),
        band_high=str(news2.BANDS[scores.band_high[0]]),
        complete=bool(scores.complete[0]),
        deciding=tuple(compress(SIGNS, scores.deciding[0])),
        parts=tuple(zip(scores.part_low[0].tolist(), scores.part_high[0].tolist(), strict=True)),
    )
