"""What the database's owner does: run migrations, set the processes' passwords, declare an epoch.

Guards: only the role of `migrate` is used here, and no process that serves or ingests knows its password.
"""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from api.migrations.runner import migrate, set_password
from api.settings import DatabaseRole, Settings
from delegation import audit
from delegation.people import Actor

_DECLARE: LiteralString = "INSERT INTO ingest.declared_epoch (declared_at, reason) VALUES (%s, %s)"
_EPOCH: LiteralString = "SELECT ingest.epoch()"
_PROCESSES = (DatabaseRole.API, DatabaseRole.INGEST, DatabaseRole.SCHEDULER, DatabaseRole.RETENTION)


def bring_up_to_date(settings: Settings) -> list[str]:
    """Run pending migrations, then set each password in the settings; return what ran."""
    conninfo = settings.conninfo(DatabaseRole.MIGRATOR)
    ran = migrate(conninfo)
    with psycopg.connect(conninfo) as conn:
        for role in _PROCESSES:
            password = settings.database.password(role)
            if password is not None:
                set_password(conn, role.value, password.get_secret_value())
    return ran


def declare_epoch(conn: psycopg.Connection[Any], actor: Actor, reason: str, at: datetime) -> UUID:
    """Declare that this copy of history may lack readings that others had; return the new epoch."""
    conn.execute(_DECLARE, (at, reason))
    [[epoch]] = conn.execute(_EPOCH).fetchall()
    audit.record(conn, actor, "platform.epoch_declared", f"epoch:{epoch}", at=at, words=reason)
    return epoch
