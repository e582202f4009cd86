"""Holds what is in the database against itself, against the kits' ledgers and against an independent scorer.

Invariant: sets, never counts that could be right by accident; it reads as the database's owner, so nothing is hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from api.demo import books
from tests.fixtures import independent
from tests.fixtures.independent import Result, Told

RESCORED = 40
MOST_READINGS = 120
"""The independent scorer takes its time: cubic in the readings of one resident."""

_TWICE: LiteralString = "SELECT count(*) - count(DISTINCT (kit_id, reading_id)) FROM ingest.reading"
_UNSEEN: LiteralString = """
SELECT count(*) FROM (SELECT kit_id, reading_id FROM ingest.seen
                      EXCEPT SELECT kit_id, reading_id FROM ingest.reading) gone
"""
_UNKNOWN: LiteralString = """
SELECT count(*) FROM (SELECT kit_id, reading_id FROM ingest.reading
                      EXCEPT SELECT kit_id, reading_id FROM ingest.seen) unasked
"""
_UNSCORED: LiteralString = """
SELECT count(*) FROM (
    SELECT kit_id, reading_id FROM ingest.reading JOIN delegation.resident USING (resident_id)
    WHERE no_score_reason IS NULL
    EXCEPT SELECT cause_kit_id, cause_reading_id FROM alerts.score) unscored
"""
_ORPHANS: LiteralString = """
SELECT count(*) FROM (SELECT cause_kit_id, cause_reading_id FROM alerts.score
                      EXCEPT SELECT kit_id, reading_id FROM ingest.seen) orphans
"""
_MISNUMBERED: LiteralString = """
SELECT count(*) FROM (SELECT resident_id FROM ingest.reading GROUP BY resident_id
                      HAVING count(*) <> max(arrival_number) OR count(DISTINCT arrival_number) <> count(*)) wrong
"""
_TWO_CASES: LiteralString = """
SELECT count(*) FROM (SELECT resident_id FROM alerts.escalation WHERE state <> 'closed'
                      GROUP BY resident_id HAVING count(*) > 1) twice
"""
_NONE_OF: Mapping[str, LiteralString] = {
    "readings stored twice": _TWICE,
    "identities without a reading": _UNSEEN,
    "readings without an identity": _UNKNOWN,
    "readings without a score": _UNSCORED,
    "scores without a reading": _ORPHANS,
    "residents whose arrivals are not numbered 1 to n": _MISNUMBERED,
    "residents with two open escalations": _TWO_CASES,
}
# Where air may be assumed, the independent scorer, which assumes nothing, has nothing to say.
_TO_RESCORE: LiteralString = """
SELECT resident_id FROM ingest.reading
WHERE resident_id NOT IN (SELECT resident_id FROM delegation.air_record)
  AND resident_id NOT IN (SELECT resident_id FROM delegation.resident WHERE no_score_reason IS NOT NULL)
GROUP BY resident_id HAVING count(*) <= %s ORDER BY count(*) DESC, resident_id LIMIT %s
"""
_SAID: LiteralString = """
SELECT kit_id, reading_id, resident_id, effective_at, arrival_number, not_obtained, unusable,
       respiration_rate::float, spo2::float, on_oxygen, systolic::float, pulse::float, consciousness, temperature::float
FROM ingest.reading WHERE resident_id = ANY (%s)
"""
_SIGNS = ("respiration_rate", "spo2", "on_oxygen", "systolic", "pulse", "consciousness", "temperature")
_SCORES: LiteralString = """
SELECT kit_id, reading_id, cause_kit_id, cause_reading_id, low, high, red_score, complete, deciding
FROM alerts.score WHERE resident_id = ANY (%s)
"""
_SCALES: LiteralString = (
    "SELECT resident_id FROM delegation.spo2_scale_authorisation WHERE resident_id = ANY (%s)"
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was compared, and a sentence for each difference."""

    figures: Mapping[str, int]
    faults: tuple[str, ...]


def everything(conn: psycopg.Connection[Any], outboxes: Path) -> Checked:
    """All comparisons."""
    parts = [_ledgers(conn, outboxes), _tables(conn), _scores(conn)]
    figures = {name: count for part in parts for name, count in part.figures.items()}
    return Checked(figures, tuple(fault for part in parts for fault in part.faults))


def _ledgers(conn: psycopg.Connection[Any], outboxes: Path) -> Checked:
    """Sent = stored + quarantined + still on the kits, by id."""
    held = books.audit(conn, outboxes)
    figures = {
        "readings sent, by the kits' ledgers": held.sent,
        "stored": held.stored,
        "quarantined": held.quarantined,
        "still on the kits": held.on_kits,
        "on nobody's books": len(held.missing),
    }
    named = ", ".join(str(one) for one in held.missing[:5])
    sentence = f"The ledgers do not add up: {figures}; missing, among others: {named or 'none by name'}."
    return Checked(figures, () if held.balanced and held.sent else (sentence,))


def _tables(conn: psycopg.Connection[Any]) -> Checked:
    figures = {what: conn.execute(query).fetchall()[0][0] for what, query in _NONE_OF.items()}
    return Checked(figures, tuple(f"There are {count} {what}." for what, count in figures.items() if count))


def _scores(conn: psycopg.Connection[Any]) -> Checked:
    """Every score of some residents, worked out again from their readings in the order they arrived."""
    residents = [row[0] for row in conn.execute(_TO_RESCORE, (MOST_READINGS, RESCORED))]
    on_scale_2 = {row[0] for row in conn.execute(_SCALES, (residents,))}
    told = [_told(*row) for row in conn.execute(_SAID, (residents,))]
    expected = independent.results(told, lambda resident: 2 if resident in on_scale_2 else 1)
    stored = {
        ((kit, reading), (cause_kit, cause)): Result(low, high, red, complete, frozenset(deciding))
        for kit, reading, cause_kit, cause, low, high, red, complete, deciding in conn.execute(
            _SCORES, (residents,)
        )
    }
    different = {key for key in expected.keys() | stored.keys() if expected.get(key) != stored.get(key)}
    figures = {
        "scores worked out again": len(expected),
        "of residents": len(residents),
        "scores that differ": len(different),
    }
    examples = [(key, expected.get(key), stored.get(key)) for key in sorted(different)[:3]]
    faults = [f"Scores differ, as (moment, cause), expected, stored: {examples}"] if different else []
    if not expected:
        faults.append("No score was worked out again.")
    return Checked(figures, tuple(faults))


def _told(
    kit: UUID,
    reading: UUID,
    resident: UUID,
    moment: datetime,
    number: int,
    not_obtained: Mapping[str, str] | None,
    unusable: Mapping[str, str] | None,
    *values: Any,
) -> Told:
    """What was looked for in vain forgets what was known of it."""
    said = {sign: value for sign, value in zip(_SIGNS, values, strict=True) if value is not None}
    cleared = frozenset((*(not_obtained or ()), *(unusable or ())))
    return Told((kit, reading), resident, moment, number, said, cleared)
