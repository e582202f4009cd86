"""Say whose a reading is, where it was sent for somebody else.

Guards: only somebody who answers for the home or the hub, or who took the reading, may correct it, among residents of
one home whom they see. A wrong correction hides an illness, so each is a row of its own, audited with its reason.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import LiteralString
from uuid import UUID

from alerts.evaluator import Evaluator
from api.access import Visit
from api.database import Connection, Pool, try_again
from api.problems import RefusedError, not_found
from api.queries import home, readings
from api.queries.readings import Reading
from api.queries.resident import Resident
from api.reach import resident_seen
from delegation import audit
from delegation.audit import Purpose
from delegation.people import act_as, in_request
from ingest import correction
from ingest.arrival import ReadingKey
from ingest.correction import Corrected, Correction, Reason
from ingest.quality import AHEAD

# Family carers are left out: they see one resident, so they could not say whose a reading is. Older readings decide
# nothing any more, and finding them would mean searching all of history.
SPAN = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Rights:
    """Which of a resident's readings somebody may say are another's: any since `SPAN` ago, or those they took."""

    any_reading: bool
    own: bool
    person_id: UUID
    since: datetime

    def over(self, one: Reading) -> bool:
        mine = self.own and one.taken_by == self.person_id
        return one.effective_at > self.since and (self.any_reading or mine)


@dataclass(frozen=True, slots=True)
class Said:
    """Whose it is (None: unknown), how the mistake came about, and the last correction that the actor has seen."""

    taken_from: UUID | None
    reason: Reason
    seen: int
    words: str | None = None


_RIGHTS: LiteralString = """
SELECT home_id IN (SELECT delegation.homes_held('home_manager', 'hub_clinician', 'hub_lead')),
       home_id IN (SELECT delegation.homes_held('care_worker'))
FROM delegation.resident WHERE resident_id = %s
"""


def rights(visit: Visit, resident_id: UUID) -> Rights:
    """Return what the actor may say about this resident's readings."""
    row = visit.conn.execute(_RIGHTS, (resident_id,)).fetchone()
    any_reading, own = row or (False, False)
    return Rights(any_reading, own, visit.actor.person_id, visit.at - SPAN)


def in_question(visit: Visit, resident_id: UUID, key: ReadingKey) -> tuple[Resident, Reading]:
    """Return the resident and the reading. Raises RefusedError where the actor may not say whose it is."""
    found = resident_seen(visit, resident_id)
    one = readings.reading(visit.conn, resident_id, key, visit.at - SPAN, visit.at + AHEAD)
    if one is None:
        raise not_found("reading")
    if not rights(visit, resident_id).over(one):
        sentence = (
            "Only the home's manager, the hub, or whoever took a reading says that it is somebody else's."
        )
        raise RefusedError(HTTPStatus.FORBIDDEN, sentence)
    return found, one


def choices(visit: Visit, found: Resident, one: Reading) -> list[home.Lives]:
    """Return whose it may be: the residents of the home, without the one it counts for on this page."""
    there = home.living_there(visit.conn, found.home_id, visit.at)
    return [lives for lives in there if not (one.counts and lives.resident_id == found.resident_id)]


def correct(
    visit: Visit, door_pool: Pool, evaluator: Evaluator, resident_id: UUID, key: ReadingKey, said: Said
) -> Corrected:
    """Correct the reading, score both residents anew, and audit who said so and why.

    Raises RefusedError where the actor may not correct it, CorrectionRefusedError where the correction is impossible.
    """
    found, one = in_question(visit, resident_id, key)
    allowed = {lives.resident_id for lives in choices(visit, found, one)}
    if said.taken_from is not None and said.taken_from not in allowed:
        raise not_found("resident in this home")

    def work(conn: Connection) -> Corrected:
        in_request(conn, visit.request_id)
        decided = Correction(key, said.seen, said.taken_from, said.reason, visit.actor.person_id)
        corrected = correction.correct(conn, evaluator, decided, visit.at)
        _write_down(conn, visit, {resident_id, corrected.held_for, said.taken_from}, key, said)
        return corrected

    return try_again(door_pool, work)


def _write_down(
    conn: Connection, visit: Visit, residents: Collection[UUID | None], key: ReadingKey, said: Said
) -> None:
    """Audit it for every resident whose record changes, so that each history shows it."""
    act_as(conn, visit.actor.person_id, visit.request_id)
    words = f"{said.reason}: {said.words}" if said.words else str(said.reason)
    for whom in sorted(one for one in residents if one is not None):
        audit.record(
            conn,
            visit.actor,
            "reading.corrected",
            f"reading:{key[1]}",
            at=visit.at,
            purpose=Purpose.CORRECTION,
            resident_id=whom,
            words=words,
        )
