"""Why an escalation is there: its findings with their readings, and its history.

Guards: many escalations are read together, so a queue of any length costs the same few queries.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reading that a finding rests on."""

    kit: UUID
    reading: UUID
    effective_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule or a person concluded."""

    rule: str
    rule_version: str
    severity: str
    sentence: str
    found_at: datetime
    evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an escalation."""

    kind: str
    at: datetime
    actor_id: UUID | None
    actor_name: str | None
    cause_reading_id: UUID | None
    words: str | None


_FINDINGS: LiteralString = """
SELECT told.escalation_id, rule, rule_version, severity, coalesce(call.words, sentence), found_at, evidence
FROM unnest(%(cases)s::uuid[]) AS one (escalation_id)
CROSS JOIN LATERAL (SELECT * FROM alerts.finding
                    WHERE finding.escalation_id = one.escalation_id
                    ORDER BY found_at DESC, finding_id DESC LIMIT %(most)s::bigint) told
LEFT JOIN alerts.phone_call call USING (finding_id)
ORDER BY found_at, finding_id
"""
_STEPS: LiteralString = """
SELECT event.kind, event.at, event.actor_id, person.name AS actor_name,
       event.cause_reading_id, event.words
FROM alerts.escalation_event event LEFT JOIN delegation.person ON person.person_id = event.actor_id
WHERE event.escalation_id = %s ORDER BY event.revision
"""


def findings_of(
    conn: psycopg.Connection[Any], escalations: Collection[UUID], most: int | None = None
) -> dict[UUID, list[Finding]]:
    """Return the findings of each of these escalations, oldest first, at most the newest `most`; one without any is
    missing."""
    found: dict[UUID, list[Finding]] = defaultdict(list)
    for row in conn.execute(_FINDINGS, {"cases": list(escalations), "most": most}).fetchall():
        escalation_id, rule, version, severity, sentence, found_at, evidence = row
        rests_on = [_evidence(item) for item in evidence]
        found[escalation_id].append(Finding(rule, version, severity, sentence, found_at, rests_on))
    return found


def steps_of(conn: psycopg.Connection[Any], escalation_id: UUID) -> list[Step]:
    """Return what happened to one escalation, in order."""
    with conn.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(_STEPS, (escalation_id,)).fetchall()


def _evidence(item: dict[str, str]) -> Evidence:
    return Evidence(UUID(item["kit"]), UUID(item["reading"]), datetime.fromisoformat(item["effective_at"]))
