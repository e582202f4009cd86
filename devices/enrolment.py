"""Enrols kits at a home, gives them new credentials, and revokes them.

Guards: a kit keeps its home's partition for life. A revoked kit may not report on anybody, and gets no new credential.
Only the database's owner may enrol, rotate or revoke.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from pydantic import SecretStr

from delegation import audit
from delegation.people import Actor
from devices.identifiers import KitId, PersonId, ResidentId, new_uuid7
from devices.kits import Broker, HomeKind, Kit, KitSheet, WatchedResident
from devices.topics import partition_of


class EnrolmentError(ValueError):
    """It cannot be done; the message says why."""


class KitKind(StrEnum):
    """A box with instruments, or the web form on which a home types in what was measured."""

    KIT = "kit"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Home:
    """The home a kit is lent to."""

    home_id: UUID
    name: str
    kind: HomeKind


_HOMES: LiteralString = "SELECT home_id, name, kind FROM delegation.home WHERE %s IN (home_id::text, name)"
_HAS_FORM: LiteralString = """
SELECT FROM devices.kit JOIN devices.kit_loan loan USING (kit_id)
WHERE kit.kind = 'web' AND kit.revoked_at IS NULL AND loan.returned_at IS NULL AND loan.home_id = %s
"""
_ENROL: LiteralString = (
    "INSERT INTO devices.kit (kit_id, partition, kind, enrolled_at) VALUES (%s, %s, %s, %s)"
)
_LEND: LiteralString = "INSERT INTO devices.kit_loan (kit_id, home_id, lent_at) VALUES (%s, %s, %s)"
_KIND: LiteralString = "SELECT kind, revoked_at IS NOT NULL FROM devices.kit WHERE kit_id = %s FOR UPDATE"
_REVOKE: LiteralString = "UPDATE devices.kit SET revoked_at = %s WHERE kit_id = %s"
_LENT_TO: LiteralString = """
SELECT home.home_id, home.name, home.kind
FROM devices.kit JOIN devices.kit_loan loan USING (kit_id) JOIN delegation.home USING (home_id)
WHERE kit_id = %s AND kit.kind = 'kit' AND kit.revoked_at IS NULL AND loan.returned_at IS NULL
FOR SHARE OF kit
"""
_RETURN: LiteralString = (
    "UPDATE devices.kit_loan SET returned_at = %s WHERE kit_id = %s AND returned_at IS NULL"
)
_RESIDENTS: LiteralString = """
SELECT resident_id, EXISTS (SELECT FROM delegation.spo2_scale_authorisation scale
                            WHERE scale.resident_id = resident.resident_id AND scale.revoked_at IS NULL
                              AND scale.starts_at <= %(at)s AND coalesce(scale.ends_at > %(at)s, true))
FROM delegation.resident
WHERE home_id = %(home)s
  AND NOT EXISTS (SELECT FROM delegation.end_of_care gone
                  WHERE gone.resident_id = resident.resident_id AND gone.withdrawn_at IS NULL)
ORDER BY resident_id
"""
_WORKERS: LiteralString = """
SELECT DISTINCT person_id FROM delegation.role_assignment JOIN delegation.home
  ON home.home_id = role_assignment.home_id OR home.organisation_id = role_assignment.organisation_id
WHERE home.home_id = %(home)s AND role = 'care_worker'
  AND starts_at <= %(at)s AND coalesce(ends_at > %(at)s, true)
ORDER BY person_id
"""


def find_home(conn: psycopg.Connection[Any], wanted: str) -> Home:
    """The home with this id or name. Raises EnrolmentError if there is none, or more than one."""
    found = conn.execute(_HOMES, (wanted,)).fetchall()
    if not found:
        raise EnrolmentError(f"There is no home with the id or the name {wanted!r}.")
    if len(found) > 1:
        ids = ", ".join(sorted(str(home_id) for home_id, _, _ in found))
        raise EnrolmentError(f"Several homes are called {wanted!r}: name one by its id, of {ids}.")
    home_id, name, kind = found[0]
    return Home(home_id, name, HomeKind(kind))


def enrol(conn: psycopg.Connection[Any], actor: Actor, home: Home, kind: KitKind, at: datetime) -> KitId:
    """Enrol a new kit, lent to this home from now on. Raises EnrolmentError if the home has its one form already."""
    if kind is KitKind.WEB and conn.execute(_HAS_FORM, (home.home_id,)).fetchone() is not None:
        raise EnrolmentError(f"{home.name} has a capture form already.")
    kit_id = KitId(new_uuid7())
    conn.execute(_ENROL, (kit_id, partition_of(home.home_id), kind, at))
    conn.execute(_LEND, (kit_id, home.home_id, at))
    audit.record(conn, actor, "kit.enrolled", f"kit:{kit_id}", at=at)
    return kit_id


def rotate(conn: psycopg.Connection[Any], actor: Actor, kit_id: KitId, at: datetime) -> Home:
    """Record that a kit gets a new credential, and return the home it is lent to.

    Raises EnrolmentError if no such kit is enrolled and lent: its credential stays locked out.
    """
    found = conn.execute(_LENT_TO, (kit_id,)).fetchone()
    if found is None:
        raise EnrolmentError(f"No kit {kit_id} is enrolled and lent to a home, or it is revoked.")
    audit.record(conn, actor, "kit.rotated", f"kit:{kit_id}", at=at)
    home_id, name, kind = found
    return Home(home_id, name, HomeKind(kind))


def revoke(conn: psycopg.Connection[Any], actor: Actor, kit_id: KitId, at: datetime) -> KitKind:
    """Lock a kit out and end its loan, where that is not done yet, and return of which kind it is.

    What still arrives in its name is kept in quarantine. Raises EnrolmentError if no such kit was enrolled.
    """
    found = conn.execute(_KIND, (kit_id,)).fetchone()
    if found is None:
        raise EnrolmentError(f"No kit {kit_id} is enrolled.")
    kind, was_revoked = found
    if not was_revoked:
        conn.execute(_REVOKE, (at, kit_id))
        conn.execute(_RETURN, (at, kit_id))
        audit.record(conn, actor, "kit.revoked", f"kit:{kit_id}", at=at)
    return KitKind(kind)


def sheet(
    conn: psycopg.Connection[Any], kit_id: KitId, home: Home, broker: Broker, secret: SecretStr, at: datetime
) -> KitSheet:
    """The kit sheet: the broker's address, the kit's credential, and the opaque ids of residents and workers."""
    asked = {"home": home.home_id, "at": at}
    kit = Kit(
        kit_id=kit_id,
        partition=partition_of(home.home_id),
        username=str(kit_id),  # the broker's access rules rely on this
        secret=secret,
        home_kind=home.kind,
        residents=tuple(
            WatchedResident(resident_id=ResidentId(one), spo2_scale=2 if on_two else 1)
            for one, on_two in conn.execute(_RESIDENTS, asked).fetchall()
        ),
        workers=tuple(PersonId(one) for (one,) in conn.execute(_WORKERS, asked).fetchall()),
    )
    return KitSheet(broker=broker, kits=(kit,))
