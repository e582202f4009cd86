"""Who stands between broker and database: hearthwatch's own worker, two of them, and two peers that only store.

Invariant: each is started as its own users would start it, drains from a persistent session of its own, and is
believed only as far as the database confirms it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from devices.topics import PARTITIONS, Leaf, filter_of

HALF = PARTITIONS // 2


@dataclass(frozen=True, slots=True)
class Member:
    """One process. It signs in to the broker as `platform-<user>`, and that is its client id too."""

    user: int
    arguments: tuple[str, ...]
    partitions: Sequence[int | None] = (None,)

    @property
    def filters(self) -> list[tuple[str, int]]:
        """What it subscribes to."""
        leaves = (Leaf.READINGS, Leaf.STATUS)
        return [(filter_of(partition, leaf), 1) for partition in self.partitions for leaf in leaves]


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


def _worker(user: int, partitions: range | None = None) -> Member:
    arguments = ("-m", "api.cli", "ingest", "--name", str(user))
    if partitions is None:
        return Member(user, arguments)
    asked = ("--partitions", f"{partitions[0]}-{partitions[-1]}")
    return Member(user, (*arguments, *asked), tuple(partitions))


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
    (_worker(1, range(HALF)), _worker(2, range(HALF, PARTITIONS))),
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
