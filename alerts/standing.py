"""What holds when readings are judged: the policies, what was decided for the residents, and their open questions.

Guards: the database is asked each time, in one query. A hub whose policy cannot be read gets the default
policy; no other hub is affected. A policy that would pass over a red sign keeps its other settings. No
reading waits until either is mended.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from pydantic import ValidationError

from alerts.policy import SHIPPED, Policy, PolicyBook
from alerts.policy_faults import Fault, fault, senseless, unsafe
from delegation import store as delegation_store
from delegation.authority import Authority

_log = logging.getLogger(__name__)

_ASKED: LiteralString = """
SELECT resident_id, 'asked', NULL, NULL, NULL, NULL, NULL
FROM alerts.open_question WHERE resident_id = ANY (%(residents)b)
"""
_IN_FORCE: LiteralString = """
SELECT DISTINCT ON (hub_id) hub_id, version, (body || jsonb_build_object('version', version))::text AS body
FROM alerts.policy WHERE in_force_from <= %(at)s ORDER BY hub_id, in_force_from DESC, policy_id DESC
"""
_POLICIES: LiteralString = (
    "\nSELECT hub_id, 'policy', NULL, NULL, NULL, NULL, body FROM (" + _IN_FORCE + ") AS in_force"
)
_STANDING: LiteralString = "UNION ALL".join((delegation_store.DECIDED, _ASKED, _POLICIES))


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at one moment. `authorities`: by resident. `asked`: residents with an open question."""

    policies: PolicyBook
    authorities: Mapping[UUID, Authority]
    asked: AbstractSet[UUID]


def standing(conn: psycopg.Connection, residents: Collection[UUID], at: datetime) -> Standing:
    """Return what holds for these residents, whom the caller has locked."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in conn.execute(_STANDING, {"residents": list(residents), "at": at}).fetchall():
        rows[row[1]].append(row)
    policies, asked = _book(rows.pop("policy", ())), {row[0] for row in rows.pop("asked", ())}
    authorities = delegation_store.authorities_of(residents, chain.from_iterable(rows.values()))
    return Standing(policies, authorities, asked)


def policies_in_force(conn: psycopg.Connection, at: datetime) -> PolicyBook:
    """Return the policies in force at this moment; the shipped one is the default if the database has none to read."""
    return _book(conn.execute(_IN_FORCE, {"at": at}).fetchall())


def _book(rows: Iterable[tuple[Any, ...]]) -> PolicyBook:
    policies = {hub_id: policy for hub_id, *_, body in rows if (policy := understood(body)) is not None}
    default = policies.pop(None, SHIPPED)
    return PolicyBook(default, policies)


def faulty(conn: psycopg.Connection, at: datetime) -> list[tuple[UUID | None, str, Fault]]:
    """Return each policy whose turn it is but which is not in force as written: its hub, its version, and why."""
    rows = conn.execute(_IN_FORCE, {"at": at}).fetchall()
    return [(hub_id, version, why) for hub_id, version, body in rows if (why := fault(body)) is not None]


# The database is asked each time which policy is in force; the same text is parsed once.
@lru_cache(maxsize=256)
def understood(body: str) -> Policy | None:
    """Return the policy that a document puts in force, or None for one that cannot be read.

    A setting it may not leave out is filled in (`Policy.in_force`). Either fault is logged.
    """
    try:
        policy = Policy.model_validate_json(body)
    except ValidationError as error:
        _log.error("a policy is not in force, and the default holds: %s: %.200s", senseless(error), body)
        return None
    if (why := unsafe(policy)) is not None:
        _log.error("a policy is in force, but not as it is written: %s: %.200s", why, body)
    return policy.in_force()
