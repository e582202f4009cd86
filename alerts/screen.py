"""Which of many scored moments could give the rules anything to say, looked at all at once.

Guards: of a moment that is left out the rules find nothing, ask nothing and want nothing done; whoever is in doubt is
let through, for the rules themselves to judge.
"""

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import RED_SCORES, Scores
from alerts.policy import Policy

_RED = RED_SCORES.index("yes")


def may_speak(
    scores: Scores,
    *,
    said: NDArray[np.bool_],
    scheduled: NDArray[np.bool_],
    looks_from: int | NDArray[np.integer],
) -> NDArray[np.bool_]:
    """Of m moments, those that `alerts.rules` must look at.

    `said`, m: the reading says at this moment anything besides signs that were measured and are easy to believe: a
    soft sign, an emergency, a worry, a sign that could not be had, a value to be confirmed. `scheduled`, m: it was to
    be a full set. `looks_from`: that of the policies these moments fall under, m, or one for all.

    What is certain is acted on from a policy's threshold up or with a red score; below that, what is missing is asked
    for where something points that way: a part that scores, or a full set that was scheduled (RCP NEWS2 2017, and the
    project's rules of composition).
    """
    acts = (scores.low >= looks_from) | (scores.red == _RED)
    # A part that is certain to score raises the least that the total can be, so no part need be looked at.
    asks = scores.deciding.any(axis=1) & ((scores.low >= 1) | scheduled)
    return acts | asks | said


def looks_from(policy: Policy) -> int:
    """The least score, of itself, at which a rule may have something to say."""
    if policy.drift is not None:
        return 0  # any sign, whatever it scores
    if policy.trend is not None:
        return 1  # a sign that carries a point
    return policy.medium_from if policy.rise is None else min(policy.medium_from, policy.rise.points)
