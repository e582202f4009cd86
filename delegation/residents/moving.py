"""Move a resident to another home of the same provider.

Guards: only the manager of the home they leave, or its hub's lead, records a move, and only within the provider's
homes. A move that a colleague recorded meanwhile is not overwritten unseen. The audit keeps the old home. Open cases
follow the resident; the record that no oxygen is in use does not.
"""

from collections.abc import Collection
from datetime import date, datetime, time
from typing import Any, LiteralString
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from delegation import audit
from delegation.decisions import air_record
from delegation.people import Actor
from delegation.residents.admission import (
    ChangedMeanwhileError,
    Done,
    Outcome,
    UnfitParticularsError,
    alike,
    check,
)

_LONDON = ZoneInfo("Europe/London")
_NOON = time(12)

_LIVES: LiteralString = """
SELECT home_id, home.name AS home, lives_here_from, resident.name, born_on, nhs_number
FROM delegation.resident JOIN delegation.home USING (home_id) WHERE resident_id = %s FOR NO KEY UPDATE OF resident
"""
_PLACES: LiteralString = """
SELECT there.home_id, there.name FROM delegation.homes_of_their_provider(%(resident)s) AS there
WHERE there.home_id <> (SELECT home_id FROM delegation.resident WHERE resident_id = %(resident)s) ORDER BY there.name
"""
_MOVE: LiteralString = """
UPDATE delegation.resident SET home_id = %(home)s, lives_here_from = %(since)s WHERE resident_id = %(resident)s
"""


def homes_to_move_to(conn: psycopg.Connection[Any], resident_id: UUID) -> dict[UUID, str]:
    """Return the other homes of the resident's provider, by id, with their names."""
    return dict(conn.execute(_PLACES, {"resident": resident_id}).fetchall())


def move(
    conn: psycopg.Connection[Any],
    actor: Actor,
    resident_id: UUID,
    home_id: UUID | None,
    *,
    moved_on: date,
    at: datetime,
    seen: UUID | None,
    other_than: Collection[UUID] = (),
) -> Done:
    """Record that the resident has lived at another home of their provider since that day.

    `seen` is the home they lived at when the form was opened; `other_than` is as in `admission.add`. Raises
    AdmissionRefusedError, ChangedMeanwhileError, UnfitParticularsError.
    """
    check(conn, actor, resident_id)
    with conn.cursor(row_factory=dict_row) as cursor:
        [who] = cursor.execute(_LIVES, (resident_id,)).fetchall()
    if seen != who["home_id"]:
        raise ChangedMeanwhileError
    places = homes_to_move_to(conn, resident_id)
    first = who["lives_here_from"].astimezone(_LONDON).date()
    faults = {
        "home": "" if home_id in places else "Choose the home they moved to",
        "moved_on": _moved_fault(moved_on, first, at),
    }
    faults = {name: said for name, said in faults.items() if said}
    if faults or home_id is None:
        raise UnfitParticularsError(faults)
    if found := alike(conn, home_id, who, other_than):
        return Done(Outcome.ALIKE, found)
    since = max(who["lives_here_from"], min(datetime.combine(moved_on, _NOON, _LONDON), at))
    # Audited before the move: afterwards an actor who answers for the old home alone has no rights here.
    audit.record(
        conn,
        actor,
        "resident.moved",
        f"resident:{resident_id}",
        at=at,
        resident_id=resident_id,
        words=f"{who['home']} -> {places[home_id]}, since {moved_on.isoformat()}",
    )
    air_record.leave(conn, actor, resident_id, at)
    conn.execute(_MOVE, {"resident": resident_id, "home": home_id, "since": since})
    return Done(Outcome.DONE, resident_id)


def _moved_fault(moved_on: date, first: date, at: datetime) -> str:
    if moved_on > at.astimezone(_LONDON).date():
        return "Record it when they have moved: this is a day to come"
    if moved_on < first:
        return f"They are recorded at this home since {first.day} {first:%B %Y}: give that day or a later one"
    return ""
