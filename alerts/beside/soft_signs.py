"""The rule for several soft signs at once, whatever was measured.

Guards: a soft sign that nobody asked about does not count. A worry is found by a rule of its own.
"""

from alerts.policy import Policy
from alerts.rules import Finding, ScoredSet


def soft_signs(scored: ScoredSet, policy: Policy) -> list[Finding]:
    """Return a finding if a scored resident shows as many soft signs as the policy says.

    For a resident without a score one soft sign is enough (`rules.unscored_findings`).
    """
    options = policy.soft_signs
    if options is None or len(scored.soft_signs) < options.at_least:
        return []
    signs = ", ".join(sign.replace("_", " ") for sign in scored.soft_signs)
    return [Finding("soft_signs", options.severity, f"Noticed together: {signs}.")]
