"""Migrations: each runs once, whole and in order, by one runner at a time, and a changed one is not believed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.migrations.runner import MigrationChangedError, migrate, migrations, pending
from tests.fixtures.databases import Database, DatabaseServer

pytestmark = pytest.mark.both_databases

PROCESSES = [f"hearthwatch_{one}" for one in ("api", "ingest", "scheduler", "retention")]
NAMES = [migration.name for migration in migrations()]
# The whole shape of a schema as text: columns, constraints, indexes, functions, policies, grants.
SHAPE: LiteralString = """
SELECT 'column', attrelid::regclass::text || '.' || attname,
    concat_ws(' ', format_type(atttypid, atttypmod), attnotnull,
    pg_get_expr(adbin, adrelid), attacl)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND relnamespace::regnamespace::text = ANY (%(schemas)s)
UNION ALL SELECT 'relation', pg_class.oid::regclass::text, concat_ws(' ', relkind, relrowsecurity, relforcerowsecurity,
    reloptions, relacl, relowner::regrole)
FROM pg_class WHERE relnamespace::regnamespace::text = ANY (%(schemas)s)
UNION ALL SELECT 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace::regnamespace::text = ANY (%(schemas)s)
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relnamespace::regnamespace::text = ANY (%(schemas)s)
UNION ALL SELECT 'function', oid::regprocedure::text, concat_ws(' ', prosrc, proacl, prosecdef, proowner::regrole)
FROM pg_proc WHERE pronamespace::regnamespace::text = ANY (%(schemas)s)
UNION ALL SELECT 'policy', polrelid::regclass::text || '.' || polname, concat_ws(' ', polcmd, polroles::regrole[],
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
FROM pg_policy
UNION ALL SELECT 'migration', name, checksum FROM api.migration
ORDER BY 1, 2, 3
"""
SCHEMAS = ["delegation", "devices", "ingest", "alerts", "api"]


def shape(conninfo: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(conninfo) as conn:
        return conn.execute(SHAPE, {"schemas": SCHEMAS}).fetchall()


@pytest.fixture
def empty(database_server: DatabaseServer) -> Iterator[str]:
    """The connection string of a database with nothing in it."""
    name = f"empty_{uuid4().hex[:12]}"
    database_server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield make_conninfo(database_server.conninfo, dbname=name)
    database_server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_they_are_numbered_without_a_gap_and_named_for_the_layers_in_order() -> None:
    assert [name[:4] for name in NAMES] == [f"{number:04}" for number in range(1, len(NAMES) + 1)]
    layers = [name.removesuffix(".sql")[5:] for name in NAMES[:6]]
    assert layers == ["access", "delegation", "devices", "ingest", "alerts", "api"]


def test_a_fresh_database_gets_the_schema_that_every_other_has(empty: str, database: Database) -> None:
    assert migrate(empty) == NAMES
    assert shape(empty) == shape(database.conninfo())


def test_running_again_does_nothing(database: Database) -> None:
    before = shape(database.conninfo())
    assert migrate(database.conninfo()) == []
    assert shape(database.conninfo()) == before


@pytest.mark.parametrize("role", PROCESSES)
def test_whoever_writes_waits_for_the_disk_whatever_the_database_is_told(
    database: Database, role: str
) -> None:
    with database.connect(autocommit=True) as owner:
        statement = sql.SQL("ALTER DATABASE {} SET synchronous_commit = off")
        owner.execute(statement.format(sql.Identifier(database.name)))
    with database.connect() as owner, database.connect(role) as writer:
        assert owner.execute("SHOW synchronous_commit").fetchone() == ("off",)
        assert writer.execute("SHOW synchronous_commit").fetchone() == ("on",)


@pytest.mark.parametrize("role", PROCESSES)
def test_every_process_writes_moments_alike_whatever_the_database_is_told(
    database: Database, role: str
) -> None:
    """A replay compares what different processes wrote."""
    with database.connect(autocommit=True) as owner:
        statement = sql.SQL("ALTER DATABASE {} SET timezone = 'Asia/Kolkata'")
        owner.execute(statement.format(sql.Identifier(database.name)))
    with database.connect() as owner, database.connect(role) as writer:
        assert owner.execute("SHOW timezone").fetchone() == ("Asia/Kolkata",)
        assert writer.execute("SHOW timezone").fetchone() == ("UTC",)


@pytest.mark.parametrize("role", PROCESSES)
def test_no_question_of_a_process_is_compiled(database: Database, role: str) -> None:
    """It would be for every batch and page: a batch took five times as long."""
    with database.connect(role) as conn:
        conn.execute("SET jit_above_cost = 0")
        [(plan,)] = conn.execute("EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM generate_series(1, 10)")
    assert "JIT" not in plan[0]


def test_two_runners_at_once_run_each_migration_once(empty: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(migrate, (empty, empty)))
    assert sorted(ran) == [[], NAMES]
    with psycopg.connect(empty) as conn:
        assert conn.execute("SELECT count(*) FROM api.migration").fetchone() == (len(NAMES),)


def test_one_that_changed_after_it_ran_stops_the_runner(database: Database) -> None:
    with database.connect(autocommit=True) as conn:
        conn.execute("UPDATE api.migration SET checksum = 'other' WHERE name = %s", (NAMES[2],))
        with pytest.raises(MigrationChangedError, match=f"{NAMES[2]} changed after it ran here"):
            migrate(database.conninfo())
        with pytest.raises(MigrationChangedError):
            pending(conn)


def test_one_that_fails_leaves_nothing_of_itself_behind_and_runs_when_mended(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as conn:
        conn.execute("CREATE SCHEMA devices")
    with pytest.raises(psycopg.errors.DuplicateSchema):
        migrate(empty)
    with psycopg.connect(empty, autocommit=True) as conn:
        assert conn.execute("SELECT count(*) FROM api.migration").fetchone() == (0,)
        assert conn.execute("SELECT to_regnamespace('delegation')").fetchone() == (None,)
        conn.execute("DROP SCHEMA devices")
    assert migrate(empty) == NAMES


def test_what_is_pending_is_listed_in_order(empty: str, database: Database) -> None:
    with database.connect() as conn:
        assert pending(conn) == []
        conn.execute("DELETE FROM api.migration WHERE name >= %s", (NAMES[-2],))
        assert [migration.name for migration in pending(conn)] == NAMES[-2:]
        conn.rollback()


def test_a_runner_waits_for_no_lock_for_ever(database: Database) -> None:
    with database.connect() as reader:
        reader.execute("LOCK TABLE api.migration IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrate(database.conninfo(), lock_timeout="100ms")
