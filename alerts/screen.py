"""Which of many scored moments may concern the rules, looked at all at once.

Guards: for a moment that is left out, the rules would find nothing, ask nothing and want nothing done. A
moment in doubt is let through, for the rules to judge.
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
    """Return which of m moments `alerts.rules` must look at.

    `said`, m: at this moment the reading says more than signs that were measured and are easy to believe.
    That is a soft sign, an emergency, a worry, a sign that could not be had, or a value to be confirmed.
    `scheduled`, m: a full set was due. `looks_from`: that of the moments' policies, m, or one for all.

    A certain score acts from the policy's threshold up, or with a red sign. Below that, a missing sign is
    asked for if something points that way: a part that scores, or a full set that was due (RCP NEWS2 2017,
    and the project's rules of composition).
    """
    acts = (scores.low >= looks_from) | (scores.red == _RED)
    # A part that is certain to score raises the low bound of the total, so no part need be looked at.
    asks = scores.deciding.any(axis=1) & ((scores.low >= 1) | scheduled)
    return acts | asks | said


def looks_from(policy: Policy) -> int:
    """Return the least score at which a rule of this policy may have something to say."""
    if policy.drift is not None:
        return 0  # any sign, whatever it scores
    if policy.trend is not None:
        return 1  # a sign that carries a point
    return policy.medium_from if policy.rise is None else min(policy.medium_from, policy.rise.points)
