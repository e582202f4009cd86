"""The reasons not to start a process, as sentences.

Guards: a database that does not answer stops no process from starting; each waits for it and says so. A process does
not start if the database answers and row security does not bind it, or the schema is another version's.
"""

import os
from collections.abc import Iterator, Sequence
from typing import LiteralString

import psycopg

from api.migrations.runner import migrations
from api.processes.exposure import Exposure, exposures
from api.settings import DatabaseRole, Settings, SettingsError

POWERS: LiteralString = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
_RAN: LiteralString = "SELECT api.migrations_ran()"


def refuse(settings: Settings, roles: Sequence[DatabaseRole]) -> None:
    """Raise SettingsError with every reason against starting a process that signs in with these roles."""
    found = [*exposures(settings, os.environ), *_database(settings, roles)]
    if found:
        raise SettingsError(" ".join(map(str, found)))


def _database(settings: Settings, roles: Sequence[DatabaseRole]) -> Iterator[Exposure]:
    try:
        for role in roles:
            with psycopg.connect(settings.conninfo(role)) as conn:
                yield from _powers(conn, role)
                yield from _behind(conn)
    except psycopg.OperationalError:
        return


def _powers(conn: psycopg.Connection, role: DatabaseRole) -> Iterator[Exposure]:
    [(passes_guards,)] = conn.execute(POWERS).fetchall()
    if passes_guards:
        yield Exposure(
            "database.powers",
            f"{role} passes every guard in the database",
            f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS",
        )


def _behind(conn: psycopg.Connection) -> Iterator[Exposure]:
    try:
        ran = {name for (name,) in conn.execute(_RAN).fetchall()}
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        ran = set[str]()
    waiting = [migration.name for migration in migrations() if migration.name not in ran]
    if waiting:
        yield Exposure(
            "database.schema",
            f"The database's schema is not up to date ({', '.join(waiting)})",
            "run `hearthwatch migrate`",
        )
