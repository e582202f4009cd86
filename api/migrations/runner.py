"""Bring a database to the present schema.

Guards: a migration runs once, whole, in order and by one runner at a time. If one changed after it ran, the runner
stops.
"""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import LiteralString, cast

import psycopg
from psycopg import sql

_LEDGER: LiteralString = """
CREATE SCHEMA IF NOT EXISTS api;
CREATE TABLE IF NOT EXISTS api.migration (
    name     text PRIMARY KEY,
    checksum text NOT NULL,
    ran_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""
# The number of the lock under which one runner works at a time.
_ONE_RUNNER: LiteralString = "SELECT pg_advisory_lock(4815162342)"
_RAN: LiteralString = "SELECT name, checksum FROM api.migration"
_RECORD: LiteralString = "INSERT INTO api.migration (name, checksum) VALUES (%s, %s)"


class MigrationChangedError(Exception):
    """A migration that already ran has another text now."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of SQL."""

    name: str
    text: LiteralString

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return all migrations of this version, in order."""
    files = resources.files("api.migrations").iterdir()
    names = sorted(f.name for f in files if f.name.endswith(".sql"))
    # The text ships with the package, so it is as literal as code.
    return [
        Migration(name, cast(LiteralString, resources.files("api.migrations").joinpath(name).read_text()))
        for name in names
    ]


def pending(conn: psycopg.Connection) -> list[Migration]:
    """Return the migrations that have not run here.

    Raises MigrationChangedError if one that ran has changed.
    """
    ran = dict(conn.execute(_RAN).fetchall())
    for migration in migrations():
        if ran.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChangedError(f"{migration.name} changed after it ran here; write a new one.")
    return [migration for migration in migrations() if migration.name not in ran]


def migrate(conninfo: str, lock_timeout: str = "5s") -> list[str]:
    """Run pending migrations and return their names; the role must own the database and may create roles."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute(_ONE_RUNNER)
        conn.execute("SELECT set_config('lock_timeout', %s, false)", (lock_timeout,))
        conn.execute(_LEDGER)
        todo = pending(conn)
        for migration in todo:
            with conn.transaction():
                conn.execute(migration.text)
                conn.execute(_RECORD, (migration.name, migration.checksum))
    return [migration.name for migration in todo]


def set_password(conn: psycopg.Connection, role: str, password: str) -> None:
    """Let a process sign in as its role with this password."""
    conn.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
