"""Write a neighbourhood into an empty, migrated database.

Guards: all of it is written or nothing, in the caller's transaction, and never beside existing people. Nobody is there
yet in whose name it could be done, so the audit names the operating system's user.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg

from api.seed.cast import Cast, accounts
from api.seed.neighbourhood import Neighbourhood, neighbourhood
from api.seed.residents import Resident
from api.seed.words import password as random_password
from delegation.audit import record
from delegation.people import SystemUser
from devices.kits import Broker, KitSheet


class AlreadySeededError(RuntimeError):
    """The database already holds homes; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What is needed to switch the kits on, to sign in, and to open a record from outside its hub."""

    sheet: KitSheet
    cast: Cast
    elsewhere: Resident | None


_IS_EMPTY: LiteralString = (
    "SELECT NOT EXISTS (SELECT FROM delegation.home) AND NOT EXISTS (SELECT FROM devices.kit)"
)
_ORGANISATIONS: LiteralString = (
    "COPY delegation.organisation (organisation_id, name, kind, ods_code) FROM STDIN"
)
_HUBS: LiteralString = "COPY delegation.hub (hub_id, organisation_id, name, phone) FROM STDIN"
_HOMES: LiteralString = """
COPY delegation.home (home_id, organisation_id, hub_id, name, kind, phone, rounds, synthetic) FROM STDIN
"""
_PEOPLE: LiteralString = """
COPY delegation.person (person_id, name, profession, regulator, regulator_number) FROM STDIN
"""
_RESIDENTS: LiteralString = """
COPY delegation.resident (resident_id, home_id, name, nhs_number, born_on, allergies, background,
    call_back_phone, usual_company, lives_here_from, synthetic) FROM STDIN
"""
_ASSIGNMENTS: LiteralString = """
COPY delegation.role_assignment (person_id, role, organisation_id, home_id, hub_id, resident_id, starts_at)
FROM STDIN
"""
_SCALES: LiteralString = """
COPY delegation.spo2_scale_authorisation (resident_id, clinician_name, regulator, regulator_number, reason,
    decided_at, starts_at, review_by, recorded_by) FROM STDIN
"""
_AIR: LiteralString = "COPY delegation.air_record (resident_id, recorded_by, recorded_at) FROM STDIN"
_CEILINGS: LiteralString = """
COPY delegation.ceiling (resident_id, statement, clinician_name, regulator, regulator_number, reason, decided_at,
    starts_at, review_by, recorded_by) FROM STDIN
"""
_PAUSES: LiteralString = """
COPY delegation.monitoring_pause (resident_id, reason, starts_at, ends_at, recorded_by, recorded_at) FROM STDIN
"""
_COMPETENCES: LiteralString = """
COPY delegation.competence (person_id, activity, level, assessor_id, signed_off_at, valid_until) FROM STDIN
"""
_KITS: LiteralString = "COPY devices.kit (kit_id, partition, kind, enrolled_at) FROM STDIN"
_LOANS: LiteralString = "COPY devices.kit_loan (kit_id, home_id, lent_at) FROM STDIN"
_ACCOUNTS: LiteralString = "COPY api.account (person_id, username, password_hash) FROM STDIN"


def seed(
    conn: psycopg.Connection[Any],
    *,
    homes: int,
    residents_per_home: int,
    seed: int,
    at: datetime,
    broker: Broker,
    password: str | None = None,
    one_elsewhere: bool = False,
) -> Seeded:
    """Write a synthetic neighbourhood as it is at `at`; the caller commits.

    The connection's role must bypass row-level security, as a superuser or the schema's owner with BYPASSRLS does.
    Without a password the cast gets a random one. Raises AlreadySeededError where there are homes or kits already.
    """
    empty = conn.execute(_IS_EMPTY).fetchone()
    if empty is None or not empty[0]:
        raise AlreadySeededError(
            "This database already holds homes or kits, and synthetic people are never mixed with others:"
            " seed a fresh database, or go on with the kit sheet it was seeded with."
        )
    made = neighbourhood(
        homes=homes, residents_per_home=residents_per_home, seed=seed, at=at, one_elsewhere=one_elsewhere
    )
    cast = Cast(tuple(made.cast), password or random_password())
    _write(conn, made, cast)
    subject = f"{len(made.places.homes)} synthetic homes, {len(made.residents.residents)} residents"
    record(conn, SystemUser.of_this_process(), "platform.seeded", subject, at=at)
    return Seeded(KitSheet(broker=broker, kits=tuple(made.kits)), cast, made.elsewhere)


def _write(conn: psycopg.Connection[Any], made: Neighbourhood, cast: Cast) -> None:
    places, staff, residents = made.places, made.staff, made.residents
    _copy(conn, _ORGANISATIONS, places.organisations)
    _copy(conn, _HUBS, places.hubs)
    _copy(conn, _HOMES, places.homes)
    _copy(conn, _PEOPLE, staff.people)
    _copy(conn, _RESIDENTS, residents.residents)
    _copy(conn, _ASSIGNMENTS, staff.assignments)
    _copy(conn, _SCALES, residents.scales)
    _copy(conn, _AIR, residents.air)
    _copy(conn, _CEILINGS, residents.ceilings)
    _copy(conn, _PAUSES, residents.pauses)
    _copy(conn, _COMPETENCES, staff.competences)
    _copy(conn, _KITS, made.enrolled)
    _copy(conn, _LOANS, made.loans)
    _copy(conn, _ACCOUNTS, accounts(cast))


def _copy(conn: psycopg.Connection[Any], statement: LiteralString, rows: Iterable[Any]) -> None:
    """Copy rows whose fields are in the order of the statement's columns."""
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(astuple(row))
