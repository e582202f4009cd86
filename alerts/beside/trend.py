"""The rule for a vital sign that goes one way over its last readings.

Guards: the slope is the median of the slopes of all pairs (Theil and Sen), so one odd reading neither makes
nor hides a trend. Only a sign that scores at least one point counts; otherwise findings would flood the hub.

Source: Sen, Estimates of the regression coefficient based on Kendall's tau, J. Am. Stat. Assoc. 63, 1968.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerts.policy import Policy
from alerts.rules import Finding, Part, ScoredSet
from devices.vital_signs import FACTS, VitalSign
from ingest.arrival import ReadingKey


class Measured(NamedTuple):
    """One value of a sign, and the reading that gave it."""

    at: datetime
    value: Decimal
    key: ReadingKey | None = None


def signs_to_follow(parts: Mapping[VitalSign, Part], moment: datetime, policy: Policy) -> list[VitalSign]:
    """Return the signs whose earlier values are needed: measured at this moment, and scoring at least one point."""
    if policy.trend is None:
        return []
    return [
        sign
        for sign in policy.trend.change
        if (part := parts.get(sign)) is not None
        and part.low >= 1
        and part.value is not None
        and part.effective_at == moment
    ]


def trends(
    scored: ScoredSet, measured: Mapping[VitalSign, Sequence[Measured]], policy: Policy
) -> list[Finding]:
    """Return a finding for each sign that follows a trend.

    `measured`: each sign's values up to this moment, as they were known then, oldest first.
    """
    options = policy.trend
    if options is None:
        return []
    since = scored.effective_at - timedelta(hours=options.within_hours)
    found: list[Finding] = []
    for sign in signs_to_follow(scored.parts, scored.effective_at, policy):
        last = [one for one in measured.get(sign, ()) if since <= one.at <= scored.effective_at]
        last = last[-options.readings :]
        if len(last) == options.readings and _goes_on(last, options.change[sign]):
            also = tuple((one.key, one.at) for one in last if one.key is not None)
            found.append(Finding("trend", options.severity, _sentence(sign, last), also))
    return found


def change(hours: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the robust change from the first to the last of n values, for each of m rows.

    `hours` and `values` are m x n, oldest first. The m changes are in the unit of the values. A row whose
    values are all of one moment has no slope: its change is 0.
    """
    first, second = np.triu_indices(hours.shape[1], 1)
    apart = hours[:, second] - hours[:, first]
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (values[:, second] - values[:, first]) / apart
    slopes[apart <= 0] = np.nan
    none = np.isnan(slopes).all(axis=1)
    slopes[none] = 0.0
    return np.nanmedian(slopes, axis=1) * (hours[:, -1] - hours[:, 0])


def _goes_on(last: Sequence[Measured], wanted: Decimal) -> bool:
    hours = np.array([[(one.at - last[0].at).total_seconds() / 3600 for one in last]])
    by = change(hours, np.array([[float(one.value) for one in last]]))
    return goes_so_far(by, float(wanted))[0]


def goes_so_far(by: NDArray[np.float64], wanted: float) -> NDArray[np.bool_]:
    """Return whether each change goes the wanted way, and as far; 1e-9 absorbs rounding errors of floats."""
    return (by if wanted > 0 else -by) >= abs(wanted) - 1e-9


def _sentence(sign: VitalSign, last: Sequence[Measured]) -> str:
    facts = FACTS[sign]
    goes = "rising" if last[-1].value > last[0].value else "falling"
    hours = max(1, round((last[-1].at - last[0].at).total_seconds() / 3600))
    values = facts.with_unit(", ".join(str(one.value) for one in last))
    return f"{facts.label} has been {goes} over {hours} hour{'' if hours == 1 else 's'}: {values}."
