"""Escalations of one resident or one home, with their history.

Guards: the history is read from the events, never guessed from the present state.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from api.queries.course import Course, courses


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an escalation."""

    escalation_id: UUID
    kind: str
    at: datetime
    actor_id: UUID | None
    actor_name: str | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule or a person concluded."""

    escalation_id: UUID
    rule: str
    severity: str
    sentence: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Escalation:
    """One escalation, open or closed."""

    escalation_id: UUID
    resident_id: UUID
    resident_name: str
    synthetic: bool
    home_id: UUID
    home_name: str
    hub_id: UUID
    origin: str
    state: str
    severity: str
    why: str
    raised_at: datetime
    deadline_at: datetime
    claimed_by: UUID | None
    claimed_by_name: str | None
    claimed_at: datetime | None
    closed_by: UUID | None
    closed_by_name: str | None
    closed_at: datetime | None
    disposition: str | None
    note: str | None
    revision: int = 0
    """The newest event's revision at its hub; somebody who closes the case names what they have seen by it.
    """


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The answer a case had before it was reopened, as its code; None where it is erased or unknown."""

    escalation_id: UUID
    answered_at: datetime
    disposition: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """An escalation with its findings, its history and how its resident has been meanwhile."""

    escalation: Escalation
    findings: tuple[Finding, ...]
    events: tuple[Event, ...]
    course: Course


_ESCALATION: LiteralString = """
SELECT escalation.escalation_id, escalation.resident_id, resident.name AS resident_name, resident.synthetic,
       escalation.home_id, home.name AS home_name, escalation.hub_id, escalation.origin, escalation.state,
       escalation.severity, escalation.raised_at,
       -- Where somebody phoned, what they said, for whoever may read that.
       coalesce((SELECT call.words FROM alerts.phone_call call JOIN alerts.finding told USING (finding_id)
                 WHERE call.escalation_id = escalation.escalation_id AND told.sentence = escalation.why
                 ORDER BY told.severity, taken_at LIMIT 1), escalation.why) AS why,
       escalation.deadline_at, escalation.claimed_by, claimer.name AS claimed_by_name, escalation.claimed_at,
       escalation.closed_by, closer.name AS closed_by_name, escalation.closed_at, escalation.disposition,
       escalation.note,
       -- For who answers it: it counts what happens to everybody at the hub.
       coalesce((SELECT max(event.revision) FROM alerts.escalation_event event
                 WHERE event.escalation_id = escalation.escalation_id AND event.hub_id = escalation.hub_id
                   AND event.hub_id IN (SELECT delegation.visible_hubs())), 0) AS revision
FROM alerts.escalation
JOIN delegation.resident USING (resident_id)
JOIN delegation.home ON home.home_id = escalation.home_id
LEFT JOIN delegation.person claimer ON claimer.person_id = escalation.claimed_by
LEFT JOIN delegation.person closer ON closer.person_id = escalation.closed_by
"""
_ONE: LiteralString = _ESCALATION + "WHERE escalation.escalation_id = %s"
_OPEN_OF_RESIDENT: LiteralString = (
    _ESCALATION + "WHERE escalation.resident_id = %s AND escalation.state <> 'closed'"
)
_OF_RESIDENT: LiteralString = (
    _ESCALATION
    + """
WHERE escalation.resident_id = %s AND (escalation.state <> 'closed' OR escalation.raised_at > %s)
ORDER BY escalation.state = 'closed', escalation.raised_at DESC
LIMIT 20
"""
)
_OF_HOME: LiteralString = (
    _ESCALATION
    + """
WHERE escalation.home_id = %s AND (escalation.state <> 'closed' OR escalation.closed_at > %s)
ORDER BY escalation.state = 'closed', escalation.closed_at DESC, escalation.deadline_at
LIMIT 250
"""
)
_FINDINGS: LiteralString = """
SELECT finding.escalation_id, rule, severity, coalesce(call.words, sentence) AS sentence, found_at
FROM alerts.finding LEFT JOIN alerts.phone_call call USING (finding_id)
WHERE finding.escalation_id = ANY (%s) ORDER BY found_at, finding_id
"""
_EVENTS: LiteralString = """
SELECT event.escalation_id, event.kind, event.at, event.actor_id, person.name AS actor_name,
       CASE WHEN event.kind <> 'reopened' THEN event.words END AS words
FROM alerts.escalation_event event LEFT JOIN delegation.person ON person.person_id = event.actor_id
WHERE event.escalation_id = ANY (%s) ORDER BY event.at, event.revision
"""
_TAKEN_BACK: LiteralString = """
SELECT DISTINCT ON (reopened.escalation_id)
       reopened.escalation_id, closed.at AS answered_at, reopened.words AS disposition
FROM alerts.escalation_event reopened
JOIN alerts.escalation USING (escalation_id)
JOIN alerts.escalation_event closed
    ON closed.escalation_id = reopened.escalation_id AND closed.kind = 'closed' AND closed.at <= reopened.at
WHERE reopened.escalation_id = ANY (%s) AND reopened.kind = 'reopened' AND escalation.state <> 'closed'
ORDER BY reopened.escalation_id, reopened.at DESC, closed.at DESC
"""


def escalation(conn: psycopg.Connection[Any], escalation_id: UUID) -> Escalation | None:
    """Return one escalation, where the actor may see its resident."""
    with conn.cursor(row_factory=class_row(Escalation)) as cursor:
        return cursor.execute(_ONE, (escalation_id,)).fetchone()


def open_case(conn: psycopg.Connection[Any], resident_id: UUID) -> Escalation | None:
    """Return the resident's open escalation, where there is one."""
    with conn.cursor(row_factory=class_row(Escalation)) as cursor:
        return cursor.execute(_OPEN_OF_RESIDENT, (resident_id,)).fetchone()


def cases_of_resident(
    conn: psycopg.Connection[Any], resident_id: UUID, since: datetime, at: datetime
) -> list[Case]:
    """Return the open case and those raised after `since`, as they stand now; at most 20."""
    with conn.cursor(row_factory=class_row(Escalation)) as cursor:
        found = cursor.execute(_OF_RESIDENT, (resident_id, since)).fetchall()
    cases = [one.escalation_id for one in found]
    wanted = (cases,)
    findings: dict[UUID, list[Finding]] = defaultdict(list)
    events: dict[UUID, list[Event]] = defaultdict(list)
    with conn.cursor(row_factory=class_row(Finding)) as cursor:
        for finding in cursor.execute(_FINDINGS, wanted):
            findings[finding.escalation_id].append(finding)
    with conn.cursor(row_factory=class_row(Event)) as cursor:
        for event in cursor.execute(_EVENTS, wanted):
            events[event.escalation_id].append(event)
    went = courses(conn, cases, at)
    return [
        Case(
            one,
            tuple(findings[one.escalation_id]),
            tuple(events[one.escalation_id]),
            went[one.escalation_id],
        )
        for one in found
        if one.escalation_id in went
    ]


def of_home(conn: psycopg.Connection[Any], home_id: UUID, since: datetime) -> list[Escalation]:
    """Return a home's open escalations, and those closed after `since`."""
    with conn.cursor(row_factory=class_row(Escalation)) as cursor:
        return cursor.execute(_OF_HOME, (home_id, since)).fetchall()


def taken_back(conn: psycopg.Connection[Any], cases: Collection[UUID]) -> dict[UUID, TakenBack]:
    """Return the newest answer that the hub took back, for each case that is open again."""
    with conn.cursor(row_factory=class_row(TakenBack)) as cursor:
        return {one.escalation_id: one for one in cursor.execute(_TAKEN_BACK, (list(cases),))}
