"""Notices of emergencies: what a kit says of somebody who cannot be named here, shown until it is acknowledged.

Guards: a notice holds no resident's id, so it shows nothing of another provider's resident. Each kit at each
home has at most one open notice, which counts its readings. It is with the hub that watches over the home
now. An acknowledgement counts only if its author has seen all that the notice says. The hub's revision is
locked first.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts.cases import store
from alerts.cases.desk import ChangedError, NotYoursError
from alerts.policy import PolicyBook
from alerts.severity import Severity
from delegation import audit
from delegation.people import Actor
from delegation.rights import CHANGE, Record
from devices.emergency import EMERGENCY_LABELS, UNREADABLE
from devices.identifiers import new_uuid7
from devices.reading import ReadingPayload, Unreadable, Urgent
from ingest import quality
from ingest.evaluation import Unnamed

UNRESPONSIVE = "unresponsive"

_HUBS: LiteralString = "SELECT home_id, hub_id FROM delegation.home WHERE home_id = ANY (%s)"
_TELL: LiteralString = """
INSERT INTO alerts.notice AS told
    (notice_id, kit_id, home_id, hub_id, signs, phoned_999, readings, first_at, last_at, deadline_at)
VALUES (%(id)s, %(kit)s, %(home)s, %(hub)s, %(signs)s, %(phoned)s, 1, %(at)s, %(at)s, %(deadline)s)
ON CONFLICT (coalesce(kit_id, '00000000-0000-0000-0000-000000000000'),
             coalesce(home_id, '00000000-0000-0000-0000-000000000000')) WHERE acknowledged_at IS NULL
DO UPDATE SET
    hub_id = EXCLUDED.hub_id,
    signs = ARRAY(SELECT DISTINCT sign FROM unnest(told.signs || EXCLUDED.signs) AS sign ORDER BY sign),
    phoned_999 = told.phoned_999 AND EXCLUDED.phoned_999,
    readings = told.readings + 1,
    last_at = greatest(told.last_at, EXCLUDED.last_at)
"""
_LEFT: LiteralString = """
SELECT notice.hub_id, home.hub_id FROM alerts.notice JOIN delegation.home USING (home_id)
WHERE notice.acknowledged_at IS NULL AND notice.hub_id <> home.hub_id
"""
_FOLLOW: LiteralString = """
UPDATE alerts.notice SET hub_id = home.hub_id FROM delegation.home
WHERE home.home_id = notice.home_id AND notice.acknowledged_at IS NULL AND notice.hub_id <> home.hub_id
  AND notice.hub_id = ANY (%(told)s) AND home.hub_id = ANY (%(told)s)
"""
# A home reads its own notices; the hub's clinicians and operators acknowledge them.
_HUB: LiteralString = """
SELECT hub_id FROM alerts.notice
WHERE notice_id = %s AND (hub_id IS NULL OR hub_id IN (SELECT delegation.visible_hubs()))
"""
_ACKNOWLEDGE: LiteralString = """
UPDATE alerts.notice SET acknowledged_by = %s, acknowledged_at = %s
WHERE notice_id = %s AND acknowledged_at IS NULL AND readings = %s
"""


def tell(conn: psycopg.Connection, unnamed: Sequence[Unnamed], policies: PolicyBook, at: datetime) -> None:
    """Open a notice for each kit, or add to its open one. Those from no home's kit are for operators."""
    homes = list({one.home_id for one in unnamed if one.home_id is not None})
    hubs: dict[UUID | None, UUID] = dict(conn.execute(_HUBS, (homes,)).fetchall())
    store.renew(conn, set(hubs.values()), at)
    with conn.cursor() as cursor:
        # Sorted: notices of no home lock no hub's revision, so two workers could otherwise deadlock.
        cursor.executemany(
            _TELL, [_row(one, hubs.get(one.home_id), policies, at) for one in sorted(unnamed, key=_place)]
        )


def follow(conn: psycopg.Connection, at: datetime) -> int:
    """Move open notices to the hub that watches over their home now; return how many.

    Only that hub can ring the home.
    """
    hubs = {hub for left_and_new in conn.execute(_LEFT).fetchall() for hub in left_and_new}
    if not hubs:
        return 0
    store.renew(conn, hubs, at)
    return conn.execute(_FOLLOW, {"told": list(hubs)}).rowcount


def _place(one: Unnamed) -> tuple[str, str]:
    return str(one.kit_id), str(one.home_id)


def _row(one: Unnamed, hub_id: UUID | None, policies: PolicyBook, at: datetime) -> dict[str, object]:
    """Return the parameters of a notice. An emergency has the deadline of the gravest case."""
    policy = policies.default if hub_id is None else policies.for_hub(hub_id)
    return {
        "id": new_uuid7(),
        "kit": one.kit_id,
        "home": None if hub_id is None else one.home_id,
        "hub": hub_id,
        "signs": _signs(one),
        "phoned": _says(one).phoned_999,
        "at": at,
        "deadline": policy.deadline_at(Severity.HIGH, at),
    }


def _signs(one: Unnamed) -> list[str]:
    """Return the signs in words of ours: a kit's own might not be fit to store, or might name somebody."""
    said = _says(one)
    signs = said.emergency_signs if isinstance(said, Urgent) else quality.emergency_signs(said)
    known = {sign if sign in EMERGENCY_LABELS else UNREADABLE for sign in signs}
    return sorted(known) or [UNRESPONSIVE]


def _says(one: Unnamed) -> ReadingPayload | Urgent:
    return one.said.urgent if isinstance(one.said, Unreadable) else one.said


def acknowledge(conn: psycopg.Connection, actor: Actor, notice_id: UUID, seen: int, at: datetime) -> None:
    """Acknowledge a notice. `seen` is how many readings it counted when the actor read it.

    Raise NotYoursError, or ChangedError if more readings came or a colleague was first.
    """
    if not actor.may(CHANGE, Record.NOTICES):
        raise NotYoursError("Only the hub's clinicians and operators acknowledge a notice.")
    row = conn.execute(_HUB, (notice_id,)).fetchone()
    if row is None:
        raise NotYoursError("There is no such notice for you.")
    store.renew(conn, [row[0]] if row[0] is not None else [], at)
    if conn.execute(_ACKNOWLEDGE, (actor.person_id, at, notice_id, seen)).rowcount == 0:
        raise ChangedError("More came from this kit, or a colleague was first: look at what is there now.")
    audit.record(conn, actor, "notice.acknowledged", f"notice:{notice_id}", at=at)
