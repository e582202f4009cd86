"""Limits that a clinician has set for one resident, beside the score and never in place of it.

Guards: a limit only adds a finding: no value is let pass because of it. An overdue review does not end it, and is
said; only whoever may set it ends it.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from alerts.policy import Policy
from alerts.rules import Finding, ScoredSet
from delegation.authority import PersonalLimit
from devices.vital_signs import FACTS, VitalSign

_LONDON = ZoneInfo("Europe/London")


def outside_personal_limits(
    scored: ScoredSet, limits: Sequence[PersonalLimit], policy: Policy
) -> list[Finding]:
    """One finding for each value that lies outside, ends included in what is let be."""
    options = policy.personal_limits
    if options is None:
        return []
    in_force = [limit for limit in limits if limit.in_force(scored.effective_at)]
    found = [_sentence(scored, limit) for limit in in_force]
    return [Finding("personal_limit", options.severity, said) for said in found if said]


def _sentence(scored: ScoredSet, limit: PersonalLimit) -> str | None:
    sign = VitalSign(limit.sign)
    part = scored.parts.get(sign)
    if part is None or part.value is None:
        return None
    if limit.low is not None and part.value < limit.low:
        beyond = f"below {limit.low}"
    elif limit.high is not None and part.value > limit.high:
        beyond = f"above {limit.high}"
    else:
        return None
    facts = FACTS[sign]
    value = f"{facts.label} {part.value} {facts.unit_shown}".rstrip()
    overdue = ""
    if scored.effective_at >= limit.review_by:
        overdue = f" Its review was due on {limit.review_by.astimezone(_LONDON):%d %B %Y}."
    return f"{value}: {beyond}, a limit set for this resident.{overdue}"
