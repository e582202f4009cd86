"""Somebody who may see nothing tries every way round: chunks, counts, copies, errors, functions, statistics."""

from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from delegation.people import act_as
from tests.fixtures import neighbourhood as n
from tests.fixtures.databases import LOGIN_ROLES, Database
from tests.integration.access.relations import ABOUT

API = "hearthwatch_api"


@pytest.mark.timescale
def test_naming_a_chunk_reaches_nothing(own_records: Database) -> None:
    with own_records.connect() as owner:
        chunks = owner.execute(
            "SELECT show_chunks('ingest.reading')::text UNION ALL SELECT show_chunks('alerts.score')::text"
        ).fetchall()
    assert len(chunks) >= 4, "two days of readings and of scores lie in chunks of their own"
    ways: tuple[LiteralString, ...] = (
        "SELECT * FROM {}",
        "SELECT count(*) FROM ONLY {}",
        "SELECT tableoid FROM {}",
        "COPY {} TO STDOUT",
        "UPDATE {} SET resident_id = resident_id",
        "DELETE FROM {}",
    )
    for role in (API, "hearthwatch_scheduler"):
        with own_records.connect(role) as conn:
            for (chunk,) in chunks:
                for way in ways:
                    act_as(conn, n.CLINICIAN)
                    statement = sql.SQL(way).format(sql.Identifier(*chunk.split(".")))
                    with pytest.raises(InsufficientPrivilege), conn.transaction():
                        conn.execute(statement)


@pytest.mark.timescale
def test_nobody_but_the_owner_merges_chunks(records: Database) -> None:
    signatures: LiteralString = """
        SELECT role.rolname, procedure.oid::regprocedure::text,
               has_function_privilege(role.oid, procedure.oid, 'EXECUTE')
        FROM pg_proc procedure, pg_roles role
        WHERE procedure.proname = 'merge_chunks' AND role.rolname LIKE 'hearthwatch%'"""
    with records.connect() as owner:
        found = owner.execute(signatures).fetchall()
        chunks = [row[0] for row in owner.execute("SELECT show_chunks('ingest.reading')::text LIMIT 2")]
    assert len(found) >= 6
    assert [one for one in found if one[2]] == [], "it can crash the server: nobody may so much as try"
    for role in LOGIN_ROLES:
        with records.connect(role) as conn, pytest.raises(InsufficientPrivilege):
            conn.execute("CALL merge_chunks(%s::regclass, %s::regclass)", tuple(chunks))


@pytest.mark.both_databases
@pytest.mark.parametrize("relation", ["ingest.reading", "alerts.score"])
def test_the_tables_beneath_the_views_are_shut(records: Database, relation: str) -> None:
    name = sql.Identifier(*relation.split("."))
    for way in (
        "SELECT count(*) FROM {}",
        "COPY {} TO STDOUT",
        "EXPLAIN SELECT * FROM {}",
        "SELECT FROM {} LIMIT 0",
    ):
        with records.connect(API) as conn:
            act_as(conn, n.CLINICIAN)
            with pytest.raises(InsufficientPrivilege):
                conn.execute(sql.SQL(way).format(name))


@pytest.mark.both_databases
def test_copying_out_copies_only_what_may_be_seen(records: Database) -> None:
    counted = ("delegation.resident", "alerts.escalation", "ingest.current_vitals", "devices.kit")
    for who, expected in ((n.NOBODY, 0), (n.OUTSIDER, 1)):
        with records.connect(API) as conn:
            act_as(conn, who)
            for relation in counted:
                copy = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*relation.split(".")))
                with conn.cursor().copy(copy) as copying:
                    assert len(list(copying.rows())) == expected, relation
            with conn.cursor().copy("COPY (SELECT * FROM ingest.visible_reading) TO STDOUT") as copying:
                assert len(list(copying.rows())) == expected * 3


@pytest.mark.both_databases
def test_counts_and_existence_say_no_more_than_rows(records: Database) -> None:
    with records.connect(API) as conn:
        act_as(conn, n.NOBODY)
        for table in ABOUT.keys() - {"delegation.person"}:
            count = sql.SQL("SELECT count(*), bool_or(true) FROM {}").format(
                sql.Identifier(*table.split("."))
            )
            assert conn.execute(count).fetchone() == (0, None), table


LEAKS: dict[str, LiteralString] = {
    "ingest.visible_reading": "SELECT FROM ingest.visible_reading WHERE pg_temp.leak(resident_id::text)",
    "alerts.visible_score": "SELECT FROM alerts.visible_score WHERE pg_temp.leak(resident_id::text)",
    "delegation.resident": "SELECT FROM delegation.resident WHERE pg_temp.leak(resident_id::text)",
    "alerts.escalation": "SELECT FROM alerts.escalation WHERE pg_temp.leak(resident_id::text)",
    "ingest.current_vitals": "SELECT FROM ingest.current_vitals WHERE pg_temp.leak(resident_id::text)",
}


@pytest.mark.both_databases
@pytest.mark.parametrize("relation", LEAKS)
def test_a_function_that_tells_what_it_is_given_is_given_nothing_hidden(
    records: Database, relation: str
) -> None:
    told: list[str] = []
    with records.connect(API) as conn:
        conn.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
        conn.execute("""
            CREATE FUNCTION pg_temp.leak(said text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
            AS $$ BEGIN RAISE NOTICE '%', said; RETURN true; END $$""")
        act_as(conn, n.OUTSIDER)
        conn.execute(LEAKS[relation])
    assert set(told) == {str(n.STRANGER_RESIDENT)}


@pytest.mark.both_databases
def test_a_division_by_zero_tells_nothing_of_hidden_rows(records: Database) -> None:
    with records.connect(API) as conn:
        act_as(conn, n.OUTSIDER)
        found = conn.execute(
            "SELECT 1 / (CASE WHEN resident_id = %s THEN 0 ELSE 1 END) FROM ingest.visible_reading",
            (n.AMARA,),
        ).fetchall()
    assert len(found) == 3


@pytest.mark.both_databases
def test_statistics_tell_nothing(records: Database) -> None:
    told: LiteralString = """
        SELECT schemaname, tablename FROM pg_stats
        WHERE schemaname IN ('delegation', 'devices', 'ingest', 'alerts', '_timescaledb_internal')
          AND tablename NOT IN ('activity', 'policy') AND tablename NOT LIKE 'bgw%'"""
    with records.connect(autocommit=True) as owner:
        owner.execute("ANALYZE")
        assert owner.execute(told).fetchall()
    with records.connect(API) as conn:
        act_as(conn, n.OUTSIDER)
        assert conn.execute(told).fetchall() == []


@pytest.mark.both_databases
def test_the_lock_on_a_resident_answers_nothing_and_reaches_nobody_elses(records: Database) -> None:
    unheard_of = n.UUID(int=987654321)
    with records.connect(API) as conn:
        act_as(conn, n.OUTSIDER)
        with pytest.raises(InsufficientPrivilege), conn.transaction():
            conn.execute("SELECT * FROM ingest.lock_residents(%s)", ([n.AMARA],))
        for resident in (n.AMARA, unheard_of):
            answer = conn.execute("SELECT ingest.lock_visible_resident(%s)::text", (resident,)).fetchone()
            assert answer in [(None,), ("",)]
        with records.connect() as owner:
            free = owner.execute(
                "SELECT resident_id FROM ingest.current_vitals FOR UPDATE SKIP LOCKED"
            ).fetchall()
    assert {row[0] for row in free} == {n.AMARA, n.BRAM, n.CORA, n.STRANGER_RESIDENT}


@pytest.mark.both_databases
def test_a_temporary_table_of_the_same_name_changes_nobodys_scope(records: Database) -> None:
    with records.connect(API) as conn:
        conn.execute("CREATE TEMP TABLE role_assignment AS SELECT * FROM delegation.role_assignment")
        conn.execute("CREATE TEMP TABLE home (home_id uuid)")
        conn.execute("SET search_path = pg_temp, delegation, public")
        act_as(conn, n.NOBODY)
        assert conn.execute("SELECT count(*) FROM delegation.resident").fetchone() == (0,)


@pytest.mark.both_databases
def test_an_actor_that_is_no_id_is_refused(records: Database) -> None:
    with records.connect(API) as conn:
        conn.execute("SELECT set_config('hearthwatch.actor', 'everybody', true)")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            conn.execute("SELECT * FROM delegation.resident")
