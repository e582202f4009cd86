"""What is usual for a resident: the 20th and 80th centile of their own values, without the last hours.

Guards: the drift rule and the pages that show the usual both take it from here. Values of the last hours do
not count. Too few values, or too short a time, are marked as not enough.

Source: Stow and others, Evaluating physiological signals in care home residents, 2021 (a resident's own
centiles). A centile is the least value that has at least that share of the values at or below it
(PostgreSQL's percentile_disc).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.options import Stretch

HOUR = 3600 * 1_000_000
DAY = 24 * HOUR


class Usual(NamedTuple):
    """A resident's own centiles, of the values between two moments (microseconds since 1970).

    `enough`: there are as many values as the stretch asks for, the first of them long enough ago.
    """

    low: float
    high: float
    readings: int
    since: int
    until: int
    enough: bool


def usual(at: NDArray[np.int64], values: NDArray[np.float64], now: int, stretch: Stretch) -> Usual | None:
    """Return what is usual by n values at ascending moments (microseconds since 1970); None if none are in
    the stretch.
    """
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
