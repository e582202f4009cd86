"""How grave a finding or an escalation is.

Guards: one order for everybody, the gravest first.
"""

from enum import StrEnum


class Severity(StrEnum):
    """How grave an escalation is, gravest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW_MEDIUM = "low_medium"
    CONCERN = "concern"
    SILENT = "silent"

    @property
    def rank(self) -> int:
        """0 is the gravest."""
        return list(Severity).index(self)
