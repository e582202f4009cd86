"""Why a case is open: each rule's gravest finding, and the worst score.

Guards: reasons are read as the actor. Findings on a reading that turned out to be another resident's are left out.
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

# What people said is shown as such, with who said it; a call is also a reason for the case.
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
    """Return the reasons of each of these cases, gravest first; a case without any is missing."""
    found: dict[UUID, list[Reason]] = defaultdict(list)
    for escalation_id, *one in conn.execute(_REASONS, (list(escalations), _TOLD_ELSEWHERE)):
        found[escalation_id].append(Reason(*one))
    for all_ in found.values():
        all_.sort(key=lambda one: (Severity(one.severity).rank, one.found_at))
    return found
