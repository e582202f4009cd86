"""A year of readings and scores, put straight into the tables: what the door would have left, without the wait.

Invariant: identities, readings and scores of one moment belong together, and arrival numbers rise with time, so that
the door goes on from here as from history of its own. Parts of a score are written for the days that pages look at.
"""

from datetime import datetime, timedelta
from typing import LiteralString

import psycopg

from alerts import news2

SETS_A_DAY = 4
PARTS_KEPT = timedelta(days=91)
_STEP = timedelta(days=30)

# Arrivals are numbered by the hour since 1970, older ones lower.
_CURRENT: LiteralString = """
INSERT INTO ingest.current_vitals (resident_id, arrivals)
SELECT resident_id, (extract(epoch FROM %(at)s::timestamptz) / 3600)::bigint FROM delegation.resident
"""
_FILL: LiteralString = """
WITH moment AS (
    SELECT resident.resident_id, resident.home_id, loan.kit_id,
           made.at + (hashtextextended(resident.resident_id::text, 0) %% 7200) * interval '1 second' AS at,
           md5(resident.resident_id::text || made.at) AS noise
    FROM delegation.resident
    JOIN LATERAL (SELECT kit_id FROM devices.kit_loan JOIN devices.kit USING (kit_id)
                  WHERE kit_loan.home_id = resident.home_id AND kit.kind = 'kit' ORDER BY kit_id LIMIT 1) loan ON true
    CROSS JOIN generate_series(%(since)s::timestamptz, %(until)s::timestamptz - interval '1 minute',
                               interval '1 day' / %(sets)s) AS made (at)
), told AS MATERIALIZED (
    SELECT *, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(noise, 1, 3)
               || '8' || substr(noise, 4, 15))::uuid AS reading_id,
           ('x' || substr(noise, 20, 4))::bit(16)::int AS luck
    FROM moment
), seen AS (
    INSERT INTO ingest.seen (kit_id, reading_id, digest, resident_id, effective_at)
    SELECT kit_id, reading_id, decode(noise || noise, 'hex'), resident_id, at FROM told
), readings AS (
    INSERT INTO ingest.reading (reading_id, kit_id, resident_id, home_id, arrival_number, arrived_at, taken_at,
        effective_at, competence, device_kind, outbox_epoch, seq, respiration_rate, spo2, on_oxygen, systolic,
        diastolic, pulse, consciousness, temperature, flags)
    SELECT reading_id, kit_id, resident_id, home_id, (extract(epoch FROM at) / 3600)::bigint, at, at,
        at, 'in_date', 'person', kit_id, (extract(epoch FROM at) / 3600)::bigint, 14 + luck %% 5, 96 + luck %% 3, false,
        118 + luck %% 25, 66 + luck %% 15, 62 + luck %% 24, 'A', 36.4 + (luck %% 9) / 10.0, '{}'
    FROM told
)
INSERT INTO alerts.score (resident_id, kit_id, reading_id, arrival_number, cause_kit_id, cause_reading_id,
    cause_arrival, effective_at, scored_at, rule_version, spo2_scale, assumed_air, low, high, red_score, band_low,
    band_high, complete, deciding, parts)
SELECT resident_id, kit_id, reading_id, (extract(epoch FROM at) / 3600)::bigint, kit_id, reading_id,
    (extract(epoch FROM at) / 3600)::bigint, at, at, %(rules)s, 1, false, 0, 0, 'no', 'low', 'low', true, '{}',
    CASE WHEN at < %(parts_since)s THEN '{}' ELSE (
        SELECT jsonb_object_agg(sign, jsonb_build_object('low', 0, 'high', 0, 'value', '16', 'effective_at', at,
                                                         'kit', kit_id, 'reading', reading_id))
        FROM unnest(%(signs)s::text[]) AS sign) END
FROM told
"""
_SETTLE: LiteralString = "VACUUM (ANALYZE) ingest.seen, ingest.reading, alerts.score, ingest.current_vitals"


def begin(conn: psycopg.Connection, at: datetime) -> None:
    """Number the arrivals on from here. The connection is the owner's, in autocommit."""
    conn.execute(_CURRENT, {"at": at})


def fill(conn: psycopg.Connection, since: datetime, until: datetime, at: datetime) -> None:
    """Every resident's sets between two moments; `at` is now."""
    start = since
    while start < until:
        end = min(until, start + _STEP)
        wanted = {"since": start, "until": end, "sets": SETS_A_DAY, "parts_since": at - PARTS_KEPT}
        conn.execute(_FILL, wanted | {"signs": list(news2.SIGNS), "rules": news2.RULE_VERSION})
        start = end
    conn.execute(_SETTLE)
