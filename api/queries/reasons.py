"""Why a case is open: of each rule that found something, its gravest finding, and of scores the worst.

Guards: read as the actor; what rests on a reading that turned out to be somebody else's is left out.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from alerts.evidence import STANDS
from alerts.severity import Severity

# What people said is told as such, with who said it; a call is why a case is there as well.
_TOLD_ELSEWHERE = ["worry", "soft_sign"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's sentence, and when it was found."""

    rule: str
    severity: str
    sentence: str
    found_at: datetime


_REASONS: LiteralString = (
    """
SELECT DISTINCT ON (finding.escalation_id, finding.rule)
       finding.escalation_id, finding.rule, finding.severity, coalesce(call.words, finding.sentence), finding.found_at
FROM alerts.finding LEFT JOIN alerts.phone_call call USING (finding_id)
WHERE finding.escalation_id = ANY (%s) AND finding.rule <> ALL (%s)
  AND ("""
    + STANDS
    + """)
ORDER BY finding.escalation_id, finding.rule,
         finding.severity, finding.low DESC NULLS LAST, finding.found_at, finding.finding_id
"""
)


def reasons(conn: psycopg.Connection[Any], escalations: Collection[UUID]) -> dict[UUID, list[Reason]]:
    """The reasons of each of these cases, gravest first; one without any is missing."""
    found: dict[UUID, list[Reason]] = defaultdict(list)
    for escalation_id, *one in conn.execute(_REASONS, (list(escalations), _TOLD_ELSEWHERE)):
        found[escalation_id].append(Reason(*one))
    for all_ in found.values():
        all_.sort(key=lambda one: (Severity(one.severity).rank, one.found_at))
    return found
