"""What the rules find in very many scores at once: which rule, how grave, when, and for whom.

Guards: for the words that a file can hold, each rule finds the same as in `alerts.rules`, `alerts.beside` and
`alerts.judgement`, which look at one score at a time. A test compares them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alerts.news2 import CONSCIOUSNESS_CODES, RED_SCORES, SIGNS
from alerts.policy import Policy
from alerts.replay import drifting, looking_back, unfit
from alerts.replay.asked import unanswered
from alerts.replay.on_record import TAKEN_OVER
from alerts.replay.scored import ScoredSets
from alerts.replay.sets import MICROSECONDS
from alerts.rules import OF_THEIR_OWN
from alerts.severity import Severity

RULES = (
    "score_threshold",
    "unresponsive",
    "red_vital_sign",
    "unrecordable",
    "worry",
    "rise",
    "trend",
    "drift",
    "soft_signs",
    "could_not_be_excluded",
    "personal_limit",
    "outside_limits",
    "soft_sign",
    # Found in what is stored, never in a file of observations.
    "emergency_sign",
    "silence",
    *TAKEN_OVER,
)
_RULE = {rule: number for number, rule in enumerate(RULES)}
_MINUTE = 60 * MICROSECONDS
_CONSCIOUSNESS = SIGNS.index("consciousness")
_WORST = [code for letter, code in CONSCIOUSNESS_CODES.items() if letter in ("P", "U")]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Findings, by resident and moment of finding."""

    resident: NDArray[np.int64]
    home: NDArray[np.int64]
    at: NDArray[np.int64]
    rule: NDArray[np.int8]  # index into RULES
    severity: NDArray[np.int8]  # rank: 0 is the gravest

    def __len__(self) -> int:
        return len(self.resident)


def found(results: ScoredSets, policy: Policy) -> Found:
    """Return all that this policy's rules find in these scores, and in questions that nobody answered in time."""
    low, own, sets = results.scores.low, results.own, results.sets
    fits = ~sets.unfit[results.cause]
    at_once = low >= policy.medium_from
    if policy.red_vital_sign is not None:
        at_once = at_once | (results.scores.red == RED_SCORES.index("yes"))
    masks: dict[str, NDArray[Any]] = {
        "score_threshold": low >= policy.medium_from,
        "unresponsive": np.isin(results.values[:, _CONSCIOUSNESS], _WORST),
        "red_vital_sign": at_once & (low < policy.medium_from),
        "unrecordable": own & sets.unrecordable[results.cause],
        "worry": own & sets.worry[results.cause],
        "rise": looking_back.rises(results, policy),
        "trend": looking_back.trends(results, policy),
        "drift": drifting.drifts(results, policy),
        "soft_signs": own & fits & _together(results, policy),
        "personal_limit": own & sets.outside_own[results.cause],
    }
    if not fits.all():
        masks["outside_limits"] = ~fits & unfit.outside_limits(results.values, policy)
        masks["soft_sign"] = ~fits & (sets.soft_signs[results.cause] > 0)
    acts = results.newest | (results.moment >= results.at - policy.act_within * _MINUTE)
    told = [mask > 0 for rule, mask in masks.items() if rule not in OF_THEIR_OWN]
    anything = np.logical_or.reduce(told)
    asks = acts & fits & _asks(results, at_once)
    settles = ~asks & fits & results.newest & (~results.scores.deciding.any(axis=1) | anything)
    parts = [_of_rule(results, rule, mask * acts, policy) for rule, mask in masks.items()]
    if policy.could_not_be_excluded is not None:
        parts.append(_unanswered(results, asks, settles, policy))
    return _in_order(parts)


def _asks(results: ScoredSets, at_once: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which scores start the could-not-be-excluded clock, as `alerts.rules.asks`."""
    sets, cause = results.sets, results.cause
    words = (sets.soft_signs[cause] > 0) | sets.worry[cause] | sets.scheduled[cause]
    points = (results.scores.part_low >= 1).any(axis=1) | (results.own & words)
    return results.scores.deciding.any(axis=1) & ~at_once & points


def _together(results: ScoredSets, policy: Policy) -> NDArray[np.bool_]:
    if policy.soft_signs is None:
        return np.zeros(len(results), dtype=bool)
    return results.sets.soft_signs[results.cause] >= policy.soft_signs.at_least


def _of_rule(results: ScoredSets, rule: str, count: NDArray[Any], policy: Policy) -> Found:
    """Return the findings of one rule. `count`: how many there are in each score."""
    rows = np.repeat(np.arange(len(count)), count.astype(np.intp))
    severity = np.full(len(rows), _rank(rule, policy), dtype=np.int8)
    if rule == "score_threshold":
        severity[results.scores.low[rows] >= policy.high_from] = Severity.HIGH.rank
    return Found(
        resident=results.resident[rows],
        home=results.sets.home[results.cause[rows]],
        at=results.at[rows],
        rule=np.full(len(rows), _RULE[rule], dtype=np.int8),
        severity=severity,
    )


def _rank(rule: str, policy: Policy) -> int:
    """Return how grave a finding of this rule is; for a score's threshold, the least it can be."""
    beside = {
        "rise": policy.rise,
        "trend": policy.trend,
        "drift": policy.drift,
        "soft_signs": policy.soft_signs,
    }
    if (options := beside.get(rule)) is not None:
        return options.severity.rank
    fixed = {
        "score_threshold": Severity.MEDIUM,
        "unresponsive": policy.unresponsive,
        "red_vital_sign": policy.red_vital_sign,
        "unrecordable": policy.unrecordable,
        "could_not_be_excluded": policy.could_not_be_excluded,
        "personal_limit": policy.personal_limit,
        "outside_limits": policy.without_score,
    }
    return (fixed.get(rule) or Severity.CONCERN).rank


def _unanswered(
    results: ScoredSets, asks: NDArray[np.bool_], settles: NDArray[np.bool_], policy: Policy
) -> Found:
    rows, due = unanswered(results.resident, results.at, asks, settles, policy.answer_within * _MINUTE)
    return Found(
        resident=results.resident[rows],
        home=results.sets.home[results.cause[rows]],
        at=due,
        rule=np.full(len(rows), _RULE["could_not_be_excluded"], dtype=np.int8),
        severity=np.full(len(rows), _rank("could_not_be_excluded", policy), dtype=np.int8),
    )


def _in_order(parts: list[Found]) -> Found:
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("resident", "home", "at", "rule", "severity")
    ]
    order = np.lexsort((columns[4], columns[2], columns[0]))
    return Found(*(column[order] for column in columns))
