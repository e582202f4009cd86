"""A hub's queue: the open escalations, and those closed a moment ago.

Guards: only hubs and residents in the actor's scope are shown. Residents who are only silent come last, and further
pages show all that the first does not. `course` says how each resident has been since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import class_row

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Hub:
    """A hub whose queue the actor works on."""

    hub_id: UUID
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One open escalation as the queue shows it."""

    escalation_id: UUID
    resident_id: UUID
    resident_name: str
    synthetic: bool
    home_id: UUID
    home_name: str
    origin: str
    state: str
    severity: str
    why: str
    raised_at: datetime
    deadline_at: datetime
    claimed_by: UUID | None
    claimed_by_name: str | None
    claimed_at: datetime | None
    has_ceiling: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Part of the queue in its order, at most MOST_ROWS.

    `later`: others stand before them; `more`: others follow.
    """

    rows: Sequence[Waiting]
    later: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """An escalation closed a moment ago, which its closer may still reopen."""

    escalation_id: UUID
    resident_id: UUID
    resident_name: str
    synthetic: bool
    home_name: str
    severity: str
    disposition: str
    note: str | None
    closed_at: datetime
    closed_by: UUID
    closed_by_name: str | None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many escalations are open, shown or not. Synthetic residents are counted apart."""

    waiting: int
    claimed: int
    overdue: int
    synthetic_waiting: int
    synthetic_claimed: int
    synthetic_overdue: int
    claimed_overdue: int = 0  # of the overdue ones
    synthetic_claimed_overdue: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A resident found by name, to raise an escalation for."""

    resident_id: UUID
    name: str
    born_on: date
    home_name: str
    synthetic: bool


_HUB: LiteralString = """
SELECT hub_id, name, phone FROM delegation.hub
WHERE hub_id = %s AND hub_id IN (SELECT delegation.visible_hubs())
"""
# An outage silences many at once; none of them may stand before somebody known to be ill. If the case to go on from can
# no longer be seen, all are shown: better twice than not at all.
_WAITING: LiteralString = """
WITH line AS NOT MATERIALIZED (
    SELECT *, ROW(NOT (%(high_first)s AND severity = 'high'), severity = 'silent', deadline_at, escalation_id) AS place
    FROM alerts.escalation
)
SELECT escalation.escalation_id, escalation.resident_id, resident.name AS resident_name, resident.synthetic,
       escalation.home_id, home.name AS home_name, escalation.origin, escalation.state, escalation.severity,
       -- Where somebody phoned, what they said, for whoever may read that.
       coalesce((SELECT call.words FROM alerts.phone_call call JOIN alerts.finding told USING (finding_id)
                 WHERE call.escalation_id = escalation.escalation_id AND told.sentence = escalation.why
                 ORDER BY told.severity, taken_at LIMIT 1), escalation.why) AS why,
       escalation.raised_at, escalation.deadline_at,
       escalation.claimed_by, claimer.name AS claimed_by_name, escalation.claimed_at,
       EXISTS (SELECT FROM delegation.ceiling
               WHERE ceiling.resident_id = escalation.resident_id AND revoked_at IS NULL) AS has_ceiling
FROM line AS escalation
JOIN delegation.resident USING (resident_id)
JOIN delegation.home ON home.home_id = escalation.home_id
LEFT JOIN delegation.person claimer ON claimer.person_id = escalation.claimed_by
WHERE escalation.hub_id = %(hub)s AND escalation.state <> 'closed'
  AND coalesce(escalation.place > (SELECT line.place FROM line WHERE line.escalation_id = %(after)s), true)
ORDER BY escalation.place
LIMIT %(most)s
"""
_TOTALS: LiteralString = """
SELECT count(*) FILTER (WHERE state = 'open' AND NOT synthetic) AS waiting,
       count(*) FILTER (WHERE state = 'claimed' AND NOT synthetic) AS claimed,
       count(*) FILTER (WHERE deadline_at <= %(at)s AND NOT synthetic) AS overdue,
       count(*) FILTER (WHERE state = 'open' AND synthetic) AS synthetic_waiting,
       count(*) FILTER (WHERE state = 'claimed' AND synthetic) AS synthetic_claimed,
       count(*) FILTER (WHERE synthetic AND deadline_at <= %(at)s) AS synthetic_overdue,
       count(*) FILTER (WHERE state = 'claimed' AND deadline_at <= %(at)s AND NOT synthetic) AS claimed_overdue,
       count(*) FILTER (WHERE state = 'claimed' AND deadline_at <= %(at)s AND synthetic)
           AS synthetic_claimed_overdue
FROM alerts.escalation JOIN delegation.resident USING (resident_id)
WHERE hub_id = %(hub)s AND state <> 'closed'
"""
_CLOSED: LiteralString = """
SELECT escalation.escalation_id, escalation.resident_id, resident.name AS resident_name, resident.synthetic,
       home.name AS home_name, escalation.severity, escalation.disposition, escalation.note,
       escalation.closed_at, escalation.closed_by, closer.name AS closed_by_name
FROM alerts.escalation
JOIN delegation.resident USING (resident_id)
JOIN delegation.home ON home.home_id = escalation.home_id
LEFT JOIN delegation.person closer ON closer.person_id = escalation.closed_by
WHERE escalation.hub_id = %s AND escalation.state = 'closed' AND escalation.closed_at > %s
ORDER BY escalation.closed_at DESC
LIMIT 20
"""
_REVISION: LiteralString = "SELECT revision FROM alerts.hub_revision WHERE hub_id = %s"
_FOUND: LiteralString = """
SELECT resident.resident_id, resident.name, resident.born_on, home.name AS home_name, resident.synthetic
FROM delegation.resident JOIN delegation.home USING (home_id)
WHERE home.hub_id = %(hub)s
  AND (strpos(lower(resident.name), lower(%(words)s)) > 0 OR strpos(lower(home.name), lower(%(words)s)) > 0)
ORDER BY resident.name, home.name
LIMIT 50
"""


def hub(conn: psycopg.Connection[Any], hub_id: UUID) -> Hub | None:
    """Return the hub, where the actor works at it."""
    with conn.cursor(row_factory=class_row(Hub)) as cursor:
        return cursor.execute(_HUB, (hub_id,)).fetchone()


def waiting(
    conn: psycopg.Connection[Any], hub_id: UUID, *, high_first: bool, after: UUID | None = None
) -> Part:
    """Return the open escalations by deadline, the silent last, or those after the escalation `after`.

    `high_first` puts high severity on top. Cases only move forward: one that worsens while somebody pages may appear on
    an earlier page, and no other is left out.
    """
    wanted = {"hub": hub_id, "high_first": high_first, "after": after, "most": MOST_ROWS + 1}
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        found = cursor.execute(_WAITING, wanted).fetchall()
    return Part(found[:MOST_ROWS], later=after is not None, more=len(found) > MOST_ROWS)


def totals(conn: psycopg.Connection[Any], hub_id: UUID, at: datetime) -> Totals:
    """Return counts over the whole queue."""
    with conn.cursor(row_factory=class_row(Totals)) as cursor:
        found = cursor.execute(_TOTALS, {"hub": hub_id, "at": at}).fetchone()
    return found or Totals(0, 0, 0, 0, 0, 0)


def closed_since(conn: psycopg.Connection[Any], hub_id: UUID, since: datetime) -> list[Closed]:
    """Return what was closed after `since`, newest first."""
    with conn.cursor(row_factory=class_row(Closed)) as cursor:
        return cursor.execute(_CLOSED, (hub_id, since)).fetchall()


def revision(conn: psycopg.Connection[Any], hub_id: UUID) -> int:
    """Return the queue's revision, which says how recent a page is."""
    row = conn.execute(_REVISION, (hub_id,)).fetchone()
    return row[0] if row else 0


def residents_named(conn: psycopg.Connection[Any], hub_id: UUID, words: str) -> list[Found]:
    """Return the hub's residents whose name, or home's name, contains these words; at most 50."""
    with conn.cursor(row_factory=class_row(Found)) as cursor:
        return cursor.execute(_FOUND, {"hub": hub_id, "words": words.strip()}).fetchall()
