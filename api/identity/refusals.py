"""Count refused tries to sign in, and write them to the audit a minute at a time.

Guards: guessing cannot flood the audit: it gets one row for each account, network and minute, and a limited number for
each minute. What was typed is not kept; an unknown name is recorded as nobody's.
"""

from datetime import datetime
from enum import StrEnum
from ipaddress import ip_network
from typing import LiteralString
from uuid import UUID

from api.database import Connection, Pool
from api.identity import accounts
from delegation import audit
from delegation.people import Process

MOST_A_MINUTE = 200
NOBODYS = "account:nobody"
# IPv4 networks are cut to this length: attackers can be told apart, households cannot.
_BLOCK = 24
_BY = Process("api")


class Refusal(StrEnum):
    """The answer that was given."""

    WRONG = "refused"
    TOO_MANY = "throttled"


# Beyond a minute's limit, all refusals are counted together.
_COUNT: LiteralString = """
INSERT INTO api.refused_sign_in AS counted (minute, subject, network, refusal, tries)
SELECT %(minute)s, CASE WHEN there_is_room THEN %(subject)s ELSE 'account:several' END,
       CASE WHEN there_is_room THEN %(network)s ELSE 'several networks' END, %(refusal)s, 1
FROM (SELECT count(*) < %(most)s AS there_is_room FROM api.refused_sign_in WHERE minute = %(minute)s) counted_before
ON CONFLICT (minute, subject, network, refusal) DO UPDATE SET tries = counted.tries + 1
"""
_TAKE: LiteralString = """
DELETE FROM api.refused_sign_in WHERE minute < %s RETURNING minute, subject, network, refusal, tries
"""


def note(pool: Pool, username: str, address: str, refusal: Refusal, at: datetime) -> None:
    """Count one refusal for this user name, in a transaction of its own."""
    with pool.connection() as conn:
        account = accounts.named(conn, username)
        count(conn, None if account is None else account.person_id, address, refusal, at)


def count(conn: Connection, person_id: UUID | None, address: str, refusal: Refusal, at: datetime) -> None:
    """Count one refusal; the caller commits."""
    counted = {
        "minute": at.replace(second=0, microsecond=0),
        "subject": NOBODYS if person_id is None else f"person:{person_id}",
        "network": _network(address),
        "refusal": refusal,
        "most": MOST_A_MINUTE,
    }
    conn.execute(_COUNT, counted)


def write_down(conn: Connection, at: datetime) -> int:
    """Audit the minutes that are over; return how many rows that were."""
    rows = sorted(conn.execute(_TAKE, (at.replace(second=0, microsecond=0),)).fetchall())
    for minute, subject, network, refusal, tries in rows:
        words = f"{tries} from {network}"
        audit.record(conn, _BY, f"sign_in.{refusal}", subject, at=minute, words=words)
    return len(rows)


def _network(address: str) -> str:
    try:
        network = ip_network(address)
    except ValueError:
        return address
    return str(network.supernet(new_prefix=_BLOCK) if network.version == 4 else network)
