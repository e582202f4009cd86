"""One run of a command that changes something: how it opens the database, and in whose name it does so.

Guards: a run has one id, which every audit event of it carries, whichever database role writes it. What only the
database's owner may do is done in the name of an operator. Where there is none, the event names the operating system's
user.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from api.identity import accounts
from api.settings import DatabaseRole, Settings
from delegation.people import Actor, Role, SystemUser, actor_of


class NotInTheirNameError(ValueError):
    """The command cannot be run in this name; the message says why."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command, with the id that the audit keeps of it."""

    settings: Settings
    request_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def connect(self, role: DatabaseRole = DatabaseRole.MIGRATOR) -> psycopg.Connection[Any]:
        """Connect as this role, the database's owner if not said; the audit records the run's id."""
        named = f"-c hearthwatch.request={self.request_id}"
        return psycopg.connect(self.settings.conninfo(role), options=named)


_ANOTHER_OPERATOR: LiteralString = """
SELECT FROM delegation.role_assignment held JOIN api.account USING (person_id)
WHERE held.role = 'operator' AND held.starts_at <= now() AND (held.ends_at IS NULL OR held.ends_at > now())
  AND person_id IS DISTINCT FROM %s
LIMIT 1
"""


def as_owner() -> psycopg.Connection[Any]:
    """Begin a run that needs one connection alone: as the database's owner."""
    return Run(Settings.load()).connect()


def person(conn: psycopg.Connection[Any], by: str) -> Actor:
    """Return the person with this user name; the transaction goes on as them. Raises NotInTheirNameError."""
    account = accounts.named(conn, accounts.as_typed(by))
    if account is None:
        raise NotInTheirNameError(f"Nobody has an account with the user name {by!r}.")
    return actor_of(conn, account.person_id)


def operator(conn: psycopg.Connection[Any], by: str) -> Actor:
    """Return the operator with this user name; the transaction goes on as them. Raises NotInTheirNameError."""
    actor = person(conn, by)
    if not actor.holds(Role.OPERATOR):
        raise NotInTheirNameError(f"This is done in the name of an operator, and {by!r} is none.")
    return actor


def operator_if_any(
    conn: psycopg.Connection[Any], by: str | None, not_for: UUID | None = None
) -> Actor | SystemUser:
    """Return the operator with this user name; the operating system's user where nobody is named and there is none.

    `not_for`: whose account it is about, which is not in their own name. Raises NotInTheirNameError.
    """
    if by is None:
        if conn.execute(_ANOTHER_OPERATOR, (not_for,)).fetchone() is not None:
            raise NotInTheirNameError("Say in which operator's name it is done: --by USER_NAME.")
        return SystemUser.of_this_process()
    actor = operator(conn, by)
    if actor.person_id == not_for:
        raise NotInTheirNameError(
            "Name another operator than the one it is about; where there is none, leave --by out."
        )
    return actor
