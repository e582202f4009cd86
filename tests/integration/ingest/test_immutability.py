"""Readings are immutable and scores only appended (invariant 10), whoever asks and by whatever name."""

import psycopg
import pytest

from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import LOGIN_ROLES, ROLE_PASSWORD
from tests.fixtures.doorstep import NOW, Doorstep

WRITERS = tuple(role for role in LOGIN_ROLES if role != "hearthwatch_retention")
HYPERTABLES = {"ingest.reading": "pulse = 60", "alerts.score": "low = 0"}

FORBIDDEN = (
    "UPDATE ingest.seen SET digest = ''",
    "DELETE FROM ingest.seen",
    "UPDATE ingest.quarantine SET payload = ''",
    "UPDATE ingest.quarantine SET arrived_at = now()",
    "DELETE FROM ingest.quarantine",
    "UPDATE ingest.reading_correction SET reason = ''",
    "DELETE FROM ingest.reading_correction",
    "DELETE FROM alerts.escalation",
    "UPDATE alerts.escalation SET resident_id = gen_random_uuid()",
    "UPDATE alerts.escalation_event SET words = ''",
    "DELETE FROM alerts.finding",
    "DELETE FROM delegation.audit_event",
    "UPDATE delegation.audit_event SET action = 'x'",
)


@pytest.fixture
def with_history(doorstep: Doorstep) -> Doorstep:
    """Two days of readings, so that there are chunks to name."""
    kit = n.Kit()
    taken = [NOW - n.minutes(24 * 60 * days) for days in range(3)]
    doorstep.deliver(*(kit.arrival(kit.reading(values=n.GRAVE, taken_at=at), NOW) for at in taken))
    return doorstep


def tables_of(doorstep: Doorstep, hypertable: str) -> list[str]:
    """The table's own name, and where it is a hypertable its chunks'."""
    if not doorstep.database.is_timescale:
        return [hypertable]
    chunks = doorstep.rows("SELECT show_chunks(%s)::text", hypertable)
    assert len(chunks) >= 2
    return [hypertable, *(name for (name,) in chunks)]


def refused(doorstep: Doorstep, role: str, statement: str) -> None:
    with (
        doorstep.database.connect(role) as conn,
        pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidAuthorizationSpecification)
        ),
    ):
        conn.execute(statement)  # pyright: ignore[reportArgumentType]


@pytest.mark.both_databases
@pytest.mark.parametrize("hypertable", HYPERTABLES)
@pytest.mark.parametrize("role", WRITERS)
def test_no_process_changes_or_removes_a_row_also_not_by_naming_a_chunk(with_history, role, hypertable):
    for table in tables_of(with_history, hypertable):
        before = with_history.rows(f"SELECT count(*) FROM {table}")
        refused(with_history, role, f"UPDATE {table} SET {HYPERTABLES[hypertable]}")
        refused(with_history, role, f"DELETE FROM {table}")
        refused(with_history, role, f"TRUNCATE {table}")
        refused(with_history, role, f"DROP TABLE {table}")
        assert with_history.rows(f"SELECT count(*) FROM {table}") == before


@pytest.mark.timescale
@pytest.mark.parametrize("role", LOGIN_ROLES)
def test_no_process_drops_moves_or_merges_chunks(with_history, role):
    for table in HYPERTABLES:
        refused(with_history, role, f"SELECT drop_chunks('{table}', older_than => now())")
    first, second, *_ = tables_of(with_history, "ingest.reading")[1:]
    refused(with_history, role, f"CALL merge_chunks('{first}', '{second}')")
    refused(with_history, role, f"CALL merge_chunks(ARRAY['{first}', '{second}']::regclass[])")
    assert with_history.rows("SELECT count(*) FROM ingest.reading") == [(3,)]


def test_retention_removes_and_cannot_change(with_history):
    refused(with_history, "hearthwatch_retention", "UPDATE ingest.reading SET pulse = 60")
    refused(with_history, "hearthwatch_retention", "UPDATE alerts.score SET low = 0")
    refused(with_history, "hearthwatch_retention", "INSERT INTO ingest.reading DEFAULT VALUES")


@pytest.mark.parametrize("role", WRITERS)
def test_what_was_seen_kept_found_and_done_cannot_be_unwritten(with_history, role):
    for statement in FORBIDDEN:
        refused(with_history, role, statement)


def test_only_the_api_answers_an_escalation(with_history):
    for role in ("hearthwatch_ingest", "hearthwatch_scheduler"):
        refused(with_history, role, "UPDATE alerts.escalation SET state = 'claimed'")


def test_no_reading_or_score_is_an_orphan(with_history):
    """The hypertables have no foreign keys, so the orphans are looked for."""
    assert orphans(with_history) == []
    kit = n.Kit()
    lost = kit.reading(taken_at=NOW)
    with_history.deliver(kit.arrival(lost, NOW))
    with_history.owner.execute("DELETE FROM ingest.seen WHERE reading_id = %s", (lost.reading_id,))
    assert orphans(with_history) == [("reading never seen", lost.reading_id)]


def orphans(doorstep: Doorstep) -> list[tuple]:
    return doorstep.rows("""
        SELECT 'reading of nobody', reading_id FROM ingest.reading
            WHERE resident_id NOT IN (SELECT resident_id FROM delegation.resident)
        UNION ALL SELECT 'reading from no kit', reading_id FROM ingest.reading
            WHERE kit_id NOT IN (SELECT kit_id FROM devices.kit)
        UNION ALL SELECT 'reading in no home', reading_id FROM ingest.reading
            WHERE home_id NOT IN (SELECT home_id FROM delegation.home)
        UNION ALL SELECT 'reading never seen', reading_id FROM ingest.reading
            WHERE (kit_id, reading_id) NOT IN (SELECT kit_id, reading_id FROM ingest.seen)
        UNION ALL SELECT 'seen and not stored', reading_id FROM ingest.seen
            WHERE (kit_id, reading_id) NOT IN (SELECT kit_id, reading_id FROM ingest.reading)
        UNION ALL SELECT 'score of no reading', reading_id FROM alerts.score
            WHERE (kit_id, reading_id) NOT IN (SELECT kit_id, reading_id FROM ingest.reading)
        UNION ALL SELECT 'score without a cause', cause_reading_id FROM alerts.score
            WHERE (cause_kit_id, cause_reading_id) NOT IN (SELECT kit_id, reading_id FROM ingest.reading)
        UNION ALL SELECT 'escalation about nobody', escalation_id FROM alerts.escalation
            WHERE resident_id NOT IN (SELECT resident_id FROM delegation.resident)
        ORDER BY 1, 2
    """)


def test_roles_sign_in_as_themselves_alone(doorstep):
    for role in LOGIN_ROLES:
        with psycopg.connect(doorstep.database.conninfo(role), password=ROLE_PASSWORD) as conn:
            assert conn.execute("SELECT current_user, session_user").fetchone() == (role, role)
            member_of = conn.execute(
                "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %s",
                (role,),
            ).fetchone()
            assert member_of == (0,)
