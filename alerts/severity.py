"""How grave a finding or an escalation is."""

from enum import StrEnum


class Severity(StrEnum):
    """How grave a finding or an escalation is, gravest first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW_MEDIUM = "low_medium"
    CONCERN = "concern"
    SILENT = "silent"

    @property
    def rank(self) -> int:
        """The place in this order; 0 is the gravest."""
        return list(Severity).index(self)
