"""The rule for a sign that has drifted away from the resident's own usual values and stayed there.

Guards: the usual is the resident's own 20th to 80th centile, which a few days of illness or an odd value
hardly move. So every known value counts, ill or well. The sentence says how many values there were, and since
when.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.beside.own_line import OwnLine, micros, moment_of
from alerts.beside.usual import HOUR, Usual, usual
from alerts.options import Drift
from alerts.policy import Policy
from alerts.rules import Finding, Part, ScoredSet
from devices.vital_signs import FACTS, VitalSign

_LONDON = ZoneInfo("Europe/London")
# Signs are measured to hundredths at most: a smaller difference is a rounding error of floats.
NEARLY = 1e-9


class _Drifted(NamedTuple):
    side: str
    places: NDArray[np.intp]
    values: NDArray[np.float64]
    usual: Usual


def signs_to_hold(parts: Mapping[VitalSign, Part], moment: datetime, policy: Policy) -> list[VitalSign]:
    """Return the signs to compare with their usual: those measured at this moment, whatever they score."""
    if policy.drift is None:
        return []
    return [
        sign
        for sign in sorted(policy.drift.signs)
        if (part := parts.get(sign)) is not None and part.value is not None and part.effective_at == moment
    ]


def drifts(scored: ScoredSet, own: OwnLine | None, policy: Policy) -> list[Finding]:
    """Return a finding for each sign that has drifted.

    `own`: the resident's readings up to the scored moment, as known when this score became known.
    """
    options = policy.drift
    if options is None or own is None:
        return []
    found: list[Finding] = []
    for sign in signs_to_hold(scored.parts, scored.effective_at, policy):
        drifted = _drifted(sign, own, micros(scored.effective_at), options)
        if drifted is not None:
            also = tuple((own.keys[place], moment_of(int(own.at[place]))) for place in drifted.places)
            sentence = _sentence(sign, drifted, own)
            found.append(Finding("drift", options.severity, sentence, also))
    return found


def _drifted(sign: VitalSign, own: OwnLine, now: int, options: Drift) -> _Drifted | None:
    places, values = own.of(sign)
    at = own.at[places]
    split = int(np.searchsorted(at, now - options.within_hours * HOUR))
    lately = values[split:]
    if len(lately) < options.readings or at[split] > now - options.lasting_hours * HOUR:
        return None
    theirs = usual(at, values, now, options.usual)
    if theirs is None or not theirs.enough:
        return None
    if sign in options.below and theirs.low - lately.max() >= float(options.below[sign]) - NEARLY:
        return _Drifted("below", places[split:], lately, theirs)
    if sign in options.above and lately.min() - theirs.high >= float(options.above[sign]) - NEARLY:
        return _Drifted("above", places[split:], lately, theirs)
    return None


def _sentence(sign: VitalSign, drifted: _Drifted, own: OwnLine) -> str:
    facts, usual = FACTS[sign], drifted.usual
    at = own.at[drifted.places]
    hours = max(1, round(int(at[-1] - at[0]) / HOUR))
    lately = facts.with_unit(_span(float(drifted.values.min()), float(drifted.values.max())))
    since = f"{moment_of(usual.since).astimezone(_LONDON):%d %B}"
    return (
        f"{facts.label} has been {lately} over {hours} hour{'' if hours == 1 else 's'}"
        f" ({len(at)} readings), {drifted.side} their own usual of {_span(usual.low, usual.high)}"
        f" ({usual.readings} readings since {since})."
    )


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
