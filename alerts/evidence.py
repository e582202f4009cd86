"""The readings that a finding rests on, as they are stored beside it.

Guards: evidence holds ids and times only; values are read from the readings. A finding stands as long as none
of its readings turned out to be somebody else's.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString

from alerts.rules import Finding
from alerts.sets.scoring import Scored
from ingest.arrival import NewReading, ReadingKey

Evidence = dict[str, Any]

# A condition on `alerts.finding`: nothing the finding rests on was withdrawn since. The finding that reports
# a withdrawal names that reading as its own evidence, and always stands.
STANDS: LiteralString = """
finding.rule = 'not_theirs' OR NOT EXISTS (
    SELECT FROM alerts.finding gone
    WHERE gone.escalation_id = finding.escalation_id AND gone.rule = 'not_theirs'
      AND gone.found_at >= finding.found_at AND finding.evidence @> (gone.evidence #- '{0,effective_at}'))
"""


def item(key: ReadingKey, effective_at: datetime) -> Evidence:
    """Return one reading as evidence."""
    kit_id, reading_id = key
    return {"kit": str(kit_id), "reading": str(reading_id), "effective_at": effective_at.isoformat()}


def of_points(scored: Scored) -> dict[ReadingKey, datetime]:
    """Return the readings whose values score points, each with its time."""
    found: dict[ReadingKey, datetime] = {}
    for part in scored.parts.values():
        if part.low >= 1 and part.kit_id and part.reading_id and part.effective_at:
            found[part.kit_id, part.reading_id] = part.effective_at
    return found


def rests_on(scored: Scored, found: Iterable[Finding]) -> list[Evidence]:
    """Return what these findings in a score rest on: its cause first, then the readings that score points.

    Earlier readings that the findings name are added.
    """
    readings = {scored.cause.key: scored.cause.effective_at} | of_points(scored)
    readings |= {key: moment for one in found for key, moment in one.also}
    return [item(key, moment) for key, moment in readings.items()]


def without_cause(scored: Scored) -> list[Evidence]:
    """Return what a score rests on that a withdrawal made known: its moment's reading and those that score points."""
    readings = {scored.target.key: scored.target.effective_at} | of_points(scored)
    return [item(key, moment) for key, moment in readings.items()]


def of_unscored(reading: NewReading, found: Iterable[Finding]) -> list[Evidence]:
    """Return what findings in a reading without a score rest on: that reading first, then those that they name."""
    readings = {reading.key: reading.effective_at}
    readings |= {key: moment for one in found for key, moment in one.also}
    return [item(key, moment) for key, moment in readings.items()]
