"""Brings a database to the present schema.

Guards: a migration runs once, whole, in order and by one runner at a time; one that changed after it ran
stops the runner instead of being believed.
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
# One runner at a time: the number is only a name for the lock.
_ONE_RUNNER: LiteralString = "SELECT pg_advisory_lock(4815162342)"
_RAN: LiteralString = "SELECT name, checksum FROM api.migration"
_RECORD: LiteralString = "INSERT INTO api.migration (name, checksum) VALUES (%s, %s)"


class MigrationChangedError(Exception):
    """A migration that already ran is no longer the same text."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of SQL."""

    name: str
    text: LiteralString

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All migrations of this version, in order."""
    files = resources.files("api.migrations").iterdir()
    names = sorted(f.name for f in files if f.name.endswith(".sql"))
    # The text ships with the package, so it is as literal as code.
    return [
        Migration(name, cast(LiteralString, resources.files("api.migrations").joinpath(name).read_text()))
        for name in names
    ]


def pending(conn: psycopg.Connection) -> list[Migration]:
    """Those that have not run here. Raises MigrationChangedError if one that ran is not the same any more."""
    ran = dict(conn.execute(_RAN).fetchall())
    for migration in migrations():
        if ran.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationChangedError(f"{migration.name} changed after it ran here; write a new one.")
    return [migration for migration in migrations() if migration.name not in ran]


def migrate(conninfo: str, lock_timeout: str = "5s") -> list[str]:
    """Run what is pending and return the names; the role must own the database and may create roles."""
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
