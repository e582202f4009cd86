"""What was known of a resident before a score, and what the rules that look back find in it.

Guards: a rule sees only what was known when the score became known. The database is asked only about scores
that such a rule may speak of: a few rows of a few residents.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from alerts.beside.drift import drifts, signs_to_hold
from alerts.beside.own_line import OwnLine, OwnRow, line_of
from alerts.beside.rise import Earlier, may_rise, rise
from alerts.beside.soft_signs import soft_signs
from alerts.beside.trend import Measured, signs_to_follow, trends
from alerts.policy import Policy, PolicyBook
from alerts.rules import Finding, ScoredSet
from alerts.sets.scoring import Scored
from devices.vital_signs import VitalSign
from ingest.arrival import KnownReading, NewReading, ReadingKey
from ingest.storage import store


@dataclass(frozen=True, slots=True)
class LookBack:
    """What was known before one score.

    `earlier`: earlier scores as they stood then. `measured`: earlier values of the signs that may follow a
    trend, oldest first. `own`: the resident's own readings, which tell what is usual for them.
    """

    earlier: Sequence[Earlier] = ()
    measured: Mapping[VitalSign, Sequence[Measured]] = field(default_factory=dict)
    own: OwnLine | None = None


NOTHING_BEFORE = LookBack()

Given = tuple[ReadingKey, datetime, int, int]
"""An earlier score: of which reading, its effective time, the number of the arrival that gave it, its upper bound."""

# Leaves out scores of readings whose last correction says that they are somebody else's.
_EARLIER: LiteralString = """
SELECT score.resident_id, score.kit_id, score.reading_id, score.effective_at, score.cause_arrival, score.high
FROM unnest(%(residents)s::uuid[], %(from)s::timestamptz[], %(to)s::timestamptz[]) AS wanted (resident_id, since, until)
JOIN alerts.score ON score.resident_id = wanted.resident_id
     AND score.effective_at >= wanted.since AND score.effective_at < wanted.until
WHERE score.effective_at >= %(since)s AND score.effective_at < %(until)s
  AND NOT EXISTS (SELECT FROM ingest.reading_correction said
                  WHERE said.kit_id = score.kit_id AND said.reading_id = score.reading_id
                    AND said.resident_id IS DISTINCT FROM score.resident_id
                    AND NOT EXISTS (SELECT FROM ingest.reading_correction later
                                    WHERE later.kit_id = said.kit_id AND later.reading_id = said.reading_id
                                      AND later.correction_id > said.correction_id))
ORDER BY score.resident_id, score.cause_arrival, score.effective_at
"""


def beside(scored: ScoredSet, back: LookBack, policy: Policy) -> list[Finding]:
    """Return what the rules beside the score find, except the resident's own limits (`alerts.judgement`)."""
    return [
        *rise(scored, back.earlier, policy),
        *trends(scored, back.measured, policy),
        *drifts(scored, back.own, policy),
        *soft_signs(scored, policy),
    ]


def look_back(
    conn: psycopg.Connection, scored: Sequence[Scored], policies: PolicyBook
) -> dict[int, LookBack]:
    """Return what was known before each score that a rule looks back from, by the score's place in `scored`."""
    chosen = [policies.for_hub(one.cause.placement.hub_id) for one in scored]
    rising = [place for place, policy in enumerate(chosen) if may_rise(scored[place].outcome.low, policy)]
    following = {
        place: signs for place, policy in enumerate(chosen) if (signs := _followed(scored[place], policy))
    }
    drifting = {place for place, policy in enumerate(chosen) if _held(scored[place], policy)}
    if not rising and not following and not drifting:
        return {}
    earlier = _earlier(conn, [(scored[place], chosen[place]) for place in rising])
    readings = _readings(conn, [(scored[place], chosen[place]) for place in following])
    own = own_lines(
        conn,
        [
            (scored[place].cause.resident_id, scored[place].target.effective_at, chosen[place])
            for place in drifting
        ],
    )
    return {
        place: LookBack(
            earlier=standing_at(earlier[scored[place].cause.resident_id], scored[place].cause.arrival_number)
            if place in rising
            else (),
            measured=measured(
                readings.get(scored[place].cause.resident_id, ()), scored[place], following.get(place, ())
            ),
            own=_own(own, scored[place], chosen[place]) if place in drifting else None,
        )
        for place in {*rising, *following, *drifting}
    }


def _followed(scored: Scored, policy: Policy) -> list[VitalSign]:
    return signs_to_follow(scored.parts, scored.target.effective_at, policy)


def _held(scored: Scored, policy: Policy) -> list[VitalSign]:
    return signs_to_hold(scored.parts, scored.target.effective_at, policy)


def _earlier(conn: psycopg.Connection, wanted: Sequence[tuple[Scored, Policy]]) -> Mapping[UUID, list[Given]]:
    """Return earlier scores by resident, in the order in which they became known."""
    spans: dict[UUID, tuple[datetime, datetime]] = {}
    for scored, policy in wanted:
        if policy.rise is not None:
            moment = scored.target.effective_at
            since, until = spans.get(scored.cause.resident_id, (moment, moment))
            earliest = min(since, moment - timedelta(hours=policy.rise.within_hours))
            spans[scored.cause.resident_id] = earliest, max(until, moment)
    found: dict[UUID, list[Given]] = {resident: [] for resident in spans}
    if spans:
        asked = {
            "residents": list(spans),
            "from": [since for since, _ in spans.values()],
            "to": [until for _, until in spans.values()],
            "since": min(since for since, _ in spans.values()),
            "until": max(until for _, until in spans.values()),
        }
        for resident, kit, reading, *said in store.planned_for(conn, _EARLIER, asked):
            found[resident].append(((kit, reading), *said))
    return found


def standing_at(earlier: Iterable[Given], arrival_number: int) -> list[Earlier]:
    """Return the last score of each moment that was known by an arrival."""
    stood: dict[ReadingKey, Earlier] = {}
    for key, effective_at, arrival, high in earlier:
        if arrival <= arrival_number:
            stood[key] = Earlier(effective_at, high, key)
    return list(stood.values())


def _readings(
    conn: psycopg.Connection, wanted: Sequence[tuple[Scored, Policy]]
) -> Mapping[UUID, list[KnownReading]]:
    moments: dict[UUID, list[datetime]] = {}
    hours = 0
    for scored, policy in wanted:
        if policy.trend is not None:
            moments.setdefault(scored.cause.resident_id, []).append(scored.target.effective_at)
            hours = max(hours, policy.trend.within_hours)
    readings: dict[UUID, list[KnownReading]] = {}
    for one in store.history(conn, moments, timedelta(hours=hours)) if moments else ():
        readings.setdefault(one.resident_id, []).append(one)
    return readings


def measured(
    readings: Iterable[KnownReading | NewReading], now: Scored, signs: Iterable[VitalSign]
) -> dict[VitalSign, list[Measured]]:
    """Return the values of these signs up to the scored moment, as they were known then, oldest first."""
    known = sorted(
        (
            one
            for one in readings
            if one.resident_id == now.cause.resident_id
            and one.arrival_number <= now.cause.arrival_number
            and one.effective_at <= now.target.effective_at
        ),
        key=lambda one: (one.effective_at, one.arrival_number),
    )
    return {
        sign: [Measured(one.effective_at, one.values[sign], one.key) for one in known if sign in one.values]  # type: ignore[arg-type]
        for sign in signs
    }


def _own(lines: Mapping[UUID, OwnLine], now: Scored, policy: Policy) -> OwnLine | None:
    cause = now.cause
    return own_known(lines[cause.resident_id], now.target.effective_at, cause.arrival_number, policy)


def own_lines(
    conn: psycopg.Connection, wanted: Sequence[tuple[UUID, datetime, Policy]]
) -> dict[UUID, OwnLine]:
    """Return the own lines of the residents whose policy follows drift, as far back as the longest policy says."""
    moments: dict[UUID, list[datetime]] = {}
    days = 0
    for resident, moment, policy in wanted:
        if policy.drift is not None:
            moments.setdefault(resident, []).append(moment)
            days = max(days, policy.drift.usual_days)
    rows: dict[UUID, list[OwnRow]] = {resident: [] for resident in moments}
    for resident, kit, reading, at, arrival, *values in (
        store.quantities(conn, moments, timedelta(days=days)) if moments else ()
    ):
        rows[resident].append(((kit, reading), at, arrival, values))
    return {resident: line_of(of_one) for resident, of_one in rows.items()}


def own_known(line: OwnLine, moment: datetime, arrival_number: int, policy: Policy) -> OwnLine | None:
    """Return the part of a line that tells what is usual at a moment, as known at an arrival; None without a
    drift rule.
    """
    return None if policy.drift is None else line.known(moment, arrival_number, policy.drift.usual_days)
