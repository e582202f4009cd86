"""What is usual for a resident: the 20th and the 80th centile of their own values, before the last hours.

Guards: told in one place, for the rule that looks for a drift from it and for the pages that show it; no value of the
last hours tells what is usual, and nothing is usual of too few values or too short a time.

Source: Stow and others, Evaluating physiological signals in care home residents, 2021 (a resident's own centiles).
A centile is the least of the values that as large a share of them does not exceed (PostgreSQL's percentile_disc).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.options import Stretch

HOUR = 3600 * 1_000_000
DAY = 24 * HOUR


class Usual(NamedTuple):
    """A resident's own centiles, of so many values from a moment to another (microseconds since 1970).

    `enough`: there are as many as must be, since as long ago.
    """

    low: float
    high: float
    readings: int
    since: int
    until: int
    enough: bool


def usual(at: NDArray[np.int64], values: NDArray[np.float64], now: int, stretch: Stretch) -> Usual | None:
    """Of n values, at moments that do not fall (microseconds since 1970), what is usual; None where there are none."""
    first, past = np.searchsorted(at, (now - stretch.days * DAY, now - stretch.but_hours * HOUR)).tolist()
    if first == past:
        return None
    ordered, n, since = np.sort(values[first:past]), past - first, int(at[first])
    return Usual(
        low=float(ordered[(n - 1) // 5]),
        high=float(ordered[(4 * n - 1) // 5]),
        readings=n,
        since=since,
        until=int(at[past - 1]),
        enough=n >= stretch.readings and since <= now - stretch.since_days * DAY,
    )
