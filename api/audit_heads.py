"""Sign the last seal of each day's audit, and take it off this host: into a directory, to an address, or both.

Guards: a day ends at midnight in London and is signed once. A head is offered again until it has been taken, and that
time is kept. A file already in the directory is never overwritten.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import httpx2 as httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api import journal
from api.database import Connection, Pool, try_again
from api.settings import Audit, Settings, SettingsError
from delegation.audit_head import UnfitKeyError, private_key, sign
from delegation.audit_walk import Head

LONDON = ZoneInfo("Europe/London")
_HOW = "set HEARTHWATCH_AUDIT_KEY_FILE to a file with 32 random bytes in URL-safe base64 on a line"
_PATIENCE = 10.0
_log = journal.of("api.audit_heads")

_LAST_SEAL: LiteralString = """
SELECT seal_id, root FROM delegation.audit_seal WHERE sealed_at < %s ORDER BY seal_id DESC LIMIT 1
"""
_KEEP: LiteralString = """
INSERT INTO delegation.audit_head (day, seal_id, signed, signed_at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_SIGNED: LiteralString = "SELECT FROM delegation.audit_head WHERE day = %s"
_NOT_IN_DIRECTORY: LiteralString = (
    "SELECT day, signed FROM delegation.audit_head WHERE in_directory_at IS NULL ORDER BY day"
)
_NOT_AT_ADDRESS: LiteralString = (
    "SELECT day, signed FROM delegation.audit_head WHERE at_address_at IS NULL ORDER BY day"
)
_IN_DIRECTORY: LiteralString = "UPDATE delegation.audit_head SET in_directory_at = %s WHERE day = %s"
_AT_ADDRESS: LiteralString = "UPDATE delegation.audit_head SET at_address_at = %s WHERE day = %s"


class NotTakenError(RuntimeError):
    """A head was not taken where it should be kept. It is offered again, and does not hold up the others."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A place heads are sent to, and how the database records what is there."""

    waiting: LiteralString
    taken: LiteralString
    give: Callable[[date, str], None]


def key_of(audit: Audit) -> Ed25519PrivateKey | None:
    """Return the key heads are signed with, where one is set. Raises SettingsError."""
    if audit.key is None:
        if audit.heads_directory or audit.heads_address:
            raise SettingsError(f"The key that signs the audit's heads is not set: {_HOW}.")
        return None
    try:
        return private_key(audit.key.get_secret_value())
    except UnfitKeyError:
        raise SettingsError(f"The key that signs the audit's heads cannot be used: {_HOW}.") from None


def keep_heads(settings: Settings) -> Callable[[Pool, datetime], int]:
    """Return the scheduler's job that keeps heads.

    Raises SettingsError at once where the key cannot be used.
    """
    key = key_of(settings.audit)
    if key is None:
        return lambda _pool, _at: 0
    places = list(_places(settings.audit))

    def work(pool: Pool, at: datetime) -> int:
        signed = try_again(pool, lambda conn: sign_yesterday(conn, key, at))
        offered = [_offer(pool, place, at) for place in places]
        if not all(offered):
            raise NotTakenError("A head was not taken where it should be kept.")
        return signed

    return work


def sign_yesterday(conn: Connection, key: Ed25519PrivateKey, at: datetime) -> int:
    """Sign the last seal of the last full day; return 0 where that is done or nothing was ever sealed."""
    today = at.astimezone(LONDON).date()
    day = today - timedelta(days=1)
    if conn.execute(_SIGNED, (day,)).fetchone() is not None:
        return 0
    midnight = datetime.combine(today, time.min, LONDON).astimezone(UTC)
    last = conn.execute(_LAST_SEAL, (midnight,)).fetchone()
    if last is None:
        return 0
    head = Head(day, *last)
    return conn.execute(_KEEP, (day, head.seal_id, sign(head, at, key), at)).rowcount


def left_behind(conn: Connection, audit: Audit) -> int:
    """Return how many heads have not yet been taken where they should be kept."""
    return sum(conn.execute(place.waiting).rowcount for place in _places(audit))


def name_of(day: date) -> str:
    """Return the name of a day's head, in a directory and at an address."""
    return f"audit-head-{day}.json"


def _places(audit: Audit) -> Iterator[_Place]:
    directory, address = audit.heads_directory, audit.heads_address
    if directory is not None:
        yield _Place(_NOT_IN_DIRECTORY, _IN_DIRECTORY, lambda day, signed: _write(directory, day, signed))
    if address is not None:
        yield _Place(_NOT_AT_ADDRESS, _AT_ADDRESS, lambda day, signed: _put(address, day, signed))


def _offer(pool: Pool, place: _Place, at: datetime) -> bool:
    """Return whether all heads that waited for this place are there now.

    No transaction is open while the place answers.
    """
    with pool.connection() as conn:
        waiting = conn.execute(place.waiting).fetchall()
    refused = 0
    for day, signed in waiting:
        try:
            place.give(day, signed)
        except NotTakenError:
            refused += 1
            continue
        except (OSError, httpx.HTTPError) as error:
            _log.error("no head was taken", error=type(error).__name__, count=len(waiting))
            return False
        with pool.connection() as conn:
            conn.execute(place.taken, (at, day))
    if refused:
        _log.error("heads were refused", count=refused)
    return not refused


def _write(directory: Path, day: date, signed: str) -> None:
    final = directory / name_of(day)
    if final.exists():
        if final.read_text() != signed:
            raise NotTakenError("Another head of this day is in the directory.")
        return
    beside = directory / f".{name_of(day)}"
    with beside.open("w") as file:
        file.write(signed)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(final)


def _put(address: str, day: date, signed: str) -> None:
    where = f"{address.rstrip('/')}/{name_of(day)}"
    content_type = {"Content-Type": "application/json"}
    if not httpx.put(where, content=signed, headers=content_type, timeout=_PATIENCE).is_success:
        raise NotTakenError("The address did not take it.")
