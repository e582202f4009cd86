"""Findings that a replay takes over as they are on record, because no rule finds them in a reading.

Guards: these are the same under every policy: what a person said, what ingest could not store or judge, a
reading that was not theirs, a kit that was not heard. Taking them over gives the same cases, with the same
findings in them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg

from alerts.cases import phone_call
from alerts.rules import NOT_THEIRS
from alerts.severity import Severity
from ingest.arrival import ReadingKey

UNJUDGED = frozenset({"unscored", "unstored"})
_STRAIGHT_TO_999 = frozenset({"emergency_sign", "unresponsive"})
OF_SILENCE = frozenset({"silence", "kit_silence"})
TAKEN_OVER = (phone_call.RULE, "unscored", "unstored", NOT_THEIRS, "kit_silence")
"""In the order of what a report says."""

_FOUND: LiteralString = """
SELECT found_at, rule, severity, sentence_sha256, low, evidence FROM alerts.found_of(%s) ORDER BY found_at
"""


class StoredFinding(NamedTuple):
    """One finding as it is stored, with its sentence as a digest."""

    found_at: datetime
    rule: str
    severity: str
    sentence_sha256: bytes
    low: int | None
    evidence: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Event:
    """A finding that is taken over."""

    at: datetime
    rule: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is on record about the findings of one resident.

    `unscored`: readings that were stored and could not be scored, or not scored anew. `unjudged_at`: when
    that was found. `unanswered`: readings whose question nobody answered in time, as the hub was told.
    `given`: findings that came of readings and their clocks.
    """

    events: Sequence[Event] = ()
    unscored: Collection[ReadingKey] = ()
    unjudged_at: Collection[datetime] = ()
    unanswered: Collection[ReadingKey] = ()
    given: Sequence[StoredFinding] = ()


def on_record(conn: psycopg.Connection[Any], resident_id: UUID) -> OnRecord:
    """Return all that was found of one resident."""
    found = [StoredFinding(*row) for row in conn.execute(_FOUND, (resident_id,)).fetchall()]
    # If a reading that could not be judged also goes straight to 999, both findings have the same time.
    unjudged = {one.found_at for one in found if one.rule in UNJUDGED}
    taken = [
        one.rule in TAKEN_OVER or (one.rule in _STRAIGHT_TO_999 and one.found_at in unjudged) for one in found
    ]
    return OnRecord(
        events=[
            Event(one.found_at, one.rule, Severity(one.severity))
            for one, over in zip(found, taken, strict=True)
            if over
        ],
        unscored=_resting(found, "unscored"),
        unjudged_at=unjudged,
        unanswered=_resting(found, "could_not_be_excluded"),
        given=[one for one, over in zip(found, taken, strict=True) if not over],
    )


def _resting(found: Iterable[StoredFinding], rule: str) -> set[ReadingKey]:
    """Return the readings on which the findings of a rule rest."""
    return {
        (UUID(item["kit"]), UUID(item["reading"]))
        for one in found
        if one.rule == rule
        for item in one.evidence
    }
