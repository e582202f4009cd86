"""How sure a share, a rate or a median is.

Guards: no figure seems surer than it is. The findings of one resident are not independent, so everything but
a plain share is drawn again, resident by resident. With no findings, nothing but findings, or a single
resident, every draw would be the same. Then a formula gives the interval, or there is none.

Source: Wilson, Probable inference, J. Am. Stat. Assoc. 22, 1927; Efron, Bootstrap methods, Ann. Statist. 7,
1979; Garwood, Fiducial limits for the Poisson distribution, Biometrika 28, 1936 (for none: up to 3.7).
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

_Z = 1.959964  # 95 %
_MOST_OF_NONE = -log(0.025)
DRAWS = 1000
_SEED = 20170


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval; None where there is nothing to count, or too little for an interval."""

    value: float | None
    low: float | None = None
    high: float | None = None


NOTHING = Figure(None)


def share(hits: int, of: int) -> Figure:
    """Return a share of independent things, with Wilson's interval."""
    if not of:
        return NOTHING
    p, z2 = hits / of, _Z * _Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Figure(p, max(0.0, middle - half), min(1.0, middle + half))


class Residents:
    """So many residents, drawn again and again with replacement; every figure uses the same draws."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(_SEED)
        self._weights = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS) if count else None

    def rate(self, events: NDArray[np.float64], time: NDArray[np.float64]) -> Figure:
        """Return how many events there are in a unit of time; both by resident."""
        if not events.sum() and time.sum():
            return Figure(0.0, 0.0, _MOST_OF_NONE / float(time.sum()))
        return self._ratio(events, time)

    def proportion(self, hits: NDArray[np.float64], of: NDArray[np.float64]) -> Figure:
        """Return the share of hits; both by resident."""
        if hits.sum() in (0, of.sum()) or np.count_nonzero(of) == 1:
            return share(int(hits.sum()), int(of.sum()))
        return self._ratio(hits, of)

    def _ratio(self, above: NDArray[np.float64], below: NDArray[np.float64]) -> Figure:
        if self._weights is None or not below.sum():
            return NOTHING
        bottom = self._weights @ below
        drawn = (self._weights @ above)[bottom > 0] / bottom[bottom > 0]
        return _figure(float(above.sum() / below.sum()), drawn, int(np.count_nonzero(below)))

    def median(self, resident: NDArray[np.int64], values: NDArray[np.float64]) -> Figure:
        """Return the median of values, each of the resident with that number."""
        if self._weights is None or not len(values):
            return NOTHING
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        weights = np.cumsum(self._weights[:, resident[order]], axis=1)
        some = weights[weights[:, -1] > 0]
        places = (some < some[:, -1:] / 2).sum(axis=1)
        return _figure(float(np.median(values)), ordered[places], len(np.unique(resident)))


def _figure(value: float, drawn: NDArray[np.float64], residents: int) -> Figure:
    if residents < 2:
        return Figure(value)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Figure(value, float(low), float(high))
