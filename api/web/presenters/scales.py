"""The score on the other SpO2 scale, for 30 days after an authorisation of scale 2 has ended.

Guards: the scoring kernel computes it from the values the score rests on. It is shown beside the score, never instead.
A score from before the end is on scale 2, so the other scale is the one used now.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np

from alerts import news2
from api.queries.resident import ScaleTwo
from api.queries.scores import Score
from api.web.presenters import signs
from api.web.presenters.resident import in_force


def other_scale(score: Score | None, scale_two: Sequence[ScaleTwo], now: datetime) -> str | None:
    """Return the score on the other scale in words, where scale 2 ended within the last 30 days; otherwise None."""
    if score is None or not scale_two or in_force(tuple(scale_two), now):
        return None
    other = 1 if score.spo2_scale == 2 else 2
    known: dict[str, Any] = {sign: score.parts.get(sign, {}).get("value") for sign in news2.SIGNS}
    if score.assumed_air:
        known["on_oxygen"] = False
    numbers = {sign: np.array([_number(value)]) for sign, value in known.items() if sign != "consciousness"}
    conscious = news2.CONSCIOUSNESS_CODES.get(str(known["consciousness"]), -1)
    found = news2.score(
        **numbers, consciousness=np.array([conscious], np.int8), spo2_scale=np.array([other], np.int8)
    )
    words = signs.bounds(int(found.low[0]), int(found.high[0]), assumed_air=score.assumed_air)
    whose = "which is used now" if other == 1 else "whose authorisation has ended"
    return f"On scale {other}, {whose}, it would be {words}."


def _number(value: Any) -> float:
    return (
        float("nan")
        if value is None
        else float(Decimal(str(int(value) if isinstance(value, bool) else value)))
    )
