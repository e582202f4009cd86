"""Every table is guarded by the database itself, or says here why it need not be."""

from typing import LiteralString

import pytest

from tests.fixtures.databases import LOGIN_ROLES, Database

pytestmark = pytest.mark.both_databases

# What has no row security, and why that hides nothing it should.
UNGUARDED = {
    "delegation.activity": "a vocabulary: no row is about anybody",
    "ingest.declared_epoch": "no process may read or write it",
    "ingest.heartbeat": "rows about processes: no row is about anybody",
    "ingest.partition_lease": "rows about processes: no row is about anybody",
    "ingest.worker": "rows about processes: no row is about anybody",
    "ingest.reading": "policies do not reach a hypertable's chunks: read through a view that filters",
    "alerts.score": "policies do not reach a hypertable's chunks: read through a view that filters",
    "api.account": "read before there is an actor, by the api alone",
    "api.known_browser": "read before there is an actor, by the api alone; tokens are kept as hashes",
    "api.session": "read before there is an actor, by the api alone; tokens are kept as hashes",
    "api.second_step": "read before there is an actor, by the api alone; secrets are sealed",
    "api.recovery_code": "read before there is an actor, by the api alone; codes are kept as hashes",
    "api.sign_in_rule": "how long sessions last: no row is about anybody",
    "api.openid_identity": "read before there is an actor, by the api alone",
    "api.openid_try": "read before there is an actor, by the api alone",
    "api.tablet": "read before there is an actor, by the api alone; tokens are kept as hashes",
    "api.tablet_pin": "read before there is an actor, by the api alone; PINs are kept as hashes",
    "api.refused_sign_in": "written before there is an actor; counts, and never what was typed",
    "api.sign_in_try": "written before there is an actor, by the api alone; names are kept as hashes",
    "api.migration": "no process may read or write it",
}
# What is about somebody and has no index by whom, and why nobody waits for that.
NOT_BY_WHOM = {
    "api.openid_identity.person_id": "as many rows as accounts, looked for by issuer and subject",
    "api.openid_try.person_id": "rows of the last hour",
    "api.tablet_pin.person_id": "as many rows as people with a PIN",
    "delegation.break_glass_seen.person_id": "nobody looks for what one person has seen",
    "delegation.end_of_care.resident_id": "those that hold have one; of those withdrawn there are few",
    "ingest.seen.resident_id": "a row for each reading, on the hot path; read by whom by the database's owner alone",
}
BY_WHOM: LiteralString = """
SELECT attrelid::regclass || '.' || attname,
       EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indkey[0] = attnum AND indpred IS NULL)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
  AND attname IN ('resident_id', 'person_id') AND NOT attisdropped
"""
TABLES: LiteralString = """
SELECT oid::regclass::text, relrowsecurity, relforcerowsecurity FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
"""
VIEWS: LiteralString = """
SELECT oid::regclass::text, coalesce('security_barrier=true' = ANY (reloptions), false), relowner::regrole::text
FROM pg_class
WHERE relkind IN ('v', 'm') AND relnamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
"""
GRANTED: LiteralString = """
SELECT grantee, string_agg(privilege_type, ', ' ORDER BY privilege_type)
FROM information_schema.role_table_grants
WHERE table_schema = %s AND table_name = %s AND grantee <> 'postgres' GROUP BY grantee
"""
DEFINERS: LiteralString = """
SELECT oid::regprocedure::text, proconfig FROM pg_proc
WHERE prosecdef AND pronamespace::regnamespace::text IN ('delegation', 'devices', 'ingest', 'alerts', 'api')
"""
LETS_EVERYBODY: LiteralString = """
SELECT polrelid::regclass::text FROM pg_policy
WHERE pg_get_expr(polqual, polrelid) = 'true'
  AND (polroles = '{0}' OR (SELECT oid FROM pg_roles WHERE rolname = 'hearthwatch_api') = ANY (polroles))
"""
HYPERTABLES: LiteralString = """
SELECT hypertable_schema || '.' || hypertable_name FROM timescaledb_information.hypertables
"""


def test_every_table_has_row_security_even_for_its_owner_or_a_reason(database: Database) -> None:
    with database.connect() as conn:
        tables = conn.execute(TABLES).fetchall()
    unguarded = {name for name, enabled, forced in tables if not (enabled and forced)}
    assert unguarded == set(UNGUARDED)


def test_whoever_a_row_is_about_is_looked_for_by_an_index_or_a_reason(database: Database) -> None:
    with database.connect() as conn:
        columns = conn.execute(BY_WHOM).fetchall()
    assert {name for name, has_index in columns if not has_index} == set(NOT_BY_WHOM)


def test_no_policy_shows_the_api_whole_tables_but_the_hubs_policies(database: Database) -> None:
    with database.connect() as conn:
        assert conn.execute(LETS_EVERYBODY).fetchall() == [("alerts.policy",)]


def test_every_view_keeps_its_filter_first_and_its_owner_cannot_sign_in(database: Database) -> None:
    with database.connect() as conn:
        views = conn.execute(VIEWS).fetchall()
        signs_in = conn.execute(
            "SELECT bool_or(rolcanlogin) FROM pg_roles WHERE rolname IN ('hearthwatch_reader', 'hearthwatch_gate')"
        ).fetchone()
    assert set(views) == {
        ("ingest.visible_reading", True, "hearthwatch_reader"),
        ("alerts.visible_score", True, "hearthwatch_reader"),
        ("delegation.visible_audit_event", True, "hearthwatch_gate"),
    }
    assert signs_in == (False,)


@pytest.mark.parametrize("table", ["ingest.reading", "alerts.score"])
def test_a_hypertable_is_granted_to_nobody_but_ingest_retention_and_its_view(
    database: Database, table: str
) -> None:
    schema, name = table.split(".")
    with database.connect() as conn:
        granted = dict(conn.execute(GRANTED, (schema, name)).fetchall())
    assert granted == {
        "hearthwatch_ingest": "INSERT, SELECT",
        "hearthwatch_retention": "DELETE, SELECT",
        "hearthwatch_reader": "SELECT",
    }


def test_every_function_with_borrowed_rights_looks_names_up_nowhere_but_in_the_catalogue(
    database: Database,
) -> None:
    with database.connect() as conn:
        functions = conn.execute(DEFINERS).fetchall()
    assert functions
    assert [name for name, settings in functions if "search_path=pg_catalog" not in (settings or ())] == []


def test_every_process_has_a_role_of_its_own_without_powers(database: Database) -> None:
    powers: LiteralString = """
        SELECT rolname FROM pg_roles WHERE rolname LIKE 'hearthwatch%' AND rolcanlogin
          AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"""
    with database.connect() as conn:
        assert {name for (name,) in conn.execute(powers)} == set(LOGIN_ROLES)


def test_one_place_knows_which_database_this_is(database: Database) -> None:
    if not database.is_timescale:
        return
    with database.connect() as conn:
        assert {name for (name,) in conn.execute(HYPERTABLES)} == {"ingest.reading", "alerts.score"}
