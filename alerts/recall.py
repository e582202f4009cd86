"""What the sender of a reading was to be told, worked out again in case the first answer did not reach them.

Guards: nothing is scored or raised again; whether anything was found is read from the stored findings. Advice
that is no longer fresh is not repeated.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from alerts import rules
from alerts.policy import PolicyBook
from alerts.rules import Part, ScoredSet
from alerts.sets import scored_set
from devices.receipt import CALL_999, CALL_HUB, NOTHING
from devices.vital_signs import VitalSign
from ingest import quality
from ingest.arrival import ReadingKey, Repeated, Verdict
from ingest.storage.store import planned_for

# Bounds on both tables, so that only the chunks of the span are read.
_SAID: LiteralString = """
SELECT score.kit_id, score.reading_id, spo2_scale, assumed_air, low, high, red_score, complete, deciding, parts, flags,
       unusable
FROM alerts.score JOIN ingest.reading
    ON reading.resident_id = score.resident_id AND reading.effective_at = score.effective_at
   AND reading.kit_id = score.kit_id AND reading.reading_id = score.reading_id
WHERE score.resident_id = ANY (%(residents)b)
  AND score.effective_at >= %(since)s AND score.effective_at <= %(until)s
  AND reading.effective_at >= %(since)s AND reading.effective_at <= %(until)s
  AND score.kit_id = cause_kit_id AND score.reading_id = cause_reading_id AND score.reading_id = ANY (%(readings)b)
  AND NOT EXISTS (SELECT FROM ingest.reading_correction said
                  WHERE said.kit_id = score.kit_id AND said.reading_id = score.reading_id)
"""
# In the evidence of a score, the reading that caused it comes first. For a reading without a score any place
# counts.
_FOUND: LiteralString = """
SELECT (rests_on.item ->> 'kit')::uuid, (rests_on.item ->> 'reading')::uuid, bool_or(rests_on.place = 1)
FROM alerts.escalation JOIN alerts.finding USING (escalation_id),
     jsonb_array_elements(finding.evidence) WITH ORDINALITY AS rests_on (item, place)
WHERE escalation.resident_id = ANY (%(residents)s) AND (rests_on.item ->> 'reading')::uuid = ANY (%(readings)s)
GROUP BY 1, 2
"""
_OPEN_CASES: LiteralString = """
SELECT resident_id, escalation_id FROM alerts.escalation WHERE resident_id = ANY (%b) AND state <> 'closed'
"""


def verdicts(
    conn: psycopg.Connection, repeated: Sequence[Repeated], policies: PolicyBook, at: datetime
) -> dict[ReadingKey, Verdict]:
    """Return the verdict of each reading; for one that is no longer fresh it says only that it is old."""
    fresh = [one for one in repeated if _is_fresh(one, policies, at)]
    old = {one.key: Verdict(old=True) for one in repeated if not _is_fresh(one, policies, at)}
    if not fresh:
        return old
    residents = sorted({one.payload.resident for one in fresh})
    cases: dict[UUID, UUID] = dict(conn.execute(_OPEN_CASES, (residents,)).fetchall())
    moments = [one.effective_at for one in fresh]
    wanted = {
        "residents": residents,
        "since": min(moments),
        "until": max(moments),
        "readings": [one.payload.reading_id for one in fresh],
    }
    scores = {(kit, reading): said for kit, reading, *said in planned_for(conn, _SAID, wanted)}
    found = {(kit, reading): caused for kit, reading, caused in conn.execute(_FOUND, wanted).fetchall()}
    return old | {
        one.key: _verdict(one, scores.get(one.key), cases.get(one.payload.resident), policies)._replace(
            found=found.get(one.key, False) if one.key in scores else one.key in found
        )
        for one in fresh
    }


def _is_fresh(one: Repeated, policies: PolicyBook, at: datetime) -> bool:
    policy = policies.for_hub(one.placement.hub_id)
    return one.effective_at + one.clock_slow_by >= at - timedelta(minutes=policy.act_within)


def _verdict(one: Repeated, said: Sequence[Any] | None, case: UUID | None, policies: PolicyBook) -> Verdict:
    if said is None:  # no score: scoring failed, NEWS2 does not fit, or it was somebody else's reading
        next_ = CALL_999 if scored_set.goes_to_999(one.payload) else CALL_HUB if case else NOTHING
        return Verdict(next=next_, escalation_id=case)
    set_, policy = _as_set(one, said), policies.for_hub(one.placement.hub_id)
    return Verdict(
        next=rules.next_step(set_, policy),
        low=set_.low,
        high=set_.high,
        complete=set_.complete,
        assumed_air=set_.assumed_air,
        deciding=tuple(str(sign) for sign in set_.deciding),
        escalation_id=case,
    )


def _as_set(one: Repeated, said: Sequence[Any]) -> ScoredSet:
    scale, air, low, high, red, complete, deciding, parts, flags, unusable = said
    scored: Mapping[str, Mapping[str, Any]] = parts
    measured = quality.assess(one.payload).values
    return ScoredSet(
        resident_id=one.payload.resident,
        effective_at=one.effective_at,
        low=low,
        high=high,
        red=red,
        complete=complete,
        deciding=tuple(VitalSign(sign) for sign in deciding),
        parts={
            VitalSign(sign): Part(part["low"], part["high"], part.get("value"))
            for sign, part in scored.items()
        },
        spo2_scale=scale,
        assumed_air=air,
        **scored_set.words_of(one.payload, measured, flags, unusable or {}),
    )
