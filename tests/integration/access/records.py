"""Puts a row about every resident, worker and kit into every table, so that what is not seen is hidden, not absent.

Readings, scores, escalations and questions come through the door, as they do in life.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from alerts.evaluator import Evaluator
from delegation import audit
from delegation.audit_seal import seal
from delegation.people import Process
from devices.reading import SoftSign
from ingest import door
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import Database
from tests.integration.access import people as p

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
RESIDENTS = (n.AMARA, n.BRAM, n.CORA, n.STRANGER_RESIDENT)
WORKERS = (n.WORKER, n.AGENCY, n.OUTSIDER)
KITS = (n.KIT, n.SECOND_KIT, n.STRANGE_KIT, n.WEB_KIT)
_KIT_OF = {
    n.AMARA: (n.KIT, 1),
    n.BRAM: (n.KIT, 1),
    n.CORA: (n.SECOND_KIT, 2),
    n.STRANGER_RESIDENT: (n.STRANGE_KIT, 3),
    p.EFE: (p.HILLTOP_KIT, 4),
    p.GRETA: (p.BROOK_KIT, 5),
}
_ASSESSOR = {n.WORKER: n.TRAINER, n.AGENCY: n.TRAINER, n.OUTSIDER: n.FAR_TRAINER, p.MIRA: n.TRAINER}

# One statement each, with the resident, or the person, or the kit as its one value.
_OF_RESIDENT: tuple[LiteralString, ...] = (
    """INSERT INTO delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number,
           reason, decided_at, starts_at, review_by, recorded_by)
       SELECT %s, 'Dr Synthetic', 'GMC', '1234567', 'hypercapnic respiratory failure', '2026-01-01', '2026-01-01',
           '2027-01-01', person_id FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.personal_limit (resident_id, sign, high, clinician_name, regulator, regulator_number,
           reason, decided_at, starts_at, review_by, recorded_by)
       SELECT %s, 'pulse', 90, 'Dr Synthetic', 'GMC', '1234567', 'heart failure', '2026-01-01', '2026-01-01',
           '2027-01-01', person_id FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.air_record (resident_id, recorded_by, recorded_at)
       SELECT %s, person_id, '2026-01-01' FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason,
           decided_at, starts_at, review_by, recorded_by)
       SELECT %s, 'Not for hospital', 'Dr Synthetic', 'GMC', '1234567', 'Agreed', '2026-01-01', '2026-01-01',
           '2027-01-01', person_id FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by)
       SELECT %s, 'Away', '2026-01-01', '2026-01-02', person_id FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.end_of_care (resident_id, ended_at, reason, recorded_by, recorded_at)
       SELECT %s, '2026-01-01', 'moved_away', person_id, '2026-01-01' FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.legal_hold (resident_id, reason, placed_by, starts_at)
       SELECT %s, 'A claim', person_id, '2026-01-01' FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.invitation (code_hash, role, resident_id, name, ends_at, invited_by, good_until)
       SELECT sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'carer', %s, 'Pia Relation', '2026-03-01', person_id,
           '2026-02-01' FROM delegation.person LIMIT 1""",
    """INSERT INTO delegation.tombstone (resident_id, care_ended_at, rule_version, erased_at, erased)
       VALUES (%s, '2010-01-01', 'default-1', '2020-01-01', '{}')""",
    """INSERT INTO ingest.reading_correction (kit_id, reading_id, correction_id, effective_at, stored_for, held_for,
           resident_id, arrival_number, reason, corrected_by, corrected_at)
       SELECT kit_id, reading_id, 1, effective_at, resident_id, NULL,
           resident_id, arrival_number, 'corrected_by_mistake', gen_random_uuid(), arrived_at
       FROM ingest.reading WHERE resident_id = %s ORDER BY arrival_number LIMIT 1""",
)
# Each by somebody of the other hub, and over by now.
_GLASS: LiteralString = """
INSERT INTO delegation.break_glass (resident_id, person_id, hubs, reason, words, opened_at, ends_at)
SELECT resident.resident_id, held.person_id, ARRAY[held.hub_id], 'danger_now', 'Collapsed',
       '2026-01-01 09:00+00', '2026-01-01 10:00+00'
FROM delegation.resident JOIN delegation.home USING (home_id)
JOIN delegation.role_assignment held ON held.role = 'hub_clinician' AND held.hub_id <> home.hub_id
WHERE held.person_id = ANY (%s)
"""
_GLASS_SEEN: LiteralString = """
INSERT INTO delegation.break_glass_seen (break_glass_id, desk, person_id)
SELECT break_glass_id, 'home', %s FROM delegation.break_glass
"""
_COMPETENCE: LiteralString = """
INSERT INTO delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until)
VALUES (%s, 'temperature', 'independent', %s, '2026-01-01', '2027-01-01')
"""
_STATUS: LiteralString = (
    "INSERT INTO devices.kit_status (kit_id, heard_at, online) VALUES (%s, '2026-01-01', true)"
)
_EARLIER_LOAN: LiteralString = """
INSERT INTO devices.kit_loan (kit_id, home_id, lent_at, returned_at) VALUES (%s, %s, '2019-01-01', '2019-06-01')
"""
_ACCOUNT: LiteralString = "INSERT INTO api.account SELECT person_id, person_id, 'x' FROM delegation.person"
_SESSION: LiteralString = """
INSERT INTO api.session SELECT decode(md5(person_id::text), 'hex'), person_id, '2026-01-01', '2026-01-01', '2027-01-01'
FROM delegation.person
"""
_OUTBOX: LiteralString = """
INSERT INTO ingest.outbox (kit_id, leaf, payload, dedupe_key, created_at)
VALUES (%s, 'messages', '{"text": "Please measure again"}', %s, '2026-01-01')
"""
_CALLS: LiteralString = """
INSERT INTO alerts.phone_call
SELECT DISTINCT ON (resident_id)
       finding_id, escalation_id, resident_id, 'Her son rang', false, gen_random_uuid(), found_at
FROM alerts.finding
"""
_NOTICE_OF_NO_HOME: LiteralString = """
INSERT INTO alerts.notice (notice_id, signs, phoned_999, readings, first_at, last_at, deadline_at)
VALUES (gen_random_uuid(), '{choking}', false, 1, '2026-01-01', '2026-01-01', '2026-01-01')
"""


def fill(database: Database, *, with_more_people: bool = False) -> None:
    """Write it all and commit."""
    residents, workers, kits = RESIDENTS, WORKERS, KITS
    if with_more_people:
        residents, workers, kits = (
            (*RESIDENTS, p.EFE, p.GRETA),
            (*WORKERS, p.MIRA),
            (*KITS, p.HILLTOP_KIT, p.BROOK_KIT),
        )
        with database.connect() as conn:
            p.come(conn)
    with database.connect("hearthwatch_ingest") as conn:
        _deliver(conn, residents)
    with database.connect() as conn:
        for resident in residents:
            for statement in _OF_RESIDENT:
                conn.execute(statement, (resident,))
            audit.record(
                conn,
                Process("seed"),
                "platform.seeded",
                "resident",
                at=NOW,
                resident_id=resident,
                words="A note",
            )
        for worker in workers:
            conn.execute(_COMPETENCE, (worker, _ASSESSOR[worker]))
        for kit in kits:
            conn.execute(_STATUS, (kit,))
            conn.execute(_OUTBOX, (kit, str(kit)))
        conn.execute(_EARLIER_LOAN, (n.KIT, n.STRANGE_HOME))
        conn.execute(_ACCOUNT)
        conn.execute(_SESSION)
        conn.execute(_CALLS)
        conn.execute(_GLASS, ([n.CLINICIAN, n.OUTSIDE_CLINICIAN],))
        conn.execute(_GLASS_SEEN, (n.MANAGER,))
        conn.execute(_NOTICE_OF_NO_HOME)
        seal(conn, NOW)


def _deliver(conn: psycopg.Connection[Any], residents: Sequence[UUID]) -> None:
    """A grave set, then half a set that opens a question, and something nobody can read."""
    evaluator = Evaluator()
    for resident in residents:
        kit_id, partition = _KIT_OF[resident]
        kit = n.Kit(kit_id, partition)
        arrivals = [
            kit.arrival(kit.reading(resident, n.GRAVE, taken_at=at), at)
            for at in (NOW - timedelta(days=2), NOW - timedelta(hours=2))
        ]
        half = kit.reading(resident, {"respiration_rate": 22}, taken_at=NOW)
        nobodys = kit.reading(
            UUID(int=999), {"pulse": 70}, taken_at=NOW, emergency_signs={"choking": SoftSign.PRESENT}
        )
        door.receive(conn, [*arrivals, kit.arrival(half, NOW), kit.arrival(nobodys, NOW)], evaluator, NOW)
