"""The readings that a finding rests on, as they are kept beside it.

Guards: ids and times only: what was measured is read from the reading itself; a finding stands while none of them
turned out to be somebody else's.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from alerts.rules import Finding
from alerts.scoring import Scored
from ingest.arrival import NewReading, ReadingKey

Evidence = dict[str, Any]

# Of `alerts.finding`: nothing it rests on was taken back since. What says so names the reading as its own evidence.
STANDS: LiteralString = """
finding.rule = 'not_theirs' OR NOT EXISTS (
    SELECT FROM alerts.finding gone
    WHERE gone.escalation_id = finding.escalation_id AND gone.rule = 'not_theirs'
      AND gone.found_at >= finding.found_at AND finding.evidence @> (gone.evidence #- '{0,effective_at}'))
"""


def item(key: ReadingKey, effective_at: datetime) -> Evidence:
    """One reading."""
    kit_id, reading_id = key
    return {"kit": str(kit_id), "reading": str(reading_id), "effective_at": effective_at.isoformat()}


def of_points(scored: Scored) -> dict[ReadingKey, datetime]:
    """The readings whose values carry points, each with its time."""
    found: dict[ReadingKey, datetime] = {}
    for part in scored.parts.values():
        if part.low >= 1 and part.kit_id and part.reading_id and part.effective_at:
            found[part.kit_id, part.reading_id] = part.effective_at
    return found


def rests_on(scored: Scored, found: Iterable[Finding]) -> list[Evidence]:
    """The readings whose values carry points, the one that caused the score, and what findings rest on beside them."""
    readings = {scored.cause.key: scored.cause.effective_at} | of_points(scored)
    readings |= {key: moment for one in found for key, moment in one.also}
    return [item(key, moment) for key, moment in readings.items()]


def without_cause(scored: Scored) -> list[Evidence]:
    """Of a score that became known by what is not theirs: its moment, and the readings whose values carry points."""
    readings = {scored.target.key: scored.target.effective_at} | of_points(scored)
    return [item(key, moment) for key, moment in readings.items()]


def of_unscored(reading: NewReading, found: Iterable[Finding]) -> list[Evidence]:
    """The reading that could be given no score, and what findings rest on beside it."""
    readings = {reading.key: reading.effective_at}
    readings |= {key: moment for one in found for key, moment in one.also}
    return [item(key, moment) for key, moment in readings.items()]
