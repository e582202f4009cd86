"""Who runs a command, and the id that the audit keeps beside all that one run of it does.

Guards: a person is somebody with an account, never a name that was typed.
"""

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

    from delegation.people import Actor

RUN_ID = secrets.token_hex(8)
"""Drawn once for each run, as the api draws one for each request."""


class NobodyError(ValueError):
    """Nobody has an account with this user name."""


def acting(conn: "psycopg.Connection[Any]", username: str) -> "Actor":
    """Return the person of this user name; the transaction goes on as them, in this run. Raises NobodyError."""
    from api.identity import accounts
    from delegation.people import actor_of

    account = accounts.named(conn, accounts.as_typed(username))
    if account is None:
        raise NobodyError(f"Nobody has an account with the user name {username!r}.")
    return actor_of(conn, account.person_id, RUN_ID)
