"""The rule for a score that has risen within some hours.

Guards: a rise is the least the score can be now, less the most it could be then, so a missing sign never
makes one. From the medium threshold on there is no rise: the threshold's own finding says enough.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alerts import rules
from alerts.policy import Policy
from alerts.rules import Finding, ScoredSet
from ingest.arrival import ReadingKey

_LONDON = ZoneInfo("Europe/London")


class Earlier(NamedTuple):
    """A score of another moment, as it stood when the judged score became known."""

    effective_at: datetime
    high: int
    key: ReadingKey | None = None


def may_rise(low: int, policy: Policy) -> bool:
    """Return whether earlier scores must be read for a score of at least `low`."""
    return policy.rise is not None and policy.rise.points <= low < policy.medium_from


def rise(scored: ScoredSet, earlier: Iterable[Earlier], policy: Policy) -> list[Finding]:
    """Return a rise since the lowest earlier score within the policy's hours; a score exactly that old counts."""
    options = policy.rise
    if options is None or not may_rise(scored.low, policy):
        return []
    then = lowest(scored.effective_at, earlier, timedelta(hours=options.within_hours))
    if then is None or scored.low - then.high < options.points:
        return []
    score = f"{scored.low}" if scored.low == scored.high else rules.bounds(scored.low, scored.high)
    since = f"{then.effective_at.astimezone(_LONDON):%d %B at %H:%M}"
    sentence = f"NEWS2 has risen by {scored.low - then.high} or more: {then.high} on {since}, {score} now."
    if then.high and scored.low != scored.high:
        sentence = sentence.replace(f": {then.high} on", f": at most {then.high} on")
    also = () if then.key is None else ((then.key, then.effective_at),)
    return [Finding("rise", options.severity, sentence, also)]


def lowest(moment: datetime, earlier: Iterable[Earlier], within: timedelta) -> Earlier | None:
    """Return the earlier score with the least upper bound; of several, the latest."""
    there = [one for one in earlier if moment - within <= one.effective_at < moment]
    return min(there, key=lambda one: (one.high, moment - one.effective_at), default=None)
