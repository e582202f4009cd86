"""Accounts: the name and password somebody signs in with.

Guards: a password given by somebody else expires, and only opens the page on which its owner chooses another. A new
password replaces only the password it was meant to replace.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from psycopg.rows import class_row

from api.database import Connection

GIVEN_FOR = timedelta(days=3)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}", re.ASCII)
USERNAME_FORM = "3 to 64 small letters without accents, digits, dots, hyphens, underlines or @"
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `given_until`: somebody else gave its password, which is good until then."""

    person_id: UUID
    username: str
    password_hash: str
    given_until: datetime | None = None

    @property
    def must_change(self) -> bool:
        return self.given_until is not None

    def password_is_over(self, at: datetime) -> bool:
        return self.given_until is not None and self.given_until <= at


_NAMED: LiteralString = """
SELECT person_id, username, password_hash, given_until FROM api.account WHERE username = %s
"""
_OF_PERSON: LiteralString = """
SELECT person_id, username, password_hash, given_until FROM api.account WHERE person_id = %s
"""
_SET_PASSWORD: LiteralString = """
UPDATE api.account SET password_hash = %s, given_until = %s WHERE person_id = %s
"""
_REPLACE: LiteralString = """
UPDATE api.account SET password_hash = %s, given_until = %s WHERE person_id = %s AND password_hash = %s
"""
_ADD: LiteralString = """
INSERT INTO api.account (person_id, username, password_hash, given_until) VALUES (%s, %s, %s, %s)
ON CONFLICT (username) DO NOTHING
"""
_HOLD: LiteralString = """
SELECT person_id, username, password_hash, given_until FROM api.account WHERE person_id = %s FOR SHARE
"""


def named(conn: Connection, username: str) -> Account | None:
    """Return the account of this name, if there is one."""
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(_NAMED, (username,)).fetchone()


def of_person(conn: Connection, person_id: UUID) -> Account:
    """Return the account of somebody who signed in with it."""
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        [found] = cursor.execute(_OF_PERSON, (person_id,)).fetchall()
    return found


def is_still(conn: Connection, account: Account) -> bool:
    """Return whether the account is as it was read; if so it stays so until the transaction ends."""
    return hold(conn, account.person_id) == account


def hold(conn: Connection, person_id: UUID) -> Account:
    """Return the account, locked against changes of its password until the transaction ends."""
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        [found] = cursor.execute(_HOLD, (person_id,)).fetchall()
    return found


def add(
    conn: Connection, person_id: UUID, username: str, password_hash: str, given_until: datetime | None = None
) -> bool:
    """Add an account for somebody who has none; return False where the name is taken."""
    return conn.execute(_ADD, (person_id, username, password_hash, given_until)).rowcount > 0


def set_password(
    conn: Connection, person_id: UUID, password_hash: str, given_until: datetime | None = None
) -> None:
    """Store another password, chosen by its owner or, with `given_until`, given to them."""
    conn.execute(_SET_PASSWORD, (password_hash, given_until, person_id))


def replace_password(
    conn: Connection, before: Account, password_hash: str, given_until: datetime | None = None
) -> bool:
    """Replace this password; return False if the account has another by now."""
    given = (password_hash, given_until, before.person_id, before.password_hash)
    return conn.execute(_REPLACE, given).rowcount > 0


def password_to_give() -> str:
    """Return a password of some 49 bits that can be read out over a telephone."""
    pieces = ["".join(secrets.choice(part) for part in (_CONSONANTS, _VOWELS) * 2) for _ in range(4)]
    return "-".join(pieces)


def is_username(text: str) -> bool:
    """Return whether this can be a user name."""
    return _USERNAME.fullmatch(text) is not None


def as_typed(username: str) -> str:
    """Return the user name as it is stored."""
    return username.strip().lower()
