"""Check whether an installation works, is protected, and gives nothing away.

Guards: each finding says what was checked and, in one sentence, what to put right. Nothing is changed.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg

from alerts.standing import faulty
from api.audit_heads import key_of, left_behind
from api.health import NotReadyError, check_broker
from api.identity import second_step
from api.identity.sealing import sealer_of
from api.migrations.runner import MigrationChangedError, pending
from api.processes.exposure import exposures
from api.processes.startup import POWERS
from api.settings import DatabaseRole, Settings, SettingsError
from api.web.presenters.policies import says

_PROCESSES = (DatabaseRole.API, DatabaseRole.INGEST, DatabaseRole.SCHEDULER, DatabaseRole.RETENTION)
_SEES_UNASKED: LiteralString = "SELECT count(*) FROM delegation.resident"
_POLICY: LiteralString = "SELECT count(*) FROM alerts.policy WHERE hub_id IS NULL AND in_force_from <= now()"
_DURABLE: LiteralString = "SELECT current_setting('synchronous_commit'), current_setting('fsync')"
_TIMESCALE: LiteralString = "SELECT max(extversion) FROM pg_extension WHERE extname = 'timescaledb'"
_LOGS: LiteralString = """
SELECT current_setting('log_error_verbosity') = 'terse' AND current_setting('log_min_error_statement') = 'panic'
    AND current_setting('log_statement') = 'none'
"""
_EPOCH: LiteralString = "SELECT ingest.epoch()"


@dataclass(frozen=True, slots=True)
class Result:
    """One check and its result, by code. `doubtful`: it works, but somebody should know."""

    ok: bool
    code: str
    says: str
    doubtful: bool = False


class DoubtError(Exception):
    """Something works but should not stay as it is; the message says what to do."""


def checks(settings: Settings) -> list[Result]:
    """Run all checks, whatever fails before them."""
    looks = {
        "settings": _settings,
        "database.schema": _schema,
        **{f"database.role.{role}": look for role, look in _sign_ins()},
        "database.scope": _scope,
        "database.kind": _kind,
        "database.durability": _durability,
        "database.log": _log,
        "database.epoch": _epoch,
        "policy": _policy,
        "second_step": _second_step,
        "audit.heads": _audit,
        "broker": _broker,
    }
    return [_looked_at(code, look, settings) for code, look in looks.items()]


def _looked_at(code: str, look: Callable[[Settings], str], settings: Settings) -> Result:
    try:
        return Result(ok=True, code=code, says=look(settings))
    except DoubtError as doubt:
        return Result(ok=True, code=code, says=str(doubt), doubtful=True)
    except (SettingsError, NotReadyError, MigrationChangedError) as error:
        return Result(ok=False, code=code, says=str(error))
    except psycopg.Error as error:
        return Result(ok=False, code=code, says=f"The database says: {str(error).strip().splitlines()[0]}")


def _settings(settings: Settings) -> str:
    found = exposures(settings, os.environ)
    if found:
        raise NotReadyError(" ".join(map(str, found)))
    return "The settings give nothing away."


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
                if _one(conn, POWERS)[0]:
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
        wrong = [] if _one(conn, _POLICY)[0] else ["No default policy is in force, so nothing can be judged."]
        wrong += [f"{says(*one, {})} {one[-1]}" for one in faulty(conn, datetime.now(UTC))]
    if wrong:
        raise NotReadyError(" ".join(wrong))
    return "A default policy is in force, and each hub's own where it has one."


def _durability(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.INGEST) as conn:
        if "off" in _one(conn, _DURABLE):
            raise NotReadyError(
                "The database may lose what it has committed: set synchronous_commit and fsync on."
            )
    return "What is committed is on the disk."


def _kind(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.API) as conn:
        version = _one(conn, _TIMESCALE)[0]
    if version is None and not settings.demo:
        raise DoubtError(
            "This is plain PostgreSQL: what is read of a year is not in parts, and grows slow."
            " Install TimescaleDB before the first `hearthwatch migrate`."
        )
    return f"TimescaleDB {version}." if version else "Plain PostgreSQL, which is enough for a demonstration."


def _log(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.API) as conn:
        if not _one(conn, _LOGS)[0]:
            raise DoubtError(
                "The database's own log may quote rows with people in them: set log_error_verbosity = terse,"
                " log_min_error_statement = panic and log_statement = none."
            )
    return "The database's own log quotes no row and no statement."


def _epoch(settings: Settings) -> str:
    with _connect(settings, DatabaseRole.INGEST) as conn:
        return f"Kits are told that this is {_one(conn, _EPOCH)[0]}; another epoch has them send again what it lacks."


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
    if check_broker(settings.broker):
        raise NotReadyError("The broker lets in whoever gives no name: set `allow_anonymous false` there.")
    return "The broker answers, and lets in nobody who gives no name."
