"""Readings for which NEWS2 is not used, very many at once: each is looked at by itself and gets no score.

Guards: for the words that a file can hold, the result is the same as that of
`alerts.rules.unscored_findings`.
"""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import CONSCIOUSNESS_CODES, SIGNS
from alerts.policy import Policy
from alerts.replay.sets import Sets
from alerts.sets.composition import Composed
from devices.vital_signs import FACTS, VitalSign

_CONSCIOUSNESS = SIGNS.index("consciousness")
_ALERT = CONSCIOUSNESS_CODES["A"]


def apart(sets: Sets, part: Composed) -> Composed:
    """Return the results without scores of such readings, or caused by them.

    Each such reading keeps one result, with its own values alone.
    """
    if not sets.unfit.any():
        return part
    scored = ~(sets.unfit[part.target] | sets.unfit[part.cause])
    kept = np.flatnonzero(scored | (part.target == part.cause))
    target, cause, alone = part.target[kept], part.cause[kept], ~scored[kept][:, None]
    own = sets.values[cause]
    return Composed(
        target,
        cause,
        values=np.where(alone, own, part.values[kept]),
        source=np.where(alone, np.where(np.isnan(own), -1, cause[:, None]), part.source[kept]),
    )


def without_theirs(sets: Sets, part: Composed) -> NDArray[np.float64]:
    """Return the values that may be scored, m x 7: NaN for such readings."""
    if not sets.unfit.any():
        return part.values
    return np.where(sets.unfit[part.cause][:, None], np.nan, part.values)


def outside_limits(values: NDArray[np.float64], policy: Policy) -> NDArray[np.bool_]:
    """Return which of m readings (m x 7 values) have one outside the hub's limits, or hard to believe."""
    outside = values[:, _CONSCIOUSNESS] > _ALERT
    for column, sign in enumerate(map(VitalSign, SIGNS)):
        unsurprising = FACTS[sign].unsurprising
        ranges: list[tuple[float | Decimal, float | Decimal]] = []
        if unsurprising is not None:
            ranges.append((unsurprising.low, unsurprising.high))
        if sign in policy.limits:
            ranges.append(policy.limits[sign])
        for low, high in ranges:
            outside |= (values[:, column] < float(low)) | (values[:, column] > float(high))
    return outside
