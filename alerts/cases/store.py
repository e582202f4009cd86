"""Writing findings and escalations to the database.

Guards: residents are locked before anything here is touched. A hub's revision is taken last, in hub order,
and only when its queue changed.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from alerts.cases.escalation import EventKind, OpenEscalation, Step
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
    """The hub whose queue it has left."""


_OPEN: LiteralString = """
SELECT resident_id, escalation_id, hub_id, severity, deadline_at, low, yields FROM alerts.escalation
WHERE resident_id = ANY (%b) AND state <> 'closed' ORDER BY escalation_id FOR UPDATE
"""
_FOLLOW: LiteralString = "SELECT moved_case, from_hub, to_hub FROM alerts.follow_residents(%s)"
# Tells that hub's pages too, if it had the case.
_LEAVE: LiteralString = """
SELECT pg_notify(%(channel)s, %(hub)s::uuid::text)
FROM alerts.leave_hub(%(case)s, %(hub)s) AS revision WHERE revision IS NOT NULL
"""
_RAISE: LiteralString = """
INSERT INTO alerts.escalation (escalation_id, resident_id, home_id, hub_id, origin, state, severity, why, low, yields,
    why_finding, raised_at, deadline_at, policy_version, raised_by)
VALUES (%s, %s, %s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_JOIN: LiteralString = "UPDATE alerts.escalation SET severity = %s, deadline_at = %s WHERE escalation_id = %s"
_SAY_WHY: LiteralString = """
UPDATE alerts.escalation SET why = %s, why_finding = %s, low = %s, yields = %s WHERE escalation_id = %s
"""
_SAY_AGAIN: LiteralString = "SELECT alerts.say_again(%s, %s, %s)"
_FIND: LiteralString = """
INSERT INTO alerts.finding
    (finding_id, escalation_id, resident_id, rule, rule_version, severity, sentence, low, evidence, found_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
# Numbers the hub's events without a gap, and tells its pages the last number. A restore or a repair may have
# left the revision behind: numbers then go on after the hub's last event.
_NUMBER: LiteralString = """
WITH numbered AS (
    INSERT INTO alerts.hub_revision AS held (hub_id, revision)
    VALUES (%(hub)s, alerts.last_event_at(%(hub)s) + %(by)s)
    ON CONFLICT (hub_id) DO UPDATE SET revision = greatest(held.revision + %(by)s, EXCLUDED.revision)
    RETURNING revision
), happened AS (
    INSERT INTO alerts.escalation_event
        (hub_id, revision, escalation_id, kind, at, actor_id, cause_reading_id, words)
    SELECT %(hub)s, numbered.revision - %(by)s + one.place, one.escalation_id, one.kind, %(at)s, one.actor_id,
           one.cause_reading_id, one.words
    FROM numbered, unnest(%(cases)s::uuid[], %(kinds)s::text[], %(actors)s::uuid[], %(causes)s::uuid[],
                          %(words)s::text[])
        WITH ORDINALITY AS one (escalation_id, kind, actor_id, cause_reading_id, words, place)
)
SELECT pg_notify(%(channel)s, %(hub)s::uuid::text) FROM numbered
"""


def hold(
    conn: psycopg.Connection, residents: Collection[UUID], actor_id: UUID | None = None
) -> tuple[list[Change], dict[UUID, OpenEscalation]]:
    """Lock the open case of each of these residents, and move it to the hub of where they live now.

    The caller has locked the residents. Return what to announce of the cases that moved, and the cases by
    resident.
    """
    wanted = list(residents)
    with conn.pipeline():
        moved, held = conn.execute(_FOLLOW, (wanted,)), conn.execute(_OPEN, (wanted,))
    return _moved(moved, actor_id), {
        resident: OpenEscalation(case, hub_id, Severity(severity), deadline_at, low, yields)
        for resident, case, hub_id, severity, deadline_at, low, yields in held
    }


def follow_residents(conn: psycopg.Connection, residents: Collection[UUID]) -> list[Change]:
    """Move these residents' open cases to where they live now; return what to announce. The caller has locked
    the residents.
    """
    return _moved(conn.execute(_FOLLOW, (list(residents),)), None)


def _moved(rows: Iterable[tuple[UUID, UUID, UUID]], actor_id: UUID | None) -> list[Change]:
    """Return a change for each case that moved; in another hub nobody has claimed it."""
    return [
        Change(to_hub, case, EventKind.MOVED, actor_id, left_hub_id=from_hub if from_hub != to_hub else None)
        for case, from_hub, to_hub in rows
    ]


def raise_escalation(
    conn: psycopg.Connection, new: NewEscalation, step: Step, said_by: UUID | None, at: datetime
) -> None:
    """Open a case. `said_by`: the finding that gives its sentence."""
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
            step.yields,
            said_by,
            at,
            step.deadline_at,
            new.policy_version,
            new.raised_by,
        ),
    )


def join_escalation(conn: psycopg.Connection, escalation_id: UUID, step: Step, said_by: UUID | None) -> None:
    """Let findings join the open case. `said_by`: the finding that gives it a new sentence, if any."""
    conn.execute(_JOIN, (step.severity, step.deadline_at, escalation_id))
    if step.why is not None:
        say(conn, escalation_id, step.why, said_by, step.low, yields=step.yields)


def say(
    conn: psycopg.Connection,
    escalation_id: UUID,
    why: str,
    said_by: UUID | None,
    low: int | None = None,
    *,
    yields: bool,
) -> None:
    """Replace a case's sentence by that of a finding. `low`: the least of the score that it is about, if any."""
    conn.execute(_SAY_WHY, (why, said_by, low, yields, escalation_id))


def say_again(conn: psycopg.Connection, escalation_id: UUID, finding_id: UUID, *, yields: bool) -> None:
    """Replace a case's sentence by that of a finding which the case had already."""
    conn.execute(_SAY_AGAIN, (escalation_id, finding_id, yields))


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
    """Number what happened in each hub's queue and tell its pages. A transaction does this last.

    A hub that a case has left is told only that something changed; the rest does not concern it any more.
    """
    left = {change.left_hub_id for change in changes if change.left_hub_id is not None}
    for hub_id in sorted({change.hub_id for change in changes} | left):
        for gone in (change for change in changes if change.left_hub_id == hub_id):
            conn.execute(_LEAVE, {"channel": CHANNEL, "case": gone.escalation_id, "hub": hub_id})
        if here := [change for change in changes if change.hub_id == hub_id]:
            _number(conn, hub_id, here, len(here), at)


def renew(conn: psycopg.Connection, hubs: Collection[UUID], at: datetime) -> None:
    """Have the pages of these hubs read their queue again, when what changed is no case."""
    for hub_id in sorted(hubs):
        _number(conn, hub_id, [], 1, at)


def _number(conn: psycopg.Connection, hub_id: UUID, here: Sequence[Change], by: int, at: datetime) -> None:
    conn.execute(
        _NUMBER,
        {
            "channel": CHANNEL,
            "hub": hub_id,
            "by": by,
            "at": at,
            "cases": [change.escalation_id for change in here],
            "kinds": [change.kind for change in here],
            "actors": [change.actor_id for change in here],
            "causes": [change.cause_reading_id for change in here],
            "words": [change.words for change in here],
        },
    )
