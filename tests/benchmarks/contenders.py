"""Who stands between broker and database: hearthwatch's own worker, two of them, and two peers that only store.

Invariant: each is started as its own users would start it, drains what the broker queued for it alone, and is believed
only as far as the database confirms it.
"""

from dataclasses import dataclass
from typing import LiteralString

from devices.topics import Leaf, filter_of


@dataclass(frozen=True, slots=True)
class Member:
    """One process. It signs in to the broker as `platform-<user>`, and that is its client id too."""

    user: int
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contender:
    """`count` says how many readings are committed, `commits` when and how many, `by_reading` when each was."""

    name: str
    members: tuple[Member, ...]
    count: LiteralString
    commits: LiteralString
    by_reading: LiteralString
    is_ours: bool = False
    """Writes receipts, and lets a hub hear of escalations."""


def _worker(user: int) -> Member:
    return Member(user, ("-m", "api.cli", "ingest", "--name", str(user)))


FILTERS = [(filter_of(None, leaf), 1) for leaf in (Leaf.READINGS, Leaf.STATUS)]
"""What a peer subscribes to."""
_SEEN: LiteralString = "SELECT count(*) FROM ingest.seen"
_SEEN_COMMITS: LiteralString = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)), count(*) FROM ingest.seen GROUP BY xmin
"""
_SEEN_BY_READING: LiteralString = """
SELECT reading_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM ingest.seen
"""
OURS = Contender("hearthwatch", (_worker(1),), _SEEN, _SEEN_COMMITS, _SEEN_BY_READING, is_ours=True)
TWO_OF_OURS = Contender(
    "hearthwatch, two workers",
    (_worker(1), _worker(2)),
    _SEEN,
    _SEEN_COMMITS,
    _SEEN_BY_READING,
    is_ours=True,
)
BRIDGE = Contender(
    "mq-bridge",
    (Member(3, ("-m", "tests.benchmarks.peers", "mq-bridge")),),
    "SELECT count(*) FROM peers.bridged",
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)), count(*) FROM peers.bridged GROUP BY xmin",
    """
SELECT (convert_from(payload, 'UTF8')::jsonb ->> 'reading_id')::uuid,
       extract(epoch FROM pg_xact_commit_timestamp(xmin))
FROM peers.bridged
""",
)
PLAIN = Contender(
    "executemany",
    (Member(4, ("-m", "tests.benchmarks.peers", "executemany")),),
    "SELECT count(*) FROM peers.plain",
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)), count(*) FROM peers.plain GROUP BY xmin",
    "SELECT reading_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM peers.plain",
)
RECEIPTS_USER = 5
LOAD_USERS = (6, 7)
