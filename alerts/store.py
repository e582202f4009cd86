"""Findings and escalations on their way into the database.

Guards: residents are locked before anything here is touched; a hub's revision is taken last, in hub order, and only
when its queue changed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from alerts.escalation import EventKind, OpenEscalation, Step
from alerts.policy import Severity
from alerts.rules import Finding

CHANNEL: LiteralString = "hearthwatch_hub"


@dataclass(frozen=True, slots=True)
class NewEscalation:
    """A case to open."""

    escalation_id: UUID
    resident_id: UUID
    home_id: UUID
    hub_id: UUID
    origin: str
    policy_version: str
    high: int | None
    raised_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding with the case it belongs to and the readings it rests on."""

    finding_id: UUID
    escalation_id: UUID
    resident_id: UUID
    rule_version: str
    finding: Finding
    evidence: Sequence[dict[str, Any]]
    low: int | None = None
    """Where the sentence is about a score, the least it could be."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened in a hub's queue."""

    hub_id: UUID
    escalation_id: UUID
    kind: EventKind
    actor_id: UUID | None = None
    cause_reading_id: UUID | None = None
    words: str | None = None
    left_hub_id: UUID | None = None
    """Whose queue it is in no more."""


_OPEN: LiteralString = """
SELECT resident_id, escalation_id, hub_id, severity, deadline_at, low FROM alerts.escalation
WHERE resident_id = ANY (%b) AND state <> 'closed' ORDER BY escalation_id FOR UPDATE
"""
_FOLLOW: LiteralString = "SELECT moved_case, from_hub, to_hub FROM alerts.follow_residents(%s)"
_LEAVE: LiteralString = "SELECT alerts.leave_hub(%s, %s)"
_RAISE: LiteralString = """
INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why, low, high,
    raised_at, deadline_at, policy_version, raised_by)
VALUES (%s, %s, %s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, %s, %s)
"""
_JOIN: LiteralString = "UPDATE alerts.escalation SET severity = %s, deadline_at = %s WHERE escalation_id = %s"
_SAY_WHY: LiteralString = (
    "UPDATE alerts.escalation SET why = %s, low = %s, high = %s WHERE escalation_id = %s"
)
_FIND: LiteralString = """
INSERT INTO alerts.finding
    (finding_id, escalation_id, resident_id, rule, rule_version, severity, sentence, low, evidence, found_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_REVISE: LiteralString = """
INSERT INTO alerts.hub_revision (hub_id, revision) VALUES (%s, %s)
ON CONFLICT (hub_id) DO UPDATE SET revision = hub_revision.revision + EXCLUDED.revision
RETURNING revision
"""
_EVENT: LiteralString = """
INSERT INTO alerts.escalation_event
    (hub_id, revision, escalation_id, kind, at, actor_id, cause_reading_id, words)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_NOTIFY: LiteralString = "SELECT pg_notify(%s, %s)"


def open_escalations(conn: psycopg.Connection, residents: Collection[UUID]) -> dict[UUID, OpenEscalation]:
    """The open case of each of these residents, locked."""
    rows = conn.execute(_OPEN, (list(residents),)).fetchall()
    return {row[0]: OpenEscalation(row[1], row[2], Severity(row[3]), row[4], row[5]) for row in rows}


def follow_residents(
    conn: psycopg.Connection, residents: Collection[UUID], actor_id: UUID | None = None
) -> list[Change]:
    """Move the open cases of these residents, who are locked, to where they live now; returns what to announce.

    A case that comes to another hub is nobody's there until it is claimed.
    """
    return [
        Change(to_hub, case, EventKind.MOVED, actor_id, left_hub_id=from_hub if from_hub != to_hub else None)
        for case, from_hub, to_hub in conn.execute(_FOLLOW, (list(residents),))
    ]


def raise_escalation(conn: psycopg.Connection, new: NewEscalation, step: Step, at: datetime) -> None:
    """Open a case."""
    conn.execute(
        _RAISE,
        (
            new.escalation_id,
            new.resident_id,
            new.home_id,
            new.hub_id,
            new.origin,
            step.severity,
            step.why,
            step.low,
            new.high if step.low is not None else None,
            at,
            step.deadline_at,
            new.policy_version,
            new.raised_by,
        ),
    )


def join_escalation(conn: psycopg.Connection, escalation_id: UUID, step: Step, high: int | None) -> None:
    """Let findings join the case that is open."""
    conn.execute(_JOIN, (step.severity, step.deadline_at, escalation_id))
    if step.why is not None:
        bounds = (step.low, high if step.low is not None else None)
        conn.execute(_SAY_WHY, (step.why, *bounds, escalation_id))


def add_findings(conn: psycopg.Connection, findings: Iterable[NewFinding], at: datetime) -> None:
    """Append findings with their evidence."""
    with conn.cursor() as cursor:
        cursor.executemany(
            _FIND,
            [
                (
                    new.finding_id,
                    new.escalation_id,
                    new.resident_id,
                    new.finding.rule,
                    new.rule_version,
                    new.finding.severity,
                    new.finding.sentence,
                    new.low,
                    Jsonb(list(new.evidence)),
                    at,
                )
                for new in findings
            ],
        )


def announce(conn: psycopg.Connection, changes: Sequence[Change], at: datetime) -> None:
    """Number what happened in each hub's queue and tell its pages. The last thing a transaction does.

    A hub that a case has left is told only that something changed: the rest is not its business any more.
    """
    left = {change.left_hub_id for change in changes if change.left_hub_id is not None}
    for hub_id in sorted({change.hub_id for change in changes} | left):
        gone = [change for change in changes if change.left_hub_id == hub_id]
        here = [change for change in changes if change.hub_id == hub_id]
        revision = _let_go(conn, hub_id, gone)
        if here:
            revision = _number(conn, hub_id, here, at)
        if revision is not None:
            conn.execute(_NOTIFY, (CHANNEL, f"{hub_id}:{revision}"))


def renew(conn: psycopg.Connection, hubs: Collection[UUID]) -> None:
    """Have the pages of these hubs read their queue again, where what changed is no case."""
    for hub_id in sorted(hubs):
        row = conn.execute(_REVISE, (hub_id, 1)).fetchone()
        if row is not None:
            conn.execute(_NOTIFY, (CHANNEL, f"{hub_id}:{row[0]}"))


def _let_go(conn: psycopg.Connection, hub_id: UUID, gone: Sequence[Change]) -> int | None:
    revision = None
    for change in gone:
        row = conn.execute(_LEAVE, (change.escalation_id, hub_id)).fetchone()
        revision = row[0] if row and row[0] is not None else revision
    return revision


def _number(conn: psycopg.Connection, hub_id: UUID, here: Sequence[Change], at: datetime) -> int:
    row = conn.execute(_REVISE, (hub_id, len(here))).fetchone()
    if row is None:
        raise RuntimeError("A hub's revision did not move.")
    first = row[0] - len(here) + 1
    with conn.cursor() as cursor:
        cursor.executemany(
            _EVENT,
            [
                (
                    hub_id,
                    first + number,
                    change.escalation_id,
                    change.kind,
                    at,
                    change.actor_id,
                    change.cause_reading_id,
                    change.words,
                )
                for number, change in enumerate(here)
            ],
        )
    return row[0]
