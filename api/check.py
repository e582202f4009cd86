"""Looks whether an installation can do its work, and whether its guards are up.

Guards: each finding says what was looked at, and in one sentence what to put right; nothing is changed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from api import second_step
from api.audit_heads import key_of, left_behind
from api.health import NotReadyError, check_broker
from api.migrations.runner import MigrationChangedError, pending
from api.sealing import sealer_of
from api.settings import DatabaseRole, Settings, SettingsError

_PROCESSES = (DatabaseRole.API, DatabaseRole.INGEST, DatabaseRole.SCHEDULER, DatabaseRole.RETENTION)
_POWERS: LiteralString = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
_SEES_UNASKED: LiteralString = "SELECT count(*) FROM delegation.resident"
_POLICY: LiteralString = "SELECT count(*) FROM alerts.policy WHERE hub_id IS NULL AND in_force_from <= now()"
_DURABLE: LiteralString = "SELECT current_setting('synchronous_commit'), current_setting('fsync')"


@dataclass(frozen=True, slots=True)
class Result:
    """One thing looked at. `doubtful`: it works, and somebody should know of it."""

    ok: bool
    about: str
    says: str
    doubtful: bool = False


class DoubtError(Exception):
    """What works, and should not stay so; the sentence says what to do."""


def checks(settings: Settings) -> list[Result]:
    """Everything, whatever fails before it."""
    looks = {
        "Schema": _schema,
        **{f"Sign-in of {role}": look for role, look in _sign_ins()},
        "Row-level security": _scope,
        "Policy": _policy,
        "Durability": _durability,
        "Second step": _second_step,
        "Audit": _audit,
        "Broker": _broker,
    }
    return [_looked_at(about, look, settings) for about, look in looks.items()]


def _looked_at(about: str, look: Callable[[Settings], str], settings: Settings) -> Result:
    try:
        return Result(ok=True, about=about, says=look(settings))
    except DoubtError as doubt:
        return Result(ok=True, about=about, says=str(doubt), doubtful=True)
    except (SettingsError, NotReadyError, MigrationChangedError) as error:
        return Result(ok=False, about=about, says=str(error))
    except psycopg.Error as error:
        return Result(ok=False, about=about, says=f"The database says: {str(error).strip().splitlines()[0]}")


def _connect(settings: Settings, role: DatabaseRole) -> psycopg.Connection:
    return psycopg.connect(settings.conninfo(role))


def _one(conn: psycopg.Connection, query: LiteralString) -> tuple:
    [row] = conn.execute(query).fetchall()
    return row


def _schema(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.MIGRATOR) as conn:
        waiting = pending(conn)
    if waiting:
        names = ", ".join(migration.name for migration in waiting)
        raise NotReadyError(f"The schema is not up to date ({names}): run `hearthwatch migrate`.")
    return "The schema is up to date."


def _sign_ins() -> Iterator[tuple[DatabaseRole, Callable[[Settings], str]]]:
    for role in _PROCESSES:

        def look(settings: Settings, role: DatabaseRole = role) -> str:
            with _connect(settings, role) as conn:
                if _one(conn, _POWERS)[0]:
                    raise NotReadyError(f"{role} passes every guard in the database: take its powers away.")
            return f"{role} signs in, and the guards hold for it."

        yield role, look


def _scope(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.API) as conn:
        if _one(conn, _SEES_UNASKED)[0]:
            raise NotReadyError("The api sees residents without naming an actor: row-level security is off.")
    return "Without an actor the api sees nobody."


def _policy(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.SCHEDULER) as conn:
        if not _one(conn, _POLICY)[0]:
            raise NotReadyError("No default policy is in force, so nothing can be judged.")
    return "A default policy is in force."


def _durability(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.INGEST) as conn:
        if "off" in _one(conn, _DURABLE):
            raise NotReadyError(
                "The database may lose what it has committed: set synchronous_commit and fsync on."
            )
    return "What is committed is on the disk."


def _second_step(settings: Settings) -> str:
    sealer = sealer_of(settings)
    if sealer is None:
        return "Nobody is asked for a second step: that is switched off."
    with _connect(settings, DatabaseRole.API) as conn:
        if not second_step.can_be_read(conn, sealer):
            raise NotReadyError(
                "The key at hand opens no second step that is kept: put the key they were sealed with below it."
            )
    return "A second step is asked for, and its key is at hand."


def _audit(settings: Settings) -> str:
    if key_of(settings.audit) is None:
        raise DoubtError(
            "The audit's daily heads are not signed, so whoever owns the database could write all of it anew:"
            " set HEARTHWATCH_AUDIT_KEY_FILE."
        )
    if settings.audit.heads_directory is None and settings.audit.heads_address is None:
        raise DoubtError(
            "The audit's daily heads are signed and stay in the database, where they prove nothing:"
            " set HEARTHWATCH_AUDIT_HEADS_DIRECTORY or HEARTHWATCH_AUDIT_HEADS_ADDRESS to somewhere else."
        )
    with _connect(settings, DatabaseRole.SCHEDULER) as conn:
        waiting = left_behind(conn, settings.audit)
    if waiting:
        raise DoubtError(f"{waiting} of the audit's daily heads could not be put where they should be kept.")
    return "The audit's daily heads are signed and leave this host."


def _broker(settings: Settings) -> str:
    settings.broker_host()
    check_broker(settings.broker)
    return "The broker answers."
