"""Several soft signs at once are a concern, whatever was measured.

Guards: a sign that was not asked about counts as nothing; a worry stands by itself and is another rule's.
"""

from alerts.policy import Policy
from alerts.rules import Finding, ScoredSet


def soft_signs(scored: ScoredSet, policy: Policy) -> list[Finding]:
    """For a resident who is scored; of one who is not, a single soft sign is a finding already."""
    options = policy.soft_signs
    if options is None or len(scored.soft_signs) < options.at_least:
        return []
    signs = ", ".join(sign.replace("_", " ") for sign in scored.soft_signs)
    return [Finding("soft_signs", options.severity, f"Noticed together: {signs}.")]
