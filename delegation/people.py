"""The people who act, and the roles they hold now.

Guards: an actor's name and roles come from the database, never from a request.
"""

import os
import pwd
from dataclasses import dataclass
from typing import LiteralString, Self
from uuid import UUID

import psycopg

from delegation.rights import Deed, Record, Role, allows


@dataclass(frozen=True, slots=True)
class RoleHeld:
    """One role in force, with the place it is held in."""

    role: Role
    organisation_id: UUID | None = None
    home_id: UUID | None = None
    hub_id: UUID | None = None
    resident_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A person who acts, with the roles they hold now."""

    person_id: UUID
    name: str
    roles: tuple[RoleHeld, ...]

    def holds(self, *roles: Role) -> bool:
        """Return whether any of these roles is held, in whatever place."""
        return any(held.role in roles for held in self.roles)

    def may(self, deed: Deed, record: Record) -> bool:
        """Return whether a role that is held includes this; the database checks where it is held."""
        return allows([held.role for held in self.roles], deed, record)

    def __str__(self) -> str:
        return f"person:{self.person_id}"


@dataclass(frozen=True, slots=True)
class Process:
    """A part of the platform that acts by itself: the scheduler, ingest."""

    name: str

    def __str__(self) -> str:
        return f"process:{self.name}"


@dataclass(frozen=True, slots=True)
class SystemUser:
    """Whoever runs a command as the database's owner while no person can be named: a user of the operating system."""

    name: str

    @classmethod
    def of_this_process(cls) -> Self:
        """Return the user this process runs as; in a container that is the image's."""
        try:
            return cls(pwd.getpwuid(os.getuid()).pw_name)
        except KeyError:
            return cls(str(os.getuid()))

    def __str__(self) -> str:
        return f"system_user:{self.name}"


class UnknownPersonError(LookupError):
    """No person has this id."""


_NAME: LiteralString = "SELECT name FROM delegation.person WHERE person_id = %s"
_ROLES: LiteralString = """
SELECT role, organisation_id, home_id, hub_id, resident_id
FROM delegation.roles_in_force() ORDER BY role, assignment_id
"""
# Where no request is named the transaction keeps its own: that of the connection, where a command has opened it.
_ACT_AS: LiteralString = """
SELECT set_config('hearthwatch.actor', %s, true),
       set_config('hearthwatch.request',
                  coalesce(nullif(%s, ''), current_setting('hearthwatch.request', true), ''), true)
"""
_IN_REQUEST: LiteralString = "SELECT set_config('hearthwatch.request', %s, true)"


def in_request(conn: psycopg.Connection, request_id: str) -> None:
    """Have the audit record this request beside all that the rest of this transaction does, whoever does it."""
    conn.execute(_IN_REQUEST, (request_id,))


def act_as(conn: psycopg.Connection, person_id: UUID, request_id: str = "") -> None:
    """Restrict the rest of this transaction to what this person may see; the audit records the request.

    Without `request_id` it records the transaction's, where that has one.
    """
    conn.execute(_ACT_AS, (str(person_id), request_id))


def actor_of(conn: psycopg.Connection, person_id: UUID, request_id: str = "") -> Actor:
    """Return the person with their roles in force; the transaction goes on as them. Raises UnknownPersonError."""
    act_as(conn, person_id, request_id)
    found = conn.execute(_NAME, (person_id,)).fetchone()
    if found is None:
        raise UnknownPersonError("Nobody is known under this id.")
    roles = tuple(RoleHeld(Role(role), *places) for role, *places in conn.execute(_ROLES).fetchall())
    return Actor(person_id, found[0], roles)
