"""What a clinician at the hub does with an escalation: claim, release, close, undo, raise by hand.

Guards: residents are locked first, then the escalation, then the hub's revision, as in ingest. Every act is
authorised, decided, stored and audited, in that order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple
from uuid import UUID

import psycopg

from alerts.cases import case, phone_call, store
from alerts.cases.case import Concern
from alerts.cases.escalation import Disposition, EventKind
from alerts.cases.store import Change
from alerts.policy import Severity
from alerts.rules import Finding
from alerts.standing import policies_in_force
from delegation import audit
from delegation.decisions import ceiling
from delegation.people import Actor
from delegation.rights import CHANGE, Record
from delegation.store import Placement

UNDO_WITHIN = timedelta(minutes=10)


class DeskError(Exception):
    """The desk may not do this; the message says why."""


class NotYoursError(DeskError):
    """This actor has no such escalation or resident."""


class AlreadyClaimedError(DeskError):
    """A colleague has claimed the escalation."""


class NotOpenError(DeskError):
    """The escalation's state does not allow this."""


class ChangedError(DeskError):
    """The escalation has changed since the actor saw it."""


class Seen(NamedTuple):
    """What an actor was shown of a case: the revision of its newest event, and the resident's ceiling of treatment."""

    revision: int
    ceiling_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Case:
    escalation_id: UUID
    resident_id: UUID
    hub_id: UUID
    state: str
    claimed_by: UUID | None
    closed_by: UUID | None
    closed_at: datetime | None
    disposition: str | None


_RESIDENT_OF: LiteralString = """
SELECT resident_id FROM alerts.escalation
WHERE escalation_id = %s AND hub_id IN (SELECT delegation.visible_hubs())
"""
_LOCK_RESIDENT: LiteralString = "SELECT ingest.lock_visible_resident(%s)"
_CASE: LiteralString = """
SELECT escalation_id, resident_id, hub_id, state, claimed_by, closed_by, closed_at, disposition
FROM alerts.escalation WHERE escalation_id = %s FOR UPDATE
"""
_CLAIM: LiteralString = """
UPDATE alerts.escalation SET state = 'claimed', claimed_by = %s, claimed_at = %s WHERE escalation_id = %s
"""
_RELEASE: LiteralString = """
UPDATE alerts.escalation SET state = 'open', claimed_by = NULL, claimed_at = NULL WHERE escalation_id = %s
"""
_CLOSE: LiteralString = """
UPDATE alerts.escalation SET state = 'closed', closed_by = %s, closed_at = %s, disposition = %s, note = %s
WHERE escalation_id = %s
"""
# Whether something happened that the closer has not seen, and did not do: the case was raised or worsened, or
# it was joined by something as grave, a phone call or a worry. A revision that is still to come was seen in a
# copy of this database that is gone: that counts as a change.
_CHANGED: LiteralString = """
SELECT coalesce(max(event.revision), 0) < %(seen)s OR coalesce(bool_or(
    event.revision > %(seen)s AND event.actor_id IS DISTINCT FROM %(actor)s AND (
        event.kind IN ('raised', 'worsened')
        OR (event.kind = 'joined' AND EXISTS (
            SELECT FROM alerts.finding
            WHERE finding.escalation_id = event.escalation_id AND finding.found_at = event.at
              AND (finding.severity = held.severity OR finding.rule IN ('phone_call', 'worry')))))), false)
FROM alerts.escalation held JOIN alerts.escalation_event event USING (escalation_id, hub_id)
WHERE held.escalation_id = %(case)s
"""
_REOPEN: LiteralString = """
UPDATE alerts.escalation SET
    state = CASE WHEN claimed_by IS NULL THEN 'open' ELSE 'claimed' END,
    closed_by = NULL, closed_at = NULL, disposition = NULL, note = NULL
WHERE escalation_id = %s
"""
_ANOTHER_OPEN: LiteralString = """
SELECT EXISTS (SELECT FROM alerts.escalation WHERE resident_id = %s AND state <> 'closed')
"""
_PLACEMENT: LiteralString = """
SELECT resident_id, home.home_id, home.organisation_id, home.hub_id
FROM delegation.resident JOIN delegation.home USING (home_id)
WHERE resident_id = %s AND hub_id IN (SELECT delegation.visible_hubs())
"""


def claim(conn: psycopg.Connection, actor: Actor, escalation_id: UUID, at: datetime) -> None:
    """Claim an escalation. Raise AlreadyClaimedError if a colleague has claimed it."""
    held = _locked(conn, actor, escalation_id)
    if held.state == "claimed" and held.claimed_by != actor.person_id:
        raise AlreadyClaimedError("A colleague has claimed this escalation already.")
    if held.state == "closed":
        raise NotOpenError("This escalation is closed.")
    if held.state == "claimed":
        return
    conn.execute(_CLAIM, (actor.person_id, at, escalation_id))
    _done(conn, actor, held, EventKind.CLAIMED, at)


def release(conn: psycopg.Connection, actor: Actor, escalation_id: UUID, at: datetime) -> None:
    """Release one's own claim; a hub lead may release anybody's."""
    held = _locked(conn, actor, escalation_id)
    if held.state != "claimed":
        raise NotOpenError("This escalation is not claimed.")
    if held.claimed_by != actor.person_id and not actor.may(CHANGE, Record.CLAIMS):
        raise AlreadyClaimedError(
            "A colleague has claimed this escalation: only they or a hub lead release it."
        )
    conn.execute(_RELEASE, (escalation_id,))
    _done(conn, actor, held, EventKind.RELEASED, at)


def close(
    conn: psycopg.Connection,
    actor: Actor,
    escalation_id: UUID,
    disposition: Disposition,
    note: str,
    at: datetime,
    *,
    seen: Seen | None = None,
) -> None:
    """Close an escalation one has claimed, with a disposition and a note for the home to read.

    `seen`: None for a caller that reads and closes under one lock. Raise ChangedError if something happened since that
    the actor should see first, or if the ceiling of treatment is another.
    """
    held = _locked(conn, actor, escalation_id)
    if held.state == "closed":
        raise NotOpenError("This escalation is closed already.")
    if held.state != "claimed":
        raise NotOpenError("Claim this escalation before you close it.")
    if held.claimed_by != actor.person_id:
        raise AlreadyClaimedError("A colleague has claimed this escalation.")
    if not note.strip():
        raise DeskError("Write a note: the home reads it as the hub's answer.")
    if seen is not None:
        _check_changes(conn, actor, held, seen)
    conn.execute(_CLOSE, (actor.person_id, at, disposition, note.strip(), escalation_id))
    _done(conn, actor, held, EventKind.CLOSED, at, words=note.strip())


def undo(conn: psycopg.Connection, actor: Actor, escalation_id: UUID, at: datetime) -> None:
    """Reopen an escalation one has closed within the last ten minutes, or release one's own claim."""
    held = _locked(conn, actor, escalation_id)
    if held.state == "claimed" and held.claimed_by == actor.person_id:
        conn.execute(_RELEASE, (escalation_id,))
        _done(conn, actor, held, EventKind.RELEASED, at)
        return
    if held.state != "closed" or held.closed_by != actor.person_id or held.closed_at is None:
        raise NotOpenError("There is nothing of yours to undo here.")
    if at - held.closed_at > UNDO_WITHIN:
        raise NotOpenError("It was closed more than ten minutes ago: raise a new escalation instead.")
    row = conn.execute(_ANOTHER_OPEN, (held.resident_id,)).fetchone()
    if row is None or row[0]:
        raise NotOpenError("A newer escalation is open for this resident: use that one.")
    conn.execute(_REOPEN, (escalation_id,))
    # The home may have read the answer: the event keeps the disposition that was taken back, so that it can
    # be shown.
    _done(conn, actor, held, EventKind.REOPENED, at, words=held.disposition)


def raise_by_hand(
    conn: psycopg.Connection,
    actor: Actor,
    resident_id: UUID,
    severity: Severity,
    words: str,
    at: datetime,
    *,
    stays_at_hub: bool = False,
) -> UUID:
    """Raise an escalation from a phone call, or add the call to the open one; return its id.

    `stays_at_hub`: the home's staff are shown only that somebody phoned, not the words.
    """
    conn.execute(_LOCK_RESIDENT, (resident_id,))
    row = conn.execute(_PLACEMENT, (resident_id,)).fetchone()
    if row is None:
        raise NotYoursError("There is no such resident in the homes this hub serves.")
    if not words.strip():
        raise DeskError("Say in a sentence what the caller told you.")
    concern = Concern(
        placement=Placement(*row),
        found=[Finding(phone_call.RULE, severity, phone_call.SENTENCE)],
        origin="phone",
        raised_by=actor.person_id,
    )
    escalation_id = case.open_or_join(conn, [concern], policies_in_force(conn, at), at)[resident_id]
    audit.record(
        conn,
        actor,
        "escalation.raised_by_hand",
        f"escalation:{escalation_id}",
        at=at,
        resident_id=resident_id,
    )
    phone_call.keep(conn, escalation_id, words.strip(), actor.person_id, at, stays_at_hub=stays_at_hub)
    return escalation_id


def _locked(conn: psycopg.Connection, actor: Actor, escalation_id: UUID) -> _Case:
    """Lock the resident, then the escalation, and return it.

    Raise NotYoursError if none of the actor's hubs has it in its queue.
    """
    if not actor.may(CHANGE, Record.CASES):
        raise NotYoursError("Only the hub's clinicians answer escalations.")
    resident = conn.execute(_RESIDENT_OF, (escalation_id,)).fetchone()
    if resident is None:
        raise NotYoursError("There is no such escalation in your hub's queue.")
    conn.execute(_LOCK_RESIDENT, (resident[0],))
    row = conn.execute(_CASE, (escalation_id,)).fetchone()
    if row is None:
        raise NotYoursError("There is no such escalation in your hub's queue.")
    return _Case(*row)


def _check_changes(conn: psycopg.Connection, actor: Actor, held: _Case, seen: Seen) -> None:
    wanted = {"case": held.escalation_id, "seen": seen.revision, "actor": actor.person_id}
    row = conn.execute(_CHANGED, wanted).fetchone()
    if row is None or row[0]:
        raise ChangedError("This has changed since you opened it: look again before you close it.")
    if ceiling.held(conn, held.resident_id) != seen.ceiling_id:
        raise ChangedError(
            "The ceiling of treatment has changed since you opened this: look again before you close it."
        )


def _done(
    conn: psycopg.Connection,
    actor: Actor,
    held: _Case,
    kind: EventKind,
    at: datetime,
    words: str | None = None,
) -> None:
    audit.record(
        conn,
        actor,
        f"escalation.{kind}",
        f"escalation:{held.escalation_id}",
        at=at,
        resident_id=held.resident_id,
    )
    change = Change(held.hub_id, held.escalation_id, kind, actor.person_id, words=words)
    store.announce(conn, [change], at)
